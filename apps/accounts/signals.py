"""What other apps may listen to."""

from __future__ import annotations

from django.dispatch import Signal

key_revoked = Signal()
"""Keys stopped working. Sent after commit, with `key_ids: list[int]` and `user_id: int`: sockets that these keys
opened must close."""
