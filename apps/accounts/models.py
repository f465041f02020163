"""People, the keys they sign in with, failed sign-ins, and the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


def empty_list() -> list[str]:
    return []


def empty_dict() -> dict[str, Any]:
    return {}


def validate_timezone(name: str) -> None:
    """Raises ValidationError for what is no IANA zone."""
    if name not in available_timezones():
        raise ValidationError("%(name)s is no IANA time zone, such as Europe/Berlin.", params={"name": name})


class Role(models.TextChoices):
    ADMIN = "admin"
    NORMAL = "normal"


class People(UserManager["UserProfile"]):
    """User names are compared without regard to case."""

    def get_by_natural_key(self, username: str | None) -> UserProfile:
        return self.get(username__iexact=username)

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> UserProfile:
        return super().create_superuser(username, email, password, **{"role": Role.ADMIN, **extra})


class UserProfile(AbstractUser):
    """A person, or an agent: an account without password that workflows use."""

    role = models.CharField(max_length=10, choices=Role.choices, default=Role.NORMAL)
    timezone = models.CharField(
        max_length=64, blank=True, default="", validators=[validate_timezone], help_text="Empty: the browser's."
    )
    is_agent = models.BooleanField(default=False)
    telegram_user_id = models.BigIntegerField(
        null=True, blank=True, unique=True, help_text="Linked by a code, in person."
    )

    objects: ClassVar[People] = People()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("username"), name="accounts_username_without_case")]
        ordering = ["id"]

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Django's own flags follow the role."""
        self.is_staff = self.is_superuser = self.is_admin
        fields: Iterable[str] | None = kwargs.get("update_fields")
        if fields is not None and "role" in fields:
            kwargs["update_fields"] = {*fields, "is_staff", "is_superuser"}
        super().save(*args, **kwargs)


class APIKey(models.Model):
    """A key by its visible prefix and the SHA-256 of the whole; the key itself is shown once and kept nowhere."""

    user = models.ForeignKey(UserProfile, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=empty_list, blank=True, help_text="Empty: all that its user may do.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.prefix} ({self.name})"

    @property
    def usable(self) -> bool:
        """Neither revoked nor expired, and of an active user."""
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.revoked_at is None and not expired and self.user.is_active


class LoginFailure(models.Model):
    """One failed sign-in, counted against the account that was tried and the address it came from."""

    account = models.CharField(max_length=64, help_text="SHA-256 of the name that was tried.")
    address = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["account", "at"]), models.Index(fields=["address", "at"])]


class AppendOnly(models.QuerySet["AuditEntry"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("the audit log is append-only")

    def delete(self) -> NoReturn:
        raise TypeError("the audit log is append-only")


class AuditEntry(models.Model):
    """Who did what to which object. Each entry's hash covers the one before, so that a change is seen
    (`apps.accounts.audit.broken_at`). Names, not foreign keys: an entry outlives what it tells of."""

    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=63)
    object = models.CharField(max_length=200, blank=True, help_text="kind:id")
    data = models.JSONField(default=empty_dict)
    at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, unique=True)

    objects = AppendOnly.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["object"]), models.Index(fields=["action", "at"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor or '-'} {self.action} {self.object}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("the audit log is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("the audit log is append-only")


class AuditHead(models.Model):
    """The end of the audit log's chain: one row, whose lock orders what is audited."""

    hash = models.CharField(max_length=64, blank=True)
