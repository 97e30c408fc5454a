"""The three clocks that drive one engine: wall, manual and replay.

The core never asks what time it is. Whoever holds the engine reads one of these and passes the
number on, so a test can stand still, a replay can run at the feed's pace and a server can live.
"""

import time
from collections.abc import Callable
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

    @property
    def warning(self) -> str:
        """What people should know of this clock; empty when there is nothing."""
        ...

    def begin_at(self, ns: int) -> None:
        """Goes on where an earlier process stopped, if that is later."""
        ...

    def move(self, ns: int) -> None:
        """Lets ``ns`` nanoseconds pass; ``ValueError`` where time cannot be moved by hand."""
        ...


class WallClock:
    """The machine's time at the start, and from there on what really passes.

    A step of the machine's clock, forwards or backwards, does not move it: orders neither stand
    still nor expire early. It is said in `warning` instead.

    Args:
        wall: Nanoseconds since the Unix epoch as the machine has them.
        steady: Nanoseconds that pass, from anywhere.
    """

    def __init__(
        self, wall: Callable[[], int] = time.time_ns, steady: Callable[[], int] | None = None
    ) -> None:
        self._wall: Final = wall
        self._steady: Final = steady or steady_ns
        self._base_ns = wall() - self._steady()
        self._offset_ns = 0
        self._warning = ""

    @property
    def kind(self) -> ClockKind:
        """Always ``wall``."""
        return "wall"

    @property
    def standing(self) -> str:
        """Always empty."""
        return ""

    @property
    def warning(self) -> str:
        """What is wrong with the machine's clock; empty when it agrees."""
        return self._warning

    def now_ns(self) -> int:
        """What passed since the start, added to where it began."""
        now_ns = self._base_ns + self._steady()
        offset_ns = self._wall() - now_ns
        if not -_STEP_NS < offset_ns - self._offset_ns < _STEP_NS:
            self._warning = _step(offset_ns - self._offset_ns, offset_ns)
            self._offset_ns = offset_ns
        return now_ns

    def begin_at(self, ns: int) -> None:
        """Goes on from a time that the machine's clock has not reached, at normal speed."""
        now_ns = self.now_ns()
        if ns > now_ns:
            self._base_ns += ns - now_ns
            self._offset_ns -= ns - now_ns
            self._warning = (
                f"the machine's clock is {_seconds(ns - now_ns)} behind what is stored: "
                "time goes on from what is stored, at normal speed"
            )

    def move(self, ns: int) -> None:
        """Refuses: the wall clock moves by itself."""
        raise ValueError(f"the wall clock cannot be moved (by {ns} ns): use a manual clock")


_STEP_NS: Final = 1_000_000_000
"""What is passed off slowly, as time servers do, is no step; less than a second is none either."""


def steady_ns() -> int:
    """Nanoseconds that pass, also while the machine sleeps where it counts those."""
    return time.clock_gettime_ns(_STEADY)


_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _step(by_ns: int, offset_ns: int) -> str:
    way = "forwards" if by_ns > 0 else "back"
    apart = "ahead of" if offset_ns > 0 else "behind"
    return (
        f"the machine's clock stepped {way} by {_seconds(by_ns)}: time here goes on at normal speed"
        + (f", it is now {_seconds(offset_ns)} {apart} ours" if abs(offset_ns) >= _STEP_NS else "")
    )


def _seconds(ns: int) -> str:
    return f"{abs(ns) / 1e9:.3f} s"


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

    @property
    def warning(self) -> str:
        """Always empty."""
        return ""

    def begin_at(self, ns: int) -> None:
        """Moves there, if that is later."""
        self._now_ns = max(self._now_ns, ns)

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
        self.start_ns: Final = start_ns
        self._from_ns = start_ns
        self._speed = speed
        self._paused = False
        self._began_ns = time.monotonic_ns()

    @property
    def speed(self) -> float:
        """Recorded seconds per second, also while it is paused."""
        return self._speed

    @property
    def paused(self) -> bool:
        """True while time stands."""
        return self._paused

    def play(self, *, speed: float | None = None, paused: bool | None = None) -> None:
        """Goes on from here at another speed, or stands, or goes on."""
        now_ns = self.now_ns()
        if speed is not None:
            if not 0 < speed < inf:
                raise ValueError(f"speed must be a number above 0, not {speed!r}")
            self._speed = speed
        if paused is not None:
            self._paused = paused
        self._from_ns, self._began_ns = now_ns, time.monotonic_ns()

    @property
    def kind(self) -> ClockKind:
        """Always ``replay``."""
        return "replay"

    @property
    def standing(self) -> str:
        """Empty: time goes on after the last frame."""
        return ""

    @property
    def warning(self) -> str:
        """Always empty."""
        return ""

    def begin_at(self, ns: int) -> None:
        """Goes on from there, if that is later."""
        self._from_ns, self._began_ns = max(self.now_ns(), ns), time.monotonic_ns()

    def now_ns(self) -> int:
        """Where the recording has come to, or how long it has ended."""
        if self._paused:
            return self._from_ns
        passed_ns = round((time.monotonic_ns() - self._began_ns) * self._speed)
        return min(self._from_ns + passed_ns, END_NS)

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
