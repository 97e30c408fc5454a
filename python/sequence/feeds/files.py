"""Recordings in files, whatever their encoding."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, get_args

from sequence import _core
from sequence._progress import Told, silent
from sequence.feeds import arrow, jsonl, tape
from sequence.feeds.opened import is_lines
from sequence.feeds.recording import Instrument, Recording, RecordingError
from sequence.feeds.sample import located
from sequence.feeds.unpack import unpacked

Encoding = Literal["tape", "jsonl", "parquet"]

_HEAD_BYTES: Final = 65_536

_SUFFIXES: Final[dict[str, Encoding]] = {
    ".tape": "tape",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def read(path: str | Path, venue: str | None = None, told: Told = silent) -> Recording:
    """Reads a recording of any kind; frames of a venue are decoded.

    Args:
        path: The file, packed or not; ``sample`` is the recording of the package.
        venue: Whose frames they are, where they do not say.
        told: Called with how far it is: what, bytes, bytes in all.

    Raises:
        RecordingError: It is no recording.
        FileNotFoundError: There is no such file.
    """
    file = located(path)
    plain = unpacked(file)
    try:
        return _read_plain(file.name, plain.path, venue, told)
    except ValueError as error:
        raise RecordingError(f"{file.name} is no recording: {error}") from None
    finally:
        if plain.temporary:
            plain.path.unlink()


def _read_plain(name: str, plain: Path, venue: str | None, told: Told) -> Recording:
    told(f"reading {name}", 0, 0)
    with plain.open("rb") as source:
        head = source.read(_HEAD_BYTES)
    if head.startswith(arrow.MAGIC):
        return arrow.load(str(plain))
    if head.startswith(tape.MAGIC):
        return tape.load(plain.read_bytes())
    if is_lines(head):
        return jsonl.load_file(plain, told)
    return decode(_core.Recording.open(plain, venue), source=name)


def decode(frames: _core.Recording, source: str = "") -> Recording:
    """Decodes the frames of a venue to their end.

    Raises:
        RecordingError: There is no market data in them.
    """
    rows, records = _core.recording_records(frames)
    if not rows:
        raise RecordingError(frames.refusal or "; ".join(frames.warnings) or "it is empty")
    instruments = tuple(Instrument(*row) for row in rows)
    return Recording(instruments, records, "venue", source, notes=tuple(frames.warnings))


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
    told: Told = silent,
) -> Recording:
    """Reads one file and writes another.

    Args:
        source: A recording of any kind, frames of a venue included.
        target: The new file.
        venue: Whose frames they are, where they do not say; else keeps that venue's records.
        symbols: Keeps the records of these symbols.
        encoding: By default what the name of the new file says.
        told: Called with how far it is: what, how much, of how much; 0 in all is unknown.

    Returns:
        What was written.

    Raises:
        RecordingError: A file cannot be used, or nothing of that name was recorded.
    """
    recording = read(source, venue, told)
    if venue is not None or symbols is not None:
        recording = recording.select(None if venue is None else [venue], symbols)
    told(f"writing {Path(target).name}", 0, 0)
    write(recording, target, encoding)
    return recording
