"""Recordings in files, whatever their encoding."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, get_args

from sequence import _core
from sequence.feeds import arrow, jsonl, tape
from sequence.feeds.recording import Instrument, Recording, RecordingError

Encoding = Literal["tape", "jsonl", "parquet"]

_PACKED: Final = b"\x28\xb5\x2f\xfd"
"""How a Zstandard frame begins."""
_PARQUET: Final = b"PAR1"
_SUFFIXES: Final[dict[str, Encoding]] = {
    ".tape": "tape",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_HEAD_BYTES: Final = 65_536
_EVENT_TYPES: Final = (b'"type"', b'"ts_ns"', b'"venue"', b'"symbol"')


def read_bytes(file: Path) -> bytes:
    """The content of a file, unpacked when it is packed with Zstandard.

    Raises:
        RecordingError: It is packed and damaged.
    """
    data = file.read_bytes()
    if not data.startswith(_PACKED):
        return data
    # Imported here: only packed files need it. Its own types leave the reader unknown.
    zstandard: Any = import_module("zstandard")
    unpacked = bytearray()
    try:
        # A file that was written in pieces is several frames.
        while data:
            frame = zstandard.ZstdDecompressor().decompressobj()
            unpacked += frame.decompress(data)
            if not frame.eof:
                raise RecordingError(f"{file.name} is cut short: its last frame has no end")
            data = frame.unused_data
    except zstandard.ZstdError as error:
        raise RecordingError(f"{file.name} cannot be unpacked: {error}") from None
    return bytes(unpacked)


def open_source(path: str | Path, venue: str | None = None) -> _core.Recording | Recording:
    """Opens a file without decoding more than needed: frames of a venue stay frames.

    Args:
        path: A tape, JSON lines, Parquet, or the raw frames of a venue; all but Parquet may be
            packed with Zstandard.
        venue: Whose frames they are, where they do not say.

    Raises:
        RecordingError: It is none of these.
        FileNotFoundError: There is no such file.
    """
    file = Path(path)
    data = read_bytes(file)
    try:
        if data.startswith(_PARQUET):
            return arrow.load(str(file))
        if data.startswith(tape.MAGIC):
            return tape.load(data)
        if _is_lines(data):
            return jsonl.load(data)
        return _core.Recording(data, venue)
    except ValueError as error:
        raise RecordingError(f"{file.name} is no recording: {error}") from None


def read(path: str | Path, venue: str | None = None) -> Recording:
    """Reads a recording of any kind; frames of a venue are decoded.

    Raises:
        RecordingError: It is no recording.
        FileNotFoundError: There is no such file.
    """
    found = open_source(path, venue)
    return found if isinstance(found, Recording) else decode(found, source=Path(path).name)


def decode(frames: _core.Recording, source: str = "") -> Recording:
    """Decodes the frames of a venue to their end."""
    names, records = _core.recording_records(frames)
    instruments = tuple(Instrument(venue, symbol) for venue, symbol in names)
    return Recording(instruments, records, "venue", source)


def write(recording: Recording, path: str | Path, encoding: Encoding | None = None) -> Encoding:
    """Writes a recording; by default the name of the file says how.

    A name that ends in ``.zst`` is packed, except for Parquet, which packs itself.

    Returns:
        The encoding.

    Raises:
        RecordingError: The name says nothing, or not something that can be packed.
    """
    file = Path(path)
    packed = file.suffix == ".zst"
    suffix = Path(file.stem).suffix if packed else file.suffix
    chosen = encoding or _SUFFIXES.get(suffix)
    if chosen is None or chosen not in get_args(Encoding):
        known = ", ".join(_SUFFIXES)
        raise RecordingError(f"{file.name}: no encoding of that name; known endings: {known}")
    if chosen == "parquet":
        if packed:
            raise RecordingError(f"{file.name}: Parquet packs itself")
        arrow.dump(recording, str(file))
        return chosen
    data = tape.dump(recording) if chosen == "tape" else jsonl.dump(recording)
    if packed:
        zstandard: Any = import_module("zstandard")
        data = zstandard.ZstdCompressor(level=10).compress(data)
    file.write_bytes(data)
    return chosen


def convert(
    source: str | Path,
    target: str | Path,
    *,
    venue: str | None = None,
    symbols: Iterable[str] | None = None,
    encoding: Encoding | None = None,
) -> Recording:
    """Reads one file and writes another.

    Args:
        source: A recording of any kind, frames of a venue included.
        target: The new file.
        venue: Whose frames they are, where they do not say; else keeps that venue's records.
        symbols: Keeps the records of these symbols.
        encoding: By default what the name of the new file says.

    Returns:
        What was written.

    Raises:
        RecordingError: A file cannot be used, or nothing of that name was recorded.
    """
    recording = read(source, venue)
    if venue is not None or symbols is not None:
        recording = recording.select(None if venue is None else [venue], symbols)
    write(recording, target, encoding)
    return recording


def _is_lines(data: bytes) -> bool:
    first = data[:_HEAD_BYTES].lstrip().split(b"\n", 1)[0]
    if first.startswith(b'{"schema":"events-1"'):
        return True
    return first.startswith(b"{") and all(name in first for name in _EVENT_TYPES)
