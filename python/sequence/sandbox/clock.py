"""The three clocks that drive one engine: wall, manual and replay.

The core never asks what time it is. Whoever holds the engine reads one of these and passes the
number on, so a test can stand still, a replay can run at the feed's pace and a server can live.
"""

import time
from math import inf
from typing import Final, Literal, Protocol

from sequence.types.testing import END_NS

ClockKind = Literal["wall", "manual", "replay"]

DEFAULT_START_NS: Final = 1_776_657_000_000_000_000
"""Where a manual clock starts, so that two runs with one seed agree to the nanosecond."""


class Clock(Protocol):
    """What the runtime needs of a clock."""

    @property
    def kind(self) -> ClockKind:
        """Which of the three clocks this is."""
        ...

    @property
    def standing(self) -> str:
        """Why time stands and what moves it, for people; empty while it moves by itself."""
        ...

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch; never smaller than the answer before."""
        ...

    def move(self, ns: int) -> None:
        """Lets ``ns`` nanoseconds pass; ``ValueError`` where time cannot be moved by hand."""
        ...


class WallClock:
    """The machine's clock, made monotone: a step backwards of the host stops time instead."""

    def __init__(self) -> None:
        self._last_ns = 0

    @property
    def kind(self) -> ClockKind:
        """Always ``wall``."""
        return "wall"

    @property
    def standing(self) -> str:
        """Always empty."""
        return ""

    def now_ns(self) -> int:
        """The later of the host's time and the last answer."""
        now_ns = time.time_ns()
        if now_ns < self._last_ns:
            return self._last_ns
        self._last_ns = now_ns
        return now_ns

    def move(self, ns: int) -> None:
        """Refuses: the wall clock moves by itself."""
        raise ValueError(f"the wall clock cannot be moved (by {ns} ns): use a manual clock")


class ManualClock:
    """A clock that stands still until somebody moves it; its ``kind`` says who does."""

    def __init__(self, start_ns: int = DEFAULT_START_NS, *, kind: ClockKind = "manual") -> None:
        self._kind: Final = kind
        self._now_ns = start_ns

    @property
    def kind(self) -> ClockKind:
        """``manual``, or ``replay`` when the feed moves it."""
        return self._kind

    @property
    def standing(self) -> str:
        """It always stands."""
        how = "sandbox.clock.advance(seconds=...)"
        if self._kind == "replay":
            how += " or sandbox.replay()"
        return f"the {self._kind} clock stands until it is moved, with {how}"

    def now_ns(self) -> int:
        """The time it was last moved to."""
        return self._now_ns

    def move(self, ns: int) -> None:
        """Moves forward by ``ns`` nanoseconds."""
        if ns < 0:
            raise ValueError(f"time never runs backwards: cannot move by {ns} ns")
        if self._now_ns + ns > END_NS:
            raise ValueError(f"time ends at {END_NS} (2200-01-01): cannot move by {ns} ns")
        self._now_ns += ns


class ReplayClock:
    """The time of a recording, running by itself, and on after the last frame.

    What is under way then still finishes, and the books grow old like those of a silent venue.

    Args:
        start_ns: Where the recording starts.
        speed: Recorded seconds per second.
    """

    def __init__(self, start_ns: int, speed: float) -> None:
        if not 0 < speed < inf:
            raise ValueError(f"speed must be a number above 0, not {speed!r}")
        self._start_ns: Final = start_ns
        self._speed: Final = speed
        self._began_ns: Final = time.monotonic_ns()

    @property
    def kind(self) -> ClockKind:
        """Always ``replay``."""
        return "replay"

    @property
    def standing(self) -> str:
        """Empty: time goes on after the last frame."""
        return ""

    def now_ns(self) -> int:
        """Where the recording has come to, or how long it has ended."""
        passed_ns = round((time.monotonic_ns() - self._began_ns) * self._speed)
        return min(self._start_ns + passed_ns, END_NS)

    def move(self, ns: int) -> None:
        """Refuses: this clock moves by itself."""
        raise ValueError(f"a replay that runs by itself cannot be moved (by {ns} ns)")


def build_clock(kind: ClockKind, start_ns: int, speed: float | None) -> Clock:
    """The clock of that kind.

    Args:
        kind: Which clock.
        start_ns: Where a manual or replay clock starts.
        speed: Recorded seconds per second of a replay; None stands until it is moved.
    """
    if kind == "wall":
        return WallClock()
    if kind == "replay" and speed is not None:
        return ReplayClock(start_ns, speed)
    return ManualClock(start_ns, kind=kind)
