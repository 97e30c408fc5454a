"""Records to JSON lines.

A line is a run of records that share everything but level and size. What has no such short form
is written field by field, so that nothing is ever lost.
"""

import json
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sequence import _core
from sequence.feeds.recording import (
    AGGRESSOR_KNOWN,
    INSTRUMENT_SHIFT,
    KINDS,
    LAST,
    MAX_COUNT,
    RECORD,
    SIDES,
    STATUSES,
    Recording,
)

SCHEMA: Final = "events-1"
_LEVEL, _PRINT, _BEGIN, _END, _STATUS = 6, 7, 8, 9, 10
_AGGRESSORS: Final = (None, "sell", "buy")
"""Who traded, by the side of the book that was hit."""


class _Record(NamedTuple):
    venue_ns: int
    local_ns: int
    seq: int
    kind: int
    side: int
    flags: int
    tally: int
    price: int
    qty: int
    order_id: int
    match_id: int

    @property
    def is_level(self) -> bool:
        """A level with a size, and nothing else."""
        return (
            self.kind == _LEVEL
            and self.side > 0
            and self.price > 0
            and self.qty >= 0
            and self.flags | LAST == LAST
            and not self.order_id
            and not self.match_id
        )

    @property
    def is_mark(self) -> bool:
        """A record without any value."""
        values = (self.side, self.tally & MAX_COUNT, self.price, self.qty)
        return not any(values) and not self.order_id and not self.match_id

    @property
    def key(self) -> tuple[int, int, int, int]:
        """What all records of a line share."""
        return self.venue_ns, self.local_ns, self.seq, self.tally >> INSTRUMENT_SHIFT


def dump(recording: Recording) -> bytes:
    """A recording as JSON lines; the first line is the header."""
    header = json.dumps(recording.header(SCHEMA), separators=(",", ":"))
    names = [(row.venue, row.symbol) for row in recording.instruments]
    lines = [header]
    records = [_Record._make(row) for row in RECORD.iter_unpack(recording.records)]
    at = 0
    while at < len(records):
        body, end = _line(records, at)
        lines.append(json.dumps(_head(records[at], names) | body, separators=(",", ":")))
        at = end
    return ("\n".join(lines) + "\n").encode()


def _head(record: _Record, names: list[tuple[str, str]]) -> dict[str, Any]:
    venue, symbol = names[record.tally >> INSTRUMENT_SHIFT]
    head: dict[str, Any] = {"ts_ns": record.local_ns, "venue": venue, "symbol": symbol}
    if record.venue_ns:
        head["venue_ns"] = record.venue_ns
    if record.seq:
        head["seq"] = record.seq
    return head


def _line(records: list[_Record], at: int) -> tuple[dict[str, Any], int]:
    """What the next line says, and where the line after it begins."""
    first = records[at]
    short = _snapshot(records, at) or _delta(records, at)
    if short is not None:
        return short
    body = _trade(first) or _status(first) or _whole(first)
    return _closed(body, first), at + 1


def _snapshot(records: list[_Record], at: int) -> tuple[dict[str, Any], int] | None:
    first = records[at]
    if first.kind != _BEGIN or first.flags or not first.is_mark:
        return None
    body: dict[str, Any] = {"type": "snapshot"}
    end = _levels(records, at + 1, first.key, body, closed=False)
    last = records[end] if end < len(records) else None
    if (
        last is None
        or last.kind != _END
        or not last.is_mark
        or last.key != first.key
        or last.flags | LAST != LAST
    ):
        return None
    body.setdefault("bids", [])
    body.setdefault("asks", [])
    return _closed(body, last), end + 1


def _delta(records: list[_Record], at: int) -> tuple[dict[str, Any], int] | None:
    body: dict[str, Any] = {"type": "delta"}
    end = _levels(records, at, records[at].key, body, closed=True)
    return None if end == at else (_closed(body, records[end - 1]), end)


def _levels(
    records: list[_Record], at: int, key: tuple[int, ...], body: dict[str, Any], *, closed: bool
) -> int:
    """Adds a run of levels, bids before asks; ``closed``: the run may end its message."""
    side = 1
    for end in range(at, len(records)):
        record = records[end]
        ends = record.flags == LAST
        if not record.is_level or record.key != key or record.side < side or (ends and not closed):
            return end
        side = record.side
        body.setdefault("bids" if side == 1 else "asks", []).append(_level(record))
        if ends:
            return end + 1
    return len(records)


def _level(record: _Record) -> list[Any]:
    level: list[Any] = [_price(record.price), _qty(record.qty)]
    if record.tally & MAX_COUNT:
        level.append(record.tally & MAX_COUNT)
    return level


def _trade(record: _Record) -> dict[str, Any] | None:
    plain = record.kind == _PRINT and record.price > 0 and record.qty > 0
    if not plain or record.tally & MAX_COUNT or record.order_id:
        return None
    body: dict[str, Any] = {
        "type": "trade",
        "price": _price(record.price),
        "qty": _qty(record.qty),
        "side": _AGGRESSORS[record.side],
    }
    if record.match_id:
        body["trade_id"] = record.match_id
    flags = record.flags & ~LAST
    if flags != (AGGRESSOR_KNOWN if record.side else 0):
        body["flags"] = flags
    return body


def _status(record: _Record) -> dict[str, Any] | None:
    code = record.tally & MAX_COUNT
    plain = record.kind == _STATUS and 0 < code < len(STATUSES) and record.flags | LAST == LAST
    if not plain or any((record.side, record.price, record.qty, record.order_id, record.match_id)):
        return None
    return {"type": "status", "status": STATUSES[code]}


def _whole(record: _Record) -> dict[str, Any]:
    """Every field that is not 0, by its own name."""
    body: dict[str, Any] = {"type": KINDS[record.kind]}
    if record.side:
        body["book_side"] = SIDES[record.side]
    fields = {
        "flags": record.flags & ~LAST,
        "count": record.tally & MAX_COUNT,
        "price_1e9": record.price,
        "qty_1e8": record.qty,
        "order_id": record.order_id,
        "trade_id": record.match_id,
    }
    return body | {name: value for name, value in fields.items() if value}


def _closed(body: dict[str, Any], last: _Record) -> dict[str, Any]:
    """Marks a line that does not end its message."""
    return body if last.flags & LAST else body | {"more": True}


@lru_cache(maxsize=65_536)
def _price(units: int) -> str:
    return _core.format_units(units, 9)


@lru_cache(maxsize=65_536)
def _qty(units: int) -> str:
    return _core.format_units(units, 8)
