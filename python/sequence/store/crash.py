"""Points at which a test lets the process die, as a power cut or a kill would.

``SEQUENCE_CRASH_AT=name:n`` ends the process the n-th time it passes the point of that name, at
once: no clean-up, no flush, no message.
"""

import os
import signal
from typing import Final

POINTS: Final = (
    "before_apply",
    "after_apply",
    "before_begin",
    "after_rows",
    "before_commit",
    "after_commit",
    "before_answer",
    "after_answer",
    "before_checkpoint",
    "after_migration",
    "before_close",
)
"""Every name that `crash_point` is called with."""


def _armed() -> tuple[str, int] | None:
    name, _, count = os.environ.get("SEQUENCE_CRASH_AT", "").partition(":")
    if name not in POINTS or not count.isdigit():
        return None
    return name, int(count)


_target = _armed()


def crash_point(name: str) -> None:
    """Dies here when the environment says so; otherwise a comparison."""
    global _target  # noqa: PLW0603 - counted down over the life of the process
    if _target is None or _target[0] != name:
        return
    if _target[1] > 1:
        _target = name, _target[1] - 1
        return
    os.kill(os.getpid(), signal.SIGKILL)
