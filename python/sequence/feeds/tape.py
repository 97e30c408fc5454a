"""The binary encoding: a JSON header, then records of 64 bytes."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sequence import _core
from sequence.feeds.recording import RECORD, Recording, RecordingError, parse_header

SCHEMA: Final = "tape-1"
MAGIC: Final = b'{"schema":"tape-1"'
"""How a tape begins."""
_MAX_HEADER: Final = 64 << 20
_PIECE: Final = 1 << 20


def dump(recording: Recording) -> bytes:
    """A recording as a tape. Records begin at a multiple of 64 bytes."""
    header = recording.header(SCHEMA)
    header["sha256"] = hashlib.sha256(recording.records).hexdigest()
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=True).encode()
    padding = -(len(text) + 1) % RECORD.size
    return b"".join((text, b" " * padding, b"\n", recording.records))


def load(data: bytes) -> Recording:
    """Reads a tape.

    Raises:
        RecordingError: It is none, or its records are not those that were written.
    """
    end = data.find(b"\n")
    if end < 0:
        raise RecordingError("a tape begins with a line of JSON")
    header = _header(data[:end])
    records = data[end + 1 :]
    _check(header, len(records), hashlib.sha256(records).hexdigest())
    return Recording.of_header(header, records)


def open_file(path: Path, *, temporary: bool = False) -> _core.Tape:
    """Opens a tape to be played; its records stay on the disk.

    Args:
        path: A plain file.
        temporary: The file goes with the tape.

    Raises:
        RecordingError: It is no tape, or its records are not those that were written.
    """
    with path.open("rb") as source:
        text = source.readline(_MAX_HEADER)
        if not text.endswith(b"\n"):
            raise RecordingError("a tape begins with a line of JSON")
        header, digest, size = _header(text), hashlib.sha256(), 0
        while piece := source.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    _check(header, size, digest.hexdigest())
    return Recording.of_header(header, b"").open_tape(path, len(text), temporary=temporary)


def _header(text: bytes) -> dict[str, Any]:
    header = parse_header(text)
    if header.get("schema") != SCHEMA:
        raise RecordingError(f"unknown schema {header.get('schema')!r}; known: {SCHEMA}")
    return header


def _check(header: Mapping[str, Any], size: int, sha256: str) -> None:
    if size % RECORD.size:
        raise RecordingError("the last record is torn: the file was cut")
    if header.get("sha256") not in (None, sha256):
        raise RecordingError("the records are not those of the header: the sha256 differs")
