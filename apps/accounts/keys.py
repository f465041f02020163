"""API keys: how they look, are made, found and revoked."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import BigIntegerField, CharField, Q
from django.utils import timezone

from pipelit.errors import NotFound, UserError
from pipelit.prepared import Param, Prepared

from .audit import audit
from .models import APIKey, UserProfile
from .signals import key_revoked

SCOPES = {
    "read": "Look at things, change nothing.",
    "write": "Look at and change workflows, runs, credentials; no keys, passwords or users.",
}
"""What a key may be limited to. A key without scopes may do all that its user may."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ALPHABET = string.ascii_lowercase + string.digits
RAW = re.compile(r"plt_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")
PREFIX_LENGTH = 12
USED_EVERY = dt.timedelta(minutes=1)
_WITH_USER = APIKey.objects.order_by().select_related("user")
_BY_PREFIX = Prepared(lambda: _WITH_USER.filter(prefix=Param("prefix", CharField())))
_BY_ID = Prepared(lambda: _WITH_USER.filter(pk=Param("id", BigIntegerField())))


def create_key(
    user: UserProfile,
    name: str,
    expires_at: dt.datetime | None = None,
    scopes: Sequence[str] = (),
    *,
    by: UserProfile | None = None,
) -> tuple[APIKey, str]:
    """A new key and its text, which nobody can show again. Raises UserError for an unknown scope or a past expiry."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise _refused("scopes", f"There is no scope {unknown[0]!r}; there are {', '.join(SCOPES)}.")
    if expires_at is not None and expires_at <= timezone.now():
        raise _refused("expires_at", "This moment has passed.")
    prefix = "plt_" + "".join(secrets.choice(ALPHABET) for _ in range(8))
    raw = f"{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        key = APIKey.objects.create(
            user=user, name=name, prefix=prefix, digest=_digest(raw), expires_at=expires_at, scopes=list(scopes)
        )
        audit(by or user, "key.created", key, prefix=prefix, name=name, user_id=user.pk, scopes=key.scopes)
    return key, raw


def find_key(raw: str) -> APIKey | None:
    """The usable key of this text, its user loaded; None for one that is unknown, expired, revoked, or whose user is
    not active. One query."""
    if not RAW.fullmatch(raw):
        return None
    key = _BY_PREFIX.first(prefix=raw[:PREFIX_LENGTH])
    if key is None or not hmac.compare_digest(key.digest, _digest(raw)):
        return None
    return key if key.usable else None


def usable_key(key_id: int) -> APIKey | None:
    """The key of this id, its user loaded, if it still works."""
    key = _BY_ID.first(id=key_id)
    return key if key is not None and key.usable else None


def note_use(key: APIKey) -> None:
    """Note that the key is used now; written at most once a minute."""
    now = timezone.now()
    if key.last_used_at is not None and now - key.last_used_at < USED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
    APIKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    key.last_used_at = now


def allows(key: APIKey, method: str) -> bool:
    """Whether the key's scopes allow this HTTP method."""
    return not key.scopes or "write" in key.scopes or method in SAFE_METHODS


def revoke_key(user: UserProfile, key_id: int, *, by: UserProfile | None = None) -> None:
    """End one of the user's keys; raises NotFound if there is none of this id that still counts."""
    if not revoke_keys(user, [key_id], by=by):
        raise NotFound("There is no such key.")


def revoke_keys(user: UserProfile, key_ids: Iterable[int] | None = None, *, by: UserProfile | None = None) -> list[int]:
    """End these keys of the user, or all; answers which were ended. Says `key_revoked` on commit."""
    with transaction.atomic():
        rows = APIKey.objects.select_for_update().filter(user=user, revoked_at=None).order_by("id")
        keys = list(rows if key_ids is None else rows.filter(pk__in=list(key_ids)))
        ended = [key.pk for key in keys]
        APIKey.objects.filter(pk__in=ended).update(revoked_at=timezone.now())
        for key in keys:
            audit(by or user, "key.revoked", key, prefix=key.prefix, user_id=user.pk)
        if ended:
            announce(user.pk, ended)
    return ended


def announce(user_id: int, key_ids: list[int]) -> None:
    """Tell, on commit, that these keys stopped working."""
    transaction.on_commit(lambda: _send(user_id, key_ids))


def _send(user_id: int, key_ids: list[int]) -> None:
    key_revoked.send_robust(APIKey, key_ids=key_ids, user_id=user_id)


def _digest(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()


def _refused(field: str, sentence: str) -> UserError:
    return UserError(f"{field}: {sentence}", fields={field: [sentence]})
