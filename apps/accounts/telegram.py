"""Which Telegram account is whose: a person asks Pipelit for a code and tells it to a bot."""

from __future__ import annotations

from django.core import signing
from django.db import transaction

from pipelit.errors import UserError

from .audit import audit
from .models import UserProfile

SALT = "pipelit.telegram.link"
SECONDS = 600


def code_for(user: UserProfile) -> str:
    """What the person sends to a bot as `/link CODE`, within ten minutes."""
    return signing.dumps([user.pk, user.telegram_user_id], salt=SALT)


def person_of(telegram_id: int) -> UserProfile | None:
    """The active person whose account it is, if it is linked."""
    return UserProfile.objects.filter(telegram_user_id=telegram_id, is_active=True).first()


@transaction.atomic
def link(code: str, telegram_id: int) -> UserProfile:
    """From now on this Telegram account is the person's who got the code; a code is of use once. Raises UserError."""
    try:
        key, before = signing.loads(code.strip(), salt=SALT, max_age=SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        raise UserError("This code is not valid, or older than ten minutes: ask Pipelit for a new one.") from None
    user = UserProfile.objects.select_for_update().filter(pk=key, is_active=True).first()
    if user is None or user.telegram_user_id != before:
        raise UserError("This code was used already: ask Pipelit for a new one.")
    UserProfile.objects.filter(telegram_user_id=telegram_id).exclude(pk=user.pk).update(telegram_user_id=None)
    user.telegram_user_id = telegram_id
    user.save(update_fields=["telegram_user_id"])
    audit(user, "telegram.linked", user, telegram_id=telegram_id)
    return user


@transaction.atomic
def unlink(user: UserProfile) -> None:
    user.telegram_user_id = None
    user.save(update_fields=["telegram_user_id"])
    audit(user, "telegram.unlinked", user)
