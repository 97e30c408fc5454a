"""The binary encoding: a JSON header, then records of 64 bytes."""

import hashlib
import json
from typing import Final

from sequence.feeds.recording import RECORD, Recording, RecordingError, parse_header

SCHEMA: Final = "tape-1"
MAGIC: Final = b'{"schema":"tape-1"'
"""How a tape begins."""


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
    header = parse_header(data[:end])
    if header.get("schema") != SCHEMA:
        raise RecordingError(f"unknown schema {header.get('schema')!r}; known: {SCHEMA}")
    records = data[end + 1 :]
    if len(records) % RECORD.size:
        raise RecordingError("the last record is torn: the file was cut")
    expected = header.get("sha256")
    if expected is not None and hashlib.sha256(records).hexdigest() != expected:
        raise RecordingError("the records are not those of the header: the sha256 differs")
    return Recording.of_header(header, records)
