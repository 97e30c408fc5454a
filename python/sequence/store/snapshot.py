"""The state of a sandbox in one file: written whole, read whole, or refused with the reason.

A line that says what it is, a line of JSON with what made it, and the rows of the store, packed.
Keys are never in it. What comes back is what a restart finds: accounts, orders, fills, positions
and the place in the random streams; books and places in queues begin with the market it meets.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, cast

from sequence import _core
from sequence.store.base import Loaded, Row
from sequence.store.memory import MemoryStore
from sequence.store.tables import (
    APP_TABLES,
    ENGINE_TABLES,
    OVERRIDES_SETTING,
    PRESET_SETTING,
    SCHEMA_REVISION,
    events,
    metadata,
)

_MAGIC: Final = b"sequence snapshot 1\n"
_KIND: Final = b"sequence snapshot "
_LARGEST: Final = 2**31
"""Bytes of rows that are unpacked at most: what is larger was not written by this."""

KEPT: Final = tuple(table.name for table in (*ENGINE_TABLES, *APP_TABLES) if table is not events)


class SnapshotError(ValueError):
    """A file that cannot be loaded, and why."""


@dataclass(frozen=True, slots=True)
class SavedState:
    """What a file holds.

    Attributes:
        facts: Version, model version and time of the sandbox that wrote it, for people.
        rows: Rows by table.
    """

    facts: Mapping[str, Any]
    rows: Mapping[str, Sequence[Row]]


def pack(state: SavedState) -> bytes:
    """The bytes of a file."""
    rows = json.dumps(state.rows, separators=(",", ":")).encode()
    head = {
        **state.facts,
        "schema": SCHEMA_REVISION,
        "bytes": len(rows),
        "sha256": sha256(rows).hexdigest(),
    }
    return b"".join((_MAGIC, json.dumps(head).encode(), b"\n", zlib.compress(rows)))


def unpack(packed: bytes) -> SavedState:
    """What the bytes of a file hold.

    Raises:
        SnapshotError: They are none, of another version, or not what was written.
    """
    if not packed.startswith(_MAGIC):
        if packed.startswith(_KIND):
            form = packed[len(_KIND) :].split(b"\n", 1)[0][:20].decode("ascii", "replace")
            raise SnapshotError(f"is a snapshot of form {form}, this version reads form 1")
        raise SnapshotError("is no snapshot: `sequence snapshot save FILE` writes one")
    line, _, body = packed[len(_MAGIC) :].partition(b"\n")
    head = _read(line, "its head")
    schema = head.get("schema")
    if schema != SCHEMA_REVISION:
        raise SnapshotError(
            f"was written by sequence {head.get('version')} with schema {schema}, this is "
            f"{_core.__version__} with schema {SCHEMA_REVISION}: load it with that version"
        )
    size = head.get("bytes")
    unpacker = zlib.decompressobj()
    try:
        # One byte more than there are: the sum at the end is then read, too.
        rows = unpacker.decompress(body, 1 + min(size, _LARGEST) if isinstance(size, int) else 1)
    except zlib.error as error:
        raise SnapshotError(f"is damaged: {error}") from None
    is_whole = unpacker.eof and not unpacker.unused_data and len(rows) == size
    if not is_whole or sha256(rows).hexdigest() != head.get("sha256"):
        raise SnapshotError("is damaged or cut off: its rows are not those that were written")
    return SavedState(head, _tables(_read(rows, "its rows")))


def _read(text: bytes, what: str) -> dict[str, Any]:
    try:
        found: object = json.loads(text)
    except ValueError:
        raise SnapshotError(f"is damaged: {what} cannot be read") from None
    if not isinstance(found, dict):
        raise SnapshotError(f"is damaged: {what} cannot be read")
    return cast("dict[str, Any]", found)


def _tables(found: dict[str, Any]) -> dict[str, list[Row]]:
    widths = {name: len(metadata.tables[name].columns) - 1 for name in KEPT}
    tables: dict[str, list[Row]] = {}
    for name, rows in found.items():
        if name not in widths or any(len(row) != widths[name] for row in rows):
            raise SnapshotError(f"is damaged: table {name!r} has another form")
        tables[name] = [tuple(row) for row in rows]
    if len(tables.get("engine", ())) != 1:
        raise SnapshotError("is damaged: it says nothing of the state")
    settings = [row[0] for row in tables.get("meta", ())]
    if not {"seed", PRESET_SETTING, OVERRIDES_SETTING} <= {*settings}:
        raise SnapshotError("is damaged: it does not say what it was made with")
    return tables


class LoadedStore(MemoryStore):
    """The state of a file, to begin a sandbox with; what happens then is kept in memory."""

    def __init__(self, state: SavedState) -> None:
        super().__init__()
        self._last_seq = int(cast("int", state.rows["engine"][0][2]))
        for name, rows in state.rows.items():
            keys = len(metadata.tables[name].primary_key.columns)
            self._tables[name] = {row[:keys]: row for row in rows}

    def load(self) -> Loaded | None:
        """The state of the file; its events stayed where they happened."""
        loaded = super().load()
        if loaded is not None:
            loaded.last_seq = self._last_seq
        return loaded
