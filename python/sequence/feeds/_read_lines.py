"""JSON lines to records."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from sequence import _core
from sequence._progress import Told, silent
from sequence.feeds.recording import (
    AGGRESSOR_KNOWN,
    INSTRUMENT_SHIFT,
    KINDS,
    LAST,
    MAX_COUNT,
    RECORD,
    SIDES,
    STATUSES,
    Instrument,
    Recording,
    RecordingError,
    parse_header,
)

_LEVEL, _PRINT, _BEGIN, _END, _STATUS = 6, 7, 8, 9, 10
_HIT: Final = {None: 0, "sell": 1, "buy": 2}
"""Side of the book that an aggressor hits."""
_RECENT_S: Final = (1_262_304_000, 4_102_444_800)
"""2010 and 2100, in seconds since 1970."""
_MARK: Final = b"\xef\xbb\xbf"
"""What some editors put in front of a file."""
_TOLD_LINES: Final = 5_000
_Line = Mapping[str, Any]


def load(data: bytes) -> Recording:
    """Reads JSON lines, with or without a header.

    Without one the books are made by hand: live from the first snapshot, never stale. Blank lines
    and comments (``#``, ``//``) are left out.

    Raises:
        RecordingError: A line is no market event; the message says which line and why.
    """
    return _load(data.splitlines())


def load_file(path: Path, told: Told = silent) -> Recording:
    """The same of a file, line by line."""
    with path.open("rb") as lines:
        return _load(_counted(lines, path, told))


def _counted(lines: Iterable[bytes], path: Path, told: Told) -> Iterator[bytes]:
    """The lines, telling every now and then how far they are."""
    done, total = 0, path.stat().st_size
    for number, line in enumerate(lines):
        done += len(line)
        if number % _TOLD_LINES == 0:
            told("reading lines", done, total)
        yield line


def first_line(head: bytes) -> bytes:
    """The first line that says something."""
    for _, text in _said(head.split(b"\n")):
        return text
    return b""


def _load(lines: Iterable[bytes]) -> Recording:
    found, reader = Recording((), b"", feed="hand"), _Reader((), by_hand=True)
    for at, (number, text) in enumerate(_said(lines)):
        if at == 0 and b'"schema"' in text:
            found = Recording.of_header(parse_header(text), b"")
            reader = _Reader(found.instruments, by_hand=False)
            continue
        try:
            line: object = json.loads(text, parse_float=Decimal)
            if not isinstance(line, dict):
                raise RecordingError("not a JSON object")
            reader.line(cast("dict[str, Any]", line))
        except (ValueError, KeyError, TypeError) as error:
            reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else error
            raise RecordingError(f"line {number}: {reason}") from None
    return Recording(
        tuple(reader.instruments), bytes(reader.records), found.feed, found.source, found.licence
    )


def _said(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Lines that say something, with their numbers."""
    for number, line in enumerate(lines, 1):
        text = (line.removeprefix(_MARK) if number == 1 else line).strip()
        if text and not text.startswith((b"#", b"//")):
            yield number, text


class _Reader:
    def __init__(self, instruments: Sequence[Instrument], *, by_hand: bool) -> None:
        self.instruments = list(instruments)
        self.records = bytearray()
        self._numbers = {(row.venue, row.symbol): at for at, row in enumerate(instruments)}
        self._head = (0, 0, 0)
        self._upper = 0
        self._by_hand = by_hand

    def line(self, line: _Line) -> None:
        """Adds the records of one line."""
        if self._by_hand:
            _check_time(line["ts_ns"])
        self._head = line.get("venue_ns", 0), line["ts_ns"], line.get("seq", 0)
        self._upper = self._number(line["venue"], line["symbol"]) << INSTRUMENT_SHIFT
        last = 0 if line.get("more", False) else LAST
        match line["type"]:
            case "snapshot":
                self._add(_BEGIN)
                self._levels(line, 0)
                self._add(_END, flags=last)
            case "delta":
                self._levels(line, last)
            case "trade":
                self._trade(line, last)
            case "status" if "status" in line:
                self._add(_STATUS, flags=last, count=_code(STATUSES, line["status"], "status"))
            case kind:
                self._whole(line, _code(KINDS, kind, "type"), last)

    def _number(self, venue: str, symbol: str) -> int:
        number = self._numbers.setdefault((venue, symbol), len(self.instruments))
        if number == len(self.instruments):
            if number > MAX_COUNT:
                raise RecordingError("more than 65,536 instruments")
            self.instruments.append(Instrument(venue, symbol))
        return number

    def _add(
        self,
        kind: int,
        side: int = 0,
        *,
        flags: int = 0,
        count: int = 0,
        amounts: tuple[int, int] = (0, 0),
        ids: tuple[int, int] = (0, 0),
    ) -> None:
        if not 0 <= count <= MAX_COUNT:
            raise RecordingError(f"count is from 0 to {MAX_COUNT}, not {count}")
        try:
            self.records += RECORD.pack(
                *self._head, kind, side, flags, self._upper | count, *amounts, *ids
            )
        except Exception as error:  # struct.error is no ValueError
            raise RecordingError(f"a number is out of range: {error}") from None

    def _levels(self, line: _Line, last: int) -> None:
        rows = [(1, level) for level in line.get("bids", ())]
        rows += [(2, level) for level in line.get("asks", ())]
        for at, (side, level) in enumerate(rows, 1):
            price, qty, count = _level(level)
            _check_possible(price, qty)
            flags = last if at == len(rows) else 0
            self._add(_LEVEL, side, flags=flags, count=count, amounts=(price, qty))

    def _trade(self, line: _Line, last: int) -> None:
        side = line.get("side")
        if side not in _HIT:
            raise RecordingError(f"unknown side {side!r}; known: buy, sell")
        hit = _HIT[side]
        flags = line.get("flags", AGGRESSOR_KNOWN if hit else 0)
        ids = 0, line.get("trade_id", 0)
        self._add(_PRINT, hit, flags=flags | last, amounts=_amounts(line), ids=ids)

    def _whole(self, line: _Line, kind: int, last: int) -> None:
        self._add(
            kind,
            _code(SIDES, line.get("book_side", "none"), "book_side"),
            flags=line.get("flags", 0) | last,
            count=line.get("count", 0),
            amounts=(line.get("price_1e9", 0), line.get("qty_1e8", 0)),
            ids=(line.get("order_id", 0), line.get("trade_id", 0)),
        )


def _check_time(ts_ns: Any) -> None:  # noqa: ANN401 - any JSON
    """Refuses what is a time of today in another unit than nanoseconds."""
    if type(ts_ns) is not int:
        raise RecordingError(f"ts_ns is a whole number of nanoseconds, not {ts_ns!r}")
    for unit, per_s in (("milliseconds", 10**3), ("microseconds", 10**6)):
        if _RECENT_S[0] * per_s <= ts_ns < _RECENT_S[1] * per_s:
            raise RecordingError(
                f"ts_ns is in nanoseconds since 1970: {ts_ns} looks like {unit} of today"
            )


def _level(level: Any) -> tuple[int, int, int]:  # noqa: ANN401 - any JSON
    """Price, size and number of orders of a level in any of its forms."""
    if isinstance(level, dict):
        row = cast("dict[str, Any]", level)
        return (*_amounts(row), row.get("count", 0))
    match level:
        case [price, qty]:
            return _units(str(price), 9), _units(str(qty), 8), 0
        case [price, qty, int(count)]:
            return _units(str(price), 9), _units(str(qty), 8), count
        case _:
            raise RecordingError(f"a level is [price, qty] or [price, qty, count], not {level!r}")


def _amounts(row: _Line) -> tuple[int, int]:
    price = row["price_1e9"] if "price_1e9" in row else _units(str(row["price"]), 9)
    qty = row["qty_1e8"] if "qty_1e8" in row else _units(str(row["qty"]), 8)
    return price, qty


def _check_possible(price: int, qty: int) -> None:
    if price <= 0 or qty < 0:
        price_text, qty_text = _core.format_units(price, 9), _core.format_units(qty, 8)
        raise RecordingError(f"no level has the price {price_text} and the size {qty_text}")


@lru_cache(maxsize=65_536)
def _units(text: str, decimals: int) -> int:
    return _core.decimal_units(text, decimals)


def _code(names: tuple[str, ...], name: str, field: str) -> int:
    if name not in names[1:] and (field != "book_side" or name != "none"):
        known = ", ".join(names[1:])
        raise RecordingError(f"unknown {field} {name!r}; known: {known}")
    return names.index(name)
