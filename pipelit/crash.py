"""Named crash points: `CRASH_AT=journal.committed:3` ends the process, at once, the third time it passes there.

For tests of recovery; without the variable a crash point costs one comparison.
"""

from __future__ import annotations

import os
from itertools import count

_NAME, _, _NTH = os.environ.get("CRASH_AT", "").partition(":")
_passed = count(1)


def crash_point(name: str) -> None:
    if _NAME and name == _NAME and next(_passed) == int(_NTH or 1):
        os._exit(137)
