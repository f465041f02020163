"""People: how accounts come, change and go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from pipelit.errors import Conflict, NotFound, UserError

from .audit import audit, lock
from .keys import announce, create_key, revoke_keys
from .models import APIKey, Role, UserProfile

CHANGEABLE = ("username", "first_name", "last_name", "email", "timezone", "role", "is_active")


def needs_setup() -> bool:
    """Whether nobody can sign in yet."""
    return not UserProfile.objects.filter(is_agent=False).exists()


def set_up(username: str, password: str, **fields: Any) -> tuple[UserProfile, str]:
    """The first admin and a key. Raises Conflict once anybody exists; of two at once, one wins."""
    with transaction.atomic():
        lock()
        if not needs_setup():
            raise Conflict("Pipelit is set up already. Sign in, or ask an admin for an account.", code="already_set_up")
        user = create_user(username, password, role=Role.ADMIN, **fields)
        _, raw = create_key(user, "Set-up")
    return user, raw


def create_user(
    username: str,
    password: str | None,
    *,
    role: str = Role.NORMAL,
    is_agent: bool = False,
    by: UserProfile | None = None,
    **fields: Any,
) -> UserProfile:
    """A new account; without password if it is an agent's. Raises UserError with `fields` for a name that is taken or
    malformed, or a weak password."""
    user = UserProfile(username=username.strip(), role=role, is_agent=is_agent, **fields)
    if password is None:
        user.set_unusable_password()
    else:
        _set_password(user, password)
    with transaction.atomic():
        _save(user)
        audit(by, "user.created", user, username=user.username, role=user.role, is_agent=is_agent)
    return user


def update_user(user: UserProfile, changes: Mapping[str, Any], *, by: UserProfile | None = None) -> UserProfile:
    """Change fields of CHANGEABLE, or `password`. Raises Conflict if nobody would be left to administer; barring a
    user ends the keys."""
    with transaction.atomic():
        lock()
        user = UserProfile.objects.select_for_update().get(pk=user.pk)
        before = {name: getattr(user, name) for name in CHANGEABLE}
        for name in CHANGEABLE:
            if name in changes:
                setattr(user, name, changes[name])
        _keep_an_admin(user)
        if changes.get("password") is not None:
            _set_password(user, changes["password"])
        _save(user)
        changed = {name: getattr(user, name) for name in CHANGEABLE if getattr(user, name) != before[name]}
        if "role" in changed:
            audit(by, "role.changed", user, role=user.role, was=before["role"])
        if changed or "password" in changes:
            audit(by, "user.updated", user, fields=sorted({*changed, *(["password"] if "password" in changes else [])}))
        if not user.is_active:
            revoke_keys(user, by=by)
    return user


def update_me(user: UserProfile, changes: Mapping[str, Any]) -> UserProfile:
    """Change one's own account. A new `password` needs `current_password`; raises UserError if it is wrong."""
    changes = dict(changes)
    current = changes.pop("current_password", None)
    if "password" in changes and (current is None or not check_password(current, user.password)):
        sentence = "This is not your present password."
        raise UserError(f"current_password: {sentence}", fields={"current_password": [sentence]})
    return update_user(user, changes, by=user)


def delete_user(user: UserProfile, *, by: UserProfile | None = None) -> None:
    """Remove an account and its keys. Raises Conflict for the last admin, and for one that others' work rests on."""
    with transaction.atomic():
        lock()
        _keep_an_admin(user, gone=True)
        keys = list(APIKey.objects.filter(user=user, revoked_at=None).values_list("pk", flat=True))
        audit(by, "user.deleted", user, username=user.username)
        announce(user.pk, keys)
        try:
            user.delete()
        except ProtectedError:
            raise Conflict(
                f"{user.username} owns objects that would be lost. Hand them over, or set is_active to false.",
                code="in_use",
            ) from None


def get_person(username: str) -> UserProfile:
    """The active person of that name; raises UserError."""
    found = UserProfile.objects.filter(username__iexact=username.strip(), is_active=True, is_agent=False).first()
    if found is None:
        sentence = f'There is no active person called "{username}".'
        raise UserError(sentence, status=422, fields={"to": [sentence]})
    return found


def get_user(user_id: int, *, is_agent: bool | None = None) -> UserProfile:
    """Raises NotFound."""
    found = UserProfile.objects.filter(pk=user_id, **({} if is_agent is None else {"is_agent": is_agent})).first()
    if found is None:
        raise NotFound("There is no such user.")
    return found


def _keep_an_admin(user: UserProfile, *, gone: bool = False) -> None:
    if user.is_admin and user.is_active and not gone:
        return
    others = UserProfile.objects.filter(role=Role.ADMIN, is_active=True, is_agent=False).exclude(pk=user.pk)
    was_one = UserProfile.objects.filter(pk=user.pk, role=Role.ADMIN, is_active=True, is_agent=False).exists()
    if was_one and not others.exists():
        raise Conflict("This is the last admin. Make somebody else an admin first.", code="last_admin")


def _set_password(user: UserProfile, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise UserError(f"password: {error.messages[0]}", fields={"password": error.messages}) from None
    user.set_password(password)


def _save(user: UserProfile) -> None:
    try:
        user.clean_fields(exclude=["password", "last_login"])
        user.validate_constraints(exclude=["password"])
        user.validate_unique(exclude=["password"])
    except ValidationError as error:
        fields = error.message_dict
        if "username" in fields or "__all__" in fields:
            fields = {**fields, "username": fields.pop("username", []) or ["This name is taken."]}
            fields.pop("__all__", None)
        name, texts = next(iter(fields.items()))
        raise UserError(f"{name}: {texts[0]}", fields=fields) from None
    user.save()
