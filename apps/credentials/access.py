"""The one way to a credential: everyone may see (masked) and use every one, its creator and admins change it."""

from __future__ import annotations

from apps.accounts.models import UserProfile
from pipelit.errors import NotFound

from .models import BaseCredential


def get_credential(user: UserProfile, credential_id: int, *, write: bool = False) -> BaseCredential:
    """Raises NotFound; a credential that is not yours to change is none that you could change. The secret is read when
    it is asked for, so that one which cannot be decrypted can still be deleted."""
    found: BaseCredential | None = BaseCredential.objects.filter(pk=credential_id).defer("secret").first()
    if found is None or (write and not (user.is_admin or found.created_by_id == user.pk)):
        raise NotFound(
            "There is no such credential among those that you may change." if write else "There is no such credential."
        )
    return found
