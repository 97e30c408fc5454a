"""How long threads of this process let each other wait while servers in it keep a store."""

import sys
import threading
from typing import Final

_SWITCH_S: Final = 0.000_5
"""Python's own 5 ms are longer than a commit, which needs the interpreter a few dozen times."""


class QuickTurns:
    """Short turns from the first server to the last, whichever ends first."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._servers = 0
        self._before_s = 0.0

    def __enter__(self) -> None:
        with self._lock:
            if self._servers == 0:
                self._before_s = sys.getswitchinterval()
                sys.setswitchinterval(_SWITCH_S)
            self._servers += 1

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._servers -= 1
            if self._servers == 0:
                sys.setswitchinterval(self._before_s)


quick_turns: Final = QuickTurns()
