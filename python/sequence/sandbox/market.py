"""Market data from outside: fed by hand in a test, or read from recorded events."""

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sequence import _core
from sequence.sandbox.number import PRICE_DECIMALS, QTY_DECIMALS, Number, human_units

if TYPE_CHECKING:
    from sequence.sandbox.runtime import Runtime

Level = tuple[Number, Number]
"""Price and quantity in human units."""

_STATUSES: Final = frozenset({"open", "resync", "halted", "post_only", "closed", "down"})


class Market:
    """Feeds order books and trades by hand: ``sandbox.market``.

    A symbol is listed at a venue from its first snapshot on, is live at once and never goes
    stale. Prices and quantities are human numbers (``"74349.44"``, ``0.5``), taken exactly.
    """

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime

    def snapshot(
        self,
        venue: str,
        symbol: str,
        bids: Iterable[Level] = (),
        asks: Iterable[Level] = (),
        *,
        ts_ns: int | None = None,
    ) -> None:
        """Replaces the whole book of one symbol at one venue."""
        self._book("market_snapshot", venue, symbol, bids, asks, ts_ns)

    def delta(
        self,
        venue: str,
        symbol: str,
        bids: Iterable[Level] = (),
        asks: Iterable[Level] = (),
        *,
        ts_ns: int | None = None,
    ) -> None:
        """Sets single levels to new absolute quantities; 0 removes a level."""
        self._book("market_delta", venue, symbol, bids, asks, ts_ns)

    def trade(
        self,
        venue: str,
        symbol: str,
        price: Number,
        qty: Number,
        side: str | None = None,
        *,
        ts_ns: int | None = None,
    ) -> None:
        """Prints a trade; ``side`` is the side of the aggressor, ``None`` when unknown."""
        price_1e9 = human_units(price, PRICE_DECIMALS, "price")
        qty_1e8 = human_units(qty, QTY_DECIMALS, "qty")
        with self._runtime.turn() as now_ns:
            self._runtime.engine.market_trade(
                venue, symbol, price_1e9, qty_1e8, side, _event_ns(ts_ns, now_ns), now_ns
            )

    def status(self, venue: str, symbol: str, status: str) -> None:
        """Sets the state of the venue's book: open, resync, halted, post_only, closed or down."""
        if status not in _STATUSES:
            known = ", ".join(sorted(_STATUSES))
            raise ValueError(f"unknown market status {status!r}; known: {known}")
        with self._runtime.turn() as now_ns:
            self._runtime.engine.market_status(venue, symbol, status, now_ns)

    def _book(
        self,
        command: str,
        venue: str,
        symbol: str,
        bids: Iterable[Level],
        asks: Iterable[Level],
        ts_ns: int | None,
    ) -> None:
        bid_levels, ask_levels = _levels(bids, "bids"), _levels(asks, "asks")
        with self._runtime.turn() as now_ns:
            engine = self._runtime.engine
            engine.list_market(venue, symbol, now_ns)
            feed = getattr(engine, command)
            feed(venue, symbol, bid_levels, ask_levels, _event_ns(ts_ns, now_ns), now_ns)


def _event_ns(ts_ns: int | None, now_ns: int) -> int:
    return now_ns if ts_ns is None else ts_ns


def _levels(levels: Iterable[Level], side: str) -> list[tuple[int, int]]:
    return [
        (
            human_units(price, PRICE_DECIMALS, f"{side}[{row}] price"),
            human_units(qty, QTY_DECIMALS, f"{side}[{row}] qty"),
        )
        for row, (price, qty) in enumerate(levels)
    ]


class Recording:
    """Recorded market events of one or more files, in the order of their time.

    One JSON object a line: ``ts_ns``, ``venue``, ``symbol``, ``type`` and the fields of the type,
    as in ``POST /v1/sandbox/market/events``. Files that end in ``.zst`` are unpacked on the fly.
    """

    def __init__(self, paths: Iterable[str | Path]) -> None:
        files = [Path(path) for path in paths]
        if not files:
            raise ValueError("a replay needs at least one file")
        for file in files:
            if not file.is_file():
                raise FileNotFoundError(f"no such recording: {file}")
        self._events = merge(*map(_read, files), key=lambda event: event[0])
        self._next = next(self._events, None)
        if self._next is None:
            raise ValueError("the recording holds no events")
        self.start_ns: Final[int] = self._next[0]

    @property
    def finished(self) -> bool:
        """True when every event was fed."""
        return self._next is None

    def feed(self, engine: "_core.Engine", until_ns: int) -> None:
        """Hands the engine every event up to a time, each at its own time."""
        while self._next is not None and self._next[0] <= until_ns:
            ts_ns, event = self._next
            engine.advance(ts_ns)
            _apply(engine, ts_ns, event)
            self._next = next(self._events, None)


def _read(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        try:
            event: dict[str, Any] = json.loads(line, parse_float=Decimal)
            yield int(event["ts_ns"]), event
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{file.name}, line {number}: not a market event ({error})") from error


def _lines(file: Path) -> Iterator[str]:
    if file.suffix == ".zst":
        import zstandard  # noqa: PLC0415 - only a packed recording needs it

        with zstandard.open(file, "rt", encoding="utf-8") as text:
            yield from text
    else:
        with file.open(encoding="utf-8") as text:
            yield from text


def _apply(engine: "_core.Engine", ts_ns: int, event: Mapping[str, Any]) -> None:
    venue, symbol, type_ = str(event["venue"]), str(event["symbol"]), event["type"]
    if type_ in ("snapshot", "delta"):
        sides = [[_level(level) for level in event.get(side, ())] for side in ("bids", "asks")]
        if type_ == "snapshot":
            engine.list_market(venue, symbol, ts_ns)
            engine.market_snapshot(venue, symbol, sides[0], sides[1], ts_ns, ts_ns)
        else:
            engine.market_delta(venue, symbol, sides[0], sides[1], ts_ns, ts_ns)
    elif type_ == "trade":
        price_1e9, qty_1e8 = _scaled(event)
        engine.market_trade(venue, symbol, price_1e9, qty_1e8, event.get("side"), ts_ns, ts_ns)
    elif type_ == "status":
        engine.market_status(venue, symbol, str(event["status"]), ts_ns)
    else:
        raise ValueError(f"unknown market event type {type_!r}")


def _level(level: Any) -> tuple[int, int]:
    if isinstance(level, dict):
        return int(level["price_1e9"]), int(level["qty_1e8"])
    price, qty = level
    return human_units(price, PRICE_DECIMALS, "price"), human_units(qty, QTY_DECIMALS, "qty")


def _scaled(event: Mapping[str, Any]) -> tuple[int, int]:
    if "price_1e9" in event:
        return int(event["price_1e9"]), int(event["qty_1e8"])
    return _level((event["price"], event["qty"]))
