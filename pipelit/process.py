"""What a process asks of the kernel, to end with its parent and to inherit orphans (Linux only; elsewhere nothing), and
of the garbage collector."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
"""prctl(2)."""
SWITCH_SECONDS = 0.001
"""How long a busy thread keeps others of its process waiting."""
GC_THRESHOLDS = (10_000, 20, 20)

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with(parent: int, number: int = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when its parent ends, however that ends. Call it in the child, with
    the parent's id: if the parent is gone already, the child ends at once. Safe between fork and exec."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose own parent ended, so that it can end and reap them."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def settle() -> None:
    """Called when a process of many threads is set up. Threads take turns quickly. The garbage collector passes over
    what is there now and stays, and looks less often for the rest: a third of a busy web process's time went there."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
