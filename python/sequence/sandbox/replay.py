"""Replay of recorded market events from files."""

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from heapq import merge
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sequence.sandbox.number import PRICE_DECIMALS, QTY_DECIMALS, human_units

if TYPE_CHECKING:
    from sequence import _core


class EventTape:
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
        # Only a packed recording needs it; its types leave `open` half unknown.
        zstandard: Any = import_module("zstandard")
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


def _level(level: Mapping[str, Any] | tuple[Any, Any] | list[Any]) -> tuple[int, int]:
    if isinstance(level, Mapping):
        return int(level["price_1e9"]), int(level["qty_1e8"])
    price, qty = level
    return human_units(price, PRICE_DECIMALS, "price"), human_units(qty, QTY_DECIMALS, "qty")


def _scaled(event: Mapping[str, Any]) -> tuple[int, int]:
    if "price_1e9" in event:
        return int(event["price_1e9"]), int(event["qty_1e8"])
    return _level((event["price"], event["qty"]))
