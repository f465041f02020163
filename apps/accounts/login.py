"""Sign-in by name and password: what fails tells nothing, and repeated failures lock.

Ten failures within a quarter of an hour lock the account, fifty the address; the lock opens by itself. It is counted
in the database, so that no restart forgets it. What a single address may try at all is limited before, by the view.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from django.contrib.auth.hashers import check_password, get_hasher, identify_hasher, make_password
from django.db import transaction
from django.utils import timezone

from pipelit.errors import TransientError, UserError

from .audit import audit
from .keys import create_key
from .models import LoginFailure, UserProfile

WINDOW = dt.timedelta(minutes=15)
PER_ACCOUNT = 10
PER_ADDRESS = 50
KEY_LIFE = dt.timedelta(days=30)


def sign_in(username: str, password: str, address: str) -> str:
    """The text of a new key, good for 30 days. Raises UserError (401) for a wrong name or password, TransientError
    (429) when too many failed before."""
    account = hashlib.sha256(username.strip().casefold().encode("utf-8", "surrogatepass")).hexdigest()
    _refuse_locked(account, address)
    user = UserProfile.objects.filter(username__iexact=username.strip()).first()
    if not _matches(user, password) or user is None:
        with transaction.atomic():
            LoginFailure.objects.filter(at__lt=timezone.now() - WINDOW).delete()
            LoginFailure.objects.create(account=account, address=address)
            audit(None, "login.failed", f"account:{account[:16]}", address=address)
        raise UserError("The user name or the password is wrong.", code="wrong_credentials", status=401)
    with transaction.atomic():
        LoginFailure.objects.filter(account=account).delete()
        if identify_hasher(user.password).algorithm != get_hasher().algorithm:
            user.set_password(password)
            user.save(update_fields=["password"])
        user.last_login = timezone.now()
        user.save(update_fields=["last_login"])
        audit(user, "login", user, address=address)
        _, raw = create_key(user, f"Sign-in {user.last_login:%Y-%m-%d %H:%M}", user.last_login + KEY_LIFE)
    return raw


def _matches(user: UserProfile | None, password: str) -> bool:
    """Takes as long for a user who is missing, barred or without password as for any other."""
    may = user is not None and user.is_active and not user.is_agent
    return check_password(password, user.password if user is not None and may else make_password(None))


def _refuse_locked(account: str, address: str) -> None:
    recent = LoginFailure.objects.filter(at__gte=timezone.now() - WINDOW)
    for limit, failures in (
        (PER_ACCOUNT, recent.filter(account=account)),
        (PER_ADDRESS, recent.filter(address=address)),
    ):
        oldest = failures.order_by("-at").values_list("at", flat=True)[limit - 1 : limit]
        for at in oldest:
            seconds = max(1.0, (at + WINDOW - timezone.now()).total_seconds())
            raise TransientError(
                f"Too many failed sign-ins. Try again in {round(seconds / 60) or 1} min.",
                code="locked",
                status=429,
                retry_after=seconds,
            )
