"""A recording in memory: its instruments and 64-byte records, whatever it was read from."""

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast

from sequence import _core

Feed = Literal["venue", "hand"]
"""Who made it. A venue's books are live from the first update after a snapshot and go stale by
silence; books made by hand are live from the first snapshot and never go stale."""

RECORD: Final = struct.Struct("<QQQBBHIqqQQ")
"""ts_venue_ns, ts_local_ns, seq, kind, side, flags, count, px_1e9, qty_1e8, order_id, match_id."""
LAST: Final = 16
"""Bit of ``flags``: the last record of a message."""
AGGRESSOR_KNOWN: Final = 1
"""Bit of ``flags``: a print says which side was hit."""
INSTRUMENT_SHIFT: Final = 16
"""The upper half of ``count`` is the instrument."""
MAX_COUNT: Final = 0xFFFF

KINDS: Final = (
    "none", "add", "reduce", "delete", "execute", "hidden_execute", "level", "print",
    "snapshot_begin", "snapshot_end", "status", "heartbeat",
)  # fmt: skip
"""Names of the kinds of records, by their code."""
SIDES: Final = ("none", "bid", "ask")
"""Names of the sides of a book, by their code; a print names the side that was hit."""
STATUSES: Final = ("none", "open", "resync", "halted", "post_only", "closed", "down", "unfit")
"""Names of the statuses, by the code that a status record has in ``count``."""


_SCALES: Final = {"price": 10**9, "quantity": 10**8}


class RecordingError(ValueError):
    """A file or a table is no recording, or a damaged one."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """What a record is about.

    Attributes:
        venue: Venue id.
        symbol: Symbol at that venue, in any form.
        tick_1e9: Price step; None where the recording does not know it.
        lot_1e8: Size step; None where the recording does not know it.
    """

    venue: str
    symbol: str
    tick_1e9: int | None = None
    lot_1e8: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As it stands in a header."""
        row: dict[str, Any] = {"venue": self.venue, "symbol": self.symbol}
        if self.tick_1e9 is not None:
            row["tick_1e9"] = self.tick_1e9
        if self.lot_1e8 is not None:
            row["lot_1e8"] = self.lot_1e8
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Instrument":
        """Reads it from a header."""
        venue, symbol = row.get("venue"), row.get("symbol", row.get("instrument"))
        if not isinstance(venue, str) or not isinstance(symbol, str):
            raise RecordingError("an instrument needs a venue and a symbol")
        return cls(venue, symbol, row.get("tick_1e9"), row.get("lot_1e8"))


@dataclass(frozen=True, slots=True)
class Recording:
    """Market data of any number of instruments, in the order in which it was received.

    Attributes:
        instruments: Records name them by their place here; at most 65,536.
        records: 64 bytes each, the fields of `RECORD`.
        feed: Who made it.
        source: Where it comes from, in free words.
        licence: Under which terms.
        notes: What could not be used when it was decoded, in sentences; not a part of files.
    """

    instruments: tuple[Instrument, ...]
    records: bytes
    feed: Feed = "venue"
    source: str = ""
    licence: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        return len(self.records) // RECORD.size

    def __repr__(self) -> str:
        return f"Recording({len(self)} records of {len(self.instruments)} instruments)"

    def tape(self) -> _core.Tape:
        """The records, checked and ready to be played.

        Raises:
            RecordingError: A record is not one, or names an instrument that is not listed.
        """
        try:
            return _core.Tape(self.records, self._rows(), by_hand=self.feed == "hand")
        except ValueError as error:
            raise RecordingError(str(error)) from None

    def open_tape(self, path: Path, head: int, *, temporary: bool = False) -> _core.Tape:
        """The same with records in a file, behind ``head`` bytes, which stay there.

        Raises:
            RecordingError: A record is not one, or names an instrument that is not listed.
        """
        by_hand = self.feed == "hand"
        try:
            return _core.Tape.open(path, head, self._rows(), by_hand, temporary=temporary)
        except ValueError as error:
            raise RecordingError(str(error)) from None

    def _rows(self) -> list[tuple[str, str, int | None, int | None]]:
        return [(row.venue, row.symbol, row.tick_1e9, row.lot_1e8) for row in self.instruments]

    def select(
        self, venues: Iterable[str] | None = None, symbols: Iterable[str] | None = None
    ) -> "Recording":
        """The records of some venues and symbols only.

        Raises:
            RecordingError: Nothing of that name was recorded.
        """
        kept_venues = None if venues is None else set(venues)
        kept_symbols = None if symbols is None else set(symbols)
        numbers: list[int | None] = []
        kept: list[Instrument] = []
        for row in self.instruments:
            wanted = (kept_venues is None or row.venue in kept_venues) and (
                kept_symbols is None or row.symbol in kept_symbols
            )
            numbers.append(len(kept) if wanted else None)
            if wanted:
                kept.append(row)
        if not kept:
            known = ", ".join(f"{row.venue} {row.symbol}" for row in self.instruments[:20])
            raise RecordingError(f"nothing of that name was recorded; known: {known or 'nothing'}")
        records = _core.select_records(self.records, numbers)
        return Recording(tuple(kept), records, self.feed, self.source, self.licence, self.notes)

    def header(self, schema: str) -> dict[str, Any]:
        """What every encoding says before its records."""
        return {
            "schema": schema,
            "instruments": [row.to_json() for row in self.instruments],
            "scales": dict(_SCALES),
            "feed": self.feed,
            "source": self.source,
            "licence": self.licence,
        }

    @classmethod
    def of_header(cls, header: Mapping[str, Any], records: bytes) -> "Recording":
        """A recording from its header and its records.

        Raises:
            RecordingError: The header does not say which instruments there are.
        """
        rows = header.get("instruments")
        if rows is None and "venue" in header:
            rows = [header]
        if not isinstance(rows, list):
            raise RecordingError("the header lists no instruments")
        listed = cast("Sequence[Any]", rows)
        if not all(isinstance(row, Mapping) for row in listed):
            raise RecordingError("an instrument needs a venue and a symbol")
        if header.get("scales", _SCALES) != _SCALES:
            raise RecordingError(f"the scales are {_SCALES}, not {header['scales']!r}")
        feed = header.get("feed", "venue")
        if feed not in ("venue", "hand"):
            raise RecordingError(f"unknown feed {feed!r}; known: venue, hand")
        return cls(
            tuple(Instrument.from_json(row) for row in listed),
            records,
            feed,
            str(header.get("source", "")),
            str(header.get("licence", "")),
        )


def parse_header(text: bytes) -> dict[str, Any]:
    """A JSON object of a header.

    Raises:
        RecordingError: It is something else.
    """
    try:
        header: object = json.loads(text)
    except ValueError as error:
        raise RecordingError(f"the header is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise RecordingError("the header is not a JSON object")
    return cast("dict[str, Any]", header)
