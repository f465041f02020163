"""What people and other apps can do with accounts: one function per deed."""

from __future__ import annotations

from .audit import audit
from .keys import create_key, find_key, note_use, revoke_key, revoke_keys, usable_key
from .login import sign_in
from .tickets import issue_ws_ticket, redeem_ws_ticket
from .users import create_user, delete_user, get_user, needs_setup, set_up, update_me, update_user

__all__ = [
    "audit",
    "create_key",
    "create_user",
    "delete_user",
    "find_key",
    "get_user",
    "issue_ws_ticket",
    "needs_setup",
    "note_use",
    "redeem_ws_ticket",
    "revoke_key",
    "revoke_keys",
    "set_up",
    "sign_in",
    "update_me",
    "update_user",
    "usable_key",
]
