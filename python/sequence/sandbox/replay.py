"""Drives a replay from end to end; the core works through the records alone.

Python runs only where it was asked to: after a change of an own order, or at given times.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING, Any, Final

from sequence.feeds.recording import RecordingError

if TYPE_CHECKING:
    from sequence.sandbox.runtime import Runtime

_EVENT_PAGE: Final = 1_000
_NS: Final = 10**9


@dataclass(frozen=True, slots=True)
class SandboxEvent:
    """Something that happened to an account.

    Attributes:
        seq: Commit number, without gaps.
        ts_ns: When its client could know.
        type: ``order_changed``, ``order_filled`` or another kind of event.
        data: Its fields; events of orders have a ``node_order_id``.
    """

    seq: int
    ts_ns: int
    type: str
    data: dict[str, Any]

    @property
    def node_order_id(self) -> str | None:
        """The order it is about."""
        return self.data.get("node_order_id")


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a replay did.

    Attributes:
        from_ns: Where it began.
        to_ns: Where it ended.
        stops: How often Python was called.
        event_hash: Digest of everything that happened to accounts since the sandbox began.
    """

    from_ns: int
    to_ns: int
    stops: int
    event_hash: str


OnEvent = Callable[[SandboxEvent], object]
OnTime = Callable[[int], object]


class Replay:
    """One drive of the replay clock."""

    def __init__(
        self, runtime: "Runtime", on_event: OnEvent | None, on_time: OnTime | None
    ) -> None:
        self._runtime = runtime
        self._on_event = on_event
        self._on_time = on_time
        self._stops = 0
        self._seen = runtime.engine.last_seq

    def run(self, until_ns: int, every: float | None, at: Iterable[int]) -> ReplayResult:
        """Plays to ``until_ns``; the caller holds the lock."""
        from_ns = self._runtime.tick()
        for stop_ns, asked in _stops(from_ns, until_ns, every, at):
            self._play(stop_ns)
            if asked and self._on_time is not None:
                self._stops += 1
                self._on_time(stop_ns)
                self._tell()
        engine = self._runtime.engine
        unread = engine.unread_recording()
        if unread is not None:
            raise RecordingError(f"a recording could not be read to its end: {unread}")
        return ReplayResult(from_ns, self._runtime.now_ns, self._stops, engine.event_hash())

    def _play(self, stop_ns: int) -> None:
        engine = self._runtime.engine
        if self._on_event is None:
            engine.advance(stop_ns)
            self._move_to(stop_ns)
            return
        while True:
            now_ns, changed = engine.advance_to_change(stop_ns)
            self._move_to(now_ns)
            if not changed:
                return
            self._tell()

    def _move_to(self, now_ns: int) -> None:
        self._runtime.clock.move(now_ns - self._runtime.clock.now_ns())
        self._runtime.now_ns = now_ns

    def _tell(self) -> None:
        """Reports what happened, and then what the answers to that caused."""
        engine = self._runtime.engine
        if self._on_event is None:
            return
        while rows := engine.events(self._seen, _EVENT_PAGE):
            for row in rows:
                self._seen = row["seq"]
                self._stops += 1
                self._on_event(SandboxEvent(row["seq"], row["ts_ns"], row["type"], row["data"]))


def _stops(
    from_ns: int, until_ns: int, every: float | None, at: Iterable[int]
) -> Iterator[tuple[int, bool]]:
    """Times to stop at, in order, and whether somebody asked for them; the end comes last."""
    wanted = sorted({stop for stop in at if from_ns <= stop <= until_ns})
    last: int | None = None
    for stop in merge(wanted, _steps(from_ns, until_ns, every)):
        if stop != last:
            yield stop, True
        last = stop
    if last != until_ns:
        yield until_ns, False


def _steps(from_ns: int, until_ns: int, every: float | None) -> Iterator[int]:
    if every is None:
        return
    step_ns = round(every * _NS)
    if step_ns < 1:
        raise ValueError(f"every is a time in seconds above 0, not {every!r}")
    yield from range(from_ns + step_ns, until_ns + 1, step_ns)
