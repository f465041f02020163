"""Isolated processes for what users write: bubblewrap as an unprivileged user, seccomp, limits; or nothing at all.

Where this host cannot isolate, code is refused (`SandboxUnavailable`), never run bare.
"""

from __future__ import annotations

from functools import lru_cache

from .bubblewrap import Bubblewrap

__all__ = ["sandbox", "unavailable_reason"]


@lru_cache(maxsize=1)
def sandbox() -> Bubblewrap:
    """The one of this process; implements `Sandbox` of the component contract."""
    return Bubblewrap()


def unavailable_reason() -> str | None:
    """Why nothing can be isolated here, and what to do; None if it can. Tried for real, once per process."""
    return sandbox().unavailable_reason()
