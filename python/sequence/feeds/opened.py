"""Opens recordings to be played: files are read as they are played, never whole."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sequence import _core
from sequence.feeds import arrow, tape
from sequence.feeds._read_lines import first_line, load_file
from sequence.feeds.recording import Recording, RecordingError
from sequence.feeds.sample import located
from sequence.feeds.session import MANIFEST, listed
from sequence.feeds.some import some
from sequence.feeds.unpack import Plain, unpacked

Source = _core.Recording | _core.Tape
"""Raw frames, decoded as they are played, or records."""

_HEAD_BYTES: Final = 65_536
_EVENT_TYPES: Final = (b'"type"', b'"ts_ns"', b'"venue"', b'"symbol"')


class RecordingWarning(UserWarning):
    """A part of a recording cannot be used; the rest is played."""


def open_file(path: str | Path, venue: str | None = None) -> Source:
    """Opens a file to be played: frames of a venue stay frames.

    Args:
        path: A tape, JSON lines, Parquet, or the raw frames of a venue; all but Parquet may be
            packed with Zstandard or gzip.
        venue: Whose frames they are, where they do not say.

    Raises:
        RecordingError: It is none of these.
        FileNotFoundError: There is no such file.
    """
    file = located(path)
    plain = unpacked(file)
    try:
        return _open_plain(plain, venue)
    except ValueError as error:
        raise RecordingError(f"{file.name} is no recording: {error}") from None


def _open_plain(plain: Plain, venue: str | None) -> Source:
    stays = False
    try:
        with plain.path.open("rb") as source:
            head = source.read(_HEAD_BYTES)
        if not head:
            raise RecordingError("it is empty")
        if head.startswith(tape.MAGIC):
            opened = tape.open_file(plain.path, temporary=plain.temporary)
            stays = True
            return opened
        if not head.startswith(arrow.MAGIC) and not is_lines(head):
            # What is opened so removes it, whether that succeeds or not.
            stays = True
            return _core.Recording.open(plain.path, venue, temporary=plain.temporary)
        if head.startswith(arrow.MAGIC):
            return arrow.load(str(plain.path)).tape()
        return load_file(plain.path).tape()
    finally:
        if plain.temporary and not stays:
            plain.path.unlink(missing_ok=True)


def is_lines(head: bytes) -> bool:
    """True when a file begins like JSON lines of our own schema."""
    first = first_line(head)
    if first.startswith(b'{"schema":"events-1"'):
        return True
    return first.startswith(b"{") and all(name in first for name in _EVENT_TYPES)


def open_all(sources: Iterable[Any], venue: str | None = None) -> list[tuple[str, Source]]:
    """Opens recordings, each with what to call it; raw files of one stream are put together.

    A folder that `--record` wrote stands for all its files.

    Raises:
        ValueError: Something is no recording.
        FileNotFoundError: A file does not exist.
    """
    raw: list[tuple[str, _core.Recording]] = []
    found: list[tuple[str, Source]] = []
    for given, whose in _each_once(sources, venue):
        name, source = _open_any(given, whose)
        if isinstance(source, _core.Recording):
            raw.append((name, source))
        else:
            found.append((name, source))
    joined = _core.join_recordings([source for _, source in raw]) if len(raw) > 1 else None
    if joined is None:
        return raw + found
    name = some([name for name, _ in raw], most=3)
    return [(name, source) for source in joined] + found


def _each_once(sources: Iterable[Any], venue: str | None) -> Iterator[tuple[Any, str | None]]:
    """Sources with whose frames they are, folders of recorded sessions as their files."""
    files = set[Path]()
    held: list[Any] = []
    for given in sources:
        if not isinstance(given, str | Path):
            if any(given is other for other in held):
                raise RecordingError(f"{given!r} is given twice: its records would count so")
            held.append(given)
            yield given, venue
            continue
        path = Path(given)
        rows = [(given, venue)]
        if (path / MANIFEST).is_file():
            rows = [(row.path, venue or row.venue) for row in listed(path)]
        for file, whose in rows:
            if Path(file).resolve() in files:
                raise RecordingError(f"{Path(file).name} is given twice: its frames would count so")
            files.add(Path(file).resolve())
            yield file, whose


def _open_any(source: Any, venue: str | None) -> tuple[str, Source]:  # noqa: ANN401 - any kind
    name = "a recording"
    if isinstance(source, str | Path):
        name = Path(source).name
        source = open_file(source, venue)
    elif arrow.is_table(source):
        source = arrow.of_table(source)
    if isinstance(source, Recording):
        name = source.source or name
        source = source.tape()
    if isinstance(source, _core.Recording | _core.Tape):
        return name, source
    raise TypeError(f"no recording: {source!r}; a path, a Recording or an Arrow table is needed")


def refusal_of(source: Source) -> str | None:
    """Why a recording gives no market at all; None when there is something to play."""
    if isinstance(source, _core.Recording):
        return source.refusal
    if not source.events:
        return "it is empty"
    names = source.instruments
    unlisted = _unlisted(names)
    if len(unlisted) == len(names):
        return f"none of its {len(names)} instruments has a symbol here: {some(unlisted)}"
    if unlisted and source.by_hand:
        # A venue lists what is none here; a file that was written for us has a mistake.
        return f"{len(unlisted)} of its {len(names)} instruments have no symbol: {some(unlisted)}"
    return None


def warnings_of(source: Source) -> Sequence[str]:
    """What whoever plays a recording should know."""
    if isinstance(source, _core.Recording):
        return source.warnings
    names = source.instruments
    unlisted = _unlisted(names)
    if not unlisted:
        return []
    return [
        f"{len(unlisted)} of its {len(names)} instruments have no symbol here and are left out: "
        f"{some(unlisted)}"
    ]


def _unlisted(names: Iterable[tuple[str, str]]) -> list[str]:
    return [symbol for venue, symbol in names if not _is_symbol(symbol, venue)]


def _is_symbol(symbol: str, venue: str) -> bool:
    try:
        _core.parse_symbol(symbol, venue=venue)
    except ValueError:
        return False
    return True
