"""Drives a replay from end to end; the core works through the records alone.

Python runs only where it was asked to: when a market or an own order changes, or at given times.
"""

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from math import isfinite
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final, SupportsIndex, cast

from sequence.feeds.recording import RecordingError
from sequence.sandbox.recording import add_recordings, open_recordings, shown_time, warn_of_end
from sequence.sandbox.refuse import closed
from sequence.sandbox.replay_calls import Calls, SandboxEvent, Untold
from sequence.types.testing import END_NS

if TYPE_CHECKING:
    from sequence import _core
    from sequence.sandbox.clock import ManualClock
    from sequence.sandbox.runtime import Runtime

_EVENT_PAGE: Final = 1_000
_NS: Final = 10**9
_PACES: Final = {"touch": -1, "message": 0}


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


class Replay:
    """One drive of the replay clock.

    What cannot be used is refused here, before anything is opened: a replay that was refused can
    be asked for again.

    Args:
        runtime: Where.
        clock: Its clock.
        calls: Whom to call.
        every: How often.
        until: Where to stop; None is the end of what is recorded.
        at: When to call besides.
        left: What a replay before did not tell when a callback raised; it is told first, and what
            this one does not tell is put there.

    Raises:
        ValueError: A time or a pace that is none.
        TypeError: Something that cannot be called, or is no number.
    """

    def __init__(
        self,
        runtime: "Runtime",
        clock: "ManualClock",
        calls: Calls,
        *,
        every: float | str | None,
        until: int | None,
        at: Iterable[int],
        left: Untold,
    ) -> None:
        calls.check()
        if isinstance(every, str) and every not in _PACES:
            raise ValueError(f"every is a time in seconds, 'touch' or 'message', not {every!r}")
        if every is not None and not isinstance(every, str):
            _step_ns(every)
        self._until = None if until is None else _time_ns("until", until)
        self._at = [_time_ns("at", stop) for stop in at]
        self._runtime = runtime
        self._clock = clock
        self._calls = calls
        self._every = every
        self._left = left
        self._stops = 0
        self._called: tuple[str, object] = ("", None)

    def run(self, source: Any = None) -> ReplayResult:  # noqa: ANN401 - see `Sandbox.replay`
        """Adds recordings and plays; returns once everything that happened is durable."""
        runtime = self._runtime
        try:
            with runtime.lock:
                if runtime.replaying is not None:
                    raise ValueError("a replay is under way: its callbacks cannot begin another")
                if runtime.closed:
                    raise closed()
                if source is not None:
                    self._add(source)
                end_ns = runtime.engine.last_recorded_ns()
                if end_ns is None:
                    raise ValueError("nothing to replay: name a recording")
                until_ns = end_ns if self._until is None else self._until
                runtime.replaying = get_ident()
                try:
                    return self._play_to(max(until_ns, self._clock.now_ns()))
                finally:
                    runtime.replaying = None
                    runtime.publish()
        finally:
            runtime.settle()

    def _add(self, source: Any) -> None:  # noqa: ANN401 - as above
        """Adds what is to be played: all of it, or nothing."""
        runtime, clock = self._runtime, self._clock
        several = isinstance(source, list | tuple)
        given = cast("Iterable[Any]", source) if several else [source]
        found = open_recordings(given)
        first_ns = min(row.first_ns for row in found)
        # Right after a restart it was played that far before.
        goes_on = runtime.resumed_ns == clock.now_ns()
        if first_ns < clock.now_ns() and not goes_on:
            raise ValueError("the recording begins before the present of this sandbox")
        if runtime.engine.last_recorded_ns() is None:
            # There was no time before.
            clock.begin_at(first_ns)
        if goes_on:
            warn_of_end(found, clock.now_ns())
        add_recordings(runtime.engine, found, goes_on=goes_on)
        runtime.played.add(given)

    def _play_to(self, until_ns: int) -> ReplayResult:
        engine = self._runtime.engine
        # The first instant is played under the eyes of the callbacks like every other.
        from_ns = self._clock.now_ns()
        self._books = _Books(engine)
        self._events_seen = self._orders_seen = engine.last_seq
        self._watch(engine)
        try:
            self._tell_left()
            self._run(from_ns, until_ns)
        except Exception as error:
            self._note(error)
            self._leave(engine)
            raise
        else:
            self._left.clear()
        finally:
            engine.unwatch()
        unread = engine.unread_recording()
        if unread is not None:
            raise RecordingError(f"a recording could not be read to its end: {unread}")
        return ReplayResult(from_ns, self._runtime.now_ns, self._stops, engine.event_hash())

    def _run(self, from_ns: int, until_ns: int) -> None:
        every = None if isinstance(self._every, str) else self._every
        play = self._play_watched if self._calls.needs_watch else self._play
        told_ns: int | None = None
        for stop_ns, asked in _stops(from_ns, until_ns, every, self._at):
            play(stop_ns)
            now_ns = self._runtime.now_ns
            # A callback that moved the clock left times behind it: they are the present now.
            if asked and self._calls.time is not None and now_ns != told_ns:
                told_ns = now_ns
                self._stops += 1
                self._called = ("on_time", now_ns)
                self._calls.time(now_ns)
                # What the answers did is told at the time they did it.
                self._tell_orders()
                self._tell_events()

    def _watch(self, engine: "_core.Engine") -> None:
        """Asks the core to stop where a callback wants to know."""
        calls = self._calls
        if not calls.needs_watch:
            return
        pace = None
        if calls.book is not None:
            every = self._every
            named = every if isinstance(every, str) else "touch"
            pace = _PACES[named] if every is None or isinstance(every, str) else _step_ns(every)
        wants_orders = calls.order is not None or calls.event is not None
        engine.watch(pace, trades=calls.trade is not None, orders=wants_orders)

    def _play(self, stop_ns: int) -> None:
        engine = self._runtime.engine
        if self._calls.event is None:
            engine.advance(stop_ns)
            self._reach(engine.now_ns)
            return
        while True:
            now_ns, changed = engine.advance_to_change(stop_ns)
            self._reach(now_ns)
            if not changed:
                return
            self._tell_events()

    def _play_watched(self, stop_ns: int) -> None:
        """The same for callbacks about markets: the loop of a backtest, so it is written flat."""
        books, on_book, on_trade = self._books, self._calls.book, self._calls.trade
        next_told, runtime, clock = self._runtime.engine.next_told, self._runtime, self._clock
        while True:
            now_ns, kind, market, side, price, qty = next_told(stop_ns)
            clock.begin_at(now_ns)
            runtime.now_ns = now_ns
            if kind == "book" and on_book is not None:
                self._stops += 1
                self._called = ("on_book", book := books[market])
                on_book(book)
            elif kind == "trade" and on_trade is not None:
                self._stops += 1
                self._called = ("on_trade", book := books[market])
                on_trade(book, side, price, qty)
            elif kind == "orders":
                self._tell_orders()
                self._tell_events()
            elif kind == "end":
                return

    def _reach(self, now_ns: int) -> None:
        self._clock.begin_at(now_ns)
        self._runtime.now_ns = now_ns

    def _tell_events(self) -> None:
        """Reports what happened, and then what the answers to that caused."""
        engine, on_event, rows = self._runtime.engine, self._calls.event, self._left.events
        while on_event is not None:
            if not rows:
                rows.extend(engine.events(self._events_seen, _EVENT_PAGE))
                if not rows:
                    return
                self._events_seen = rows[-1]["seq"]
            row = rows.popleft()
            self._stops += 1
            event = SandboxEvent(row["seq"], row["ts_ns"], row["type"], row["data"])
            self._called = ("on_event", event)
            on_event(event)

    def _tell_orders(self) -> None:
        """The same in tuples."""
        engine, on_order, left = self._runtime.engine, self._calls.order, self._left.orders
        while on_order is not None and (left or self._orders_seen < engine.last_seq):
            if not left:
                rows, self._orders_seen = engine.order_events(self._orders_seen)
                left.extend(rows)
                continue
            row = left.popleft()
            self._stops += 1
            self._called = ("on_order", row)
            on_order(row)

    def _tell_left(self) -> None:
        """Tells first what the replay before had not told when a callback raised."""
        calls, told = self._calls, self._left.told
        self._tell_orders()
        self._tell_events()
        while told:
            _, kind, market, side, price, qty = told.popleft()
            if kind == "book" and calls.book is not None:
                self._stops += 1
                self._called = ("on_book", book := self._books[market])
                calls.book(book)
            elif kind == "trade" and calls.trade is not None:
                self._stops += 1
                self._called = ("on_trade", book := self._books[market])
                calls.trade(book, side, price, qty)
            # What the answers did is known before what comes next.
            self._tell_orders()
            self._tell_events()

    def _leave(self, engine: "_core.Engine") -> None:
        """Keeps what of this moment was not told for the replay that goes on."""
        left = self._left
        if self._calls.order is not None:
            left.orders.extend(engine.order_events(self._orders_seen)[0])
        if self._calls.event is not None:
            while rows := engine.events(self._events_seen, _EVENT_PAGE):
                left.events.extend(rows)
                self._events_seen = rows[-1]["seq"]
        left.told.extend(engine.unwatch())

    def _note(self, error: Exception) -> None:
        """Says in the exception of a callback when it was called, and with what."""
        name, what = self._called
        if name:
            now_ns = self._runtime.engine.now_ns
            told = f"{shown_time(now_ns)} ({now_ns} ns)"
            error.add_note(f"raised in {name} of a replay at {told}, called with {what!r}")


class _Books(dict[int, "_core.Book"]):
    """Views by the number of their market, each made once."""

    def __init__(self, engine: "_core.Engine") -> None:
        super().__init__()
        self._engine = engine

    def __missing__(self, market: int) -> "_core.Book":
        made = self[market] = self._engine.book(market)
        return made


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
    if every is not None:
        step_ns = _step_ns(every)
        yield from range(from_ns + step_ns, until_ns + 1, step_ns)


def _step_ns(every: float) -> int:
    is_number = isinstance(every, int | float) and not isinstance(every, bool)  # pyright: ignore[reportUnnecessaryIsInstance]
    step_ns = round(every * _NS) if is_number and isfinite(every) else 0
    if step_ns < 1:
        raise ValueError(f"every is a time in seconds above 0, not {every!r}")
    return step_ns


def _time_ns(name: str, given: int) -> int:
    # What counts like an integer is one, but for True.
    if isinstance(given, bool) or not isinstance(given, SupportsIndex):  # pyright: ignore[reportUnnecessaryIsInstance]
        told = f"{name}: a time is an integer of nanoseconds since the Unix epoch, not {given!r}"
        raise TypeError(told)
    if given > END_NS:
        raise ValueError(f"{name}: time ends at {END_NS} (2200-01-01), not at {given}")
    return operator.index(given)
