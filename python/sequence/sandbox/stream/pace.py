"""When to look again at what changes with every message of a market."""

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sequence.sandbox.state import State


class Pace:
    """Once per stretch of time at most, and never too late because time stands.

    A clock that is moved by hand would not bring the next stretch, so what a command changed is
    looked at with the next poll there, and what the market changed after as long by the machine.

    Args:
        state: Whose time and commands count.
        every_ns: The stretch, in nanoseconds.
    """

    def __init__(self, state: "State", every_ns: int) -> None:
        self._state: Final = state
        self._every_ns: Final = every_ns
        self._looked_ns: int | None = None
        self._polled_ns = self._seq = self._steady_ns = 0

    def hurry(self) -> None:
        """The next poll looks."""
        self._looked_ns = None

    def due(self) -> bool:
        """True when it is time to look; the answer counts as a look."""
        now_ns, seq, steady_ns = self._state.now_ns, self._seen_seq(), time.monotonic_ns()
        stands, self._polled_ns = now_ns == self._polled_ns, now_ns
        if not (
            self._looked_ns is None
            # Time runs backwards when a sandbox returns to a copy of itself.
            or abs(now_ns - self._looked_ns) >= self._every_ns
            or seq != self._seq
            or (stands and steady_ns - self._steady_ns >= self._every_ns)
        ):
            return False
        self._looked_ns, self._seq, self._steady_ns = now_ns, seq, steady_ns
        return True

    def _seen_seq(self) -> int:
        return self._state.engine.last_seq if self._state.clock.standing else 0
