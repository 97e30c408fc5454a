"""Recordings: what a replayed market is made of."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sequence import _core
from sequence.feeds import Recording, arrow
from sequence.feeds.files import open_source

Source = _core.Recording | _core.Tape
"""Raw frames, decoded as they are played, or records."""


def open_recordings(sources: Iterable[Any]) -> list[Source]:
    """Opens recordings: paths of any encoding, recordings in memory, or Arrow tables.

    Raises:
        ValueError: Nothing was named, or something is no recording.
        FileNotFoundError: A file does not exist.
    """
    found = [open_recording(source) for source in sources]
    if not found:
        raise ValueError("a replay needs at least one file")
    return found


def open_recording(source: Any) -> Source:  # noqa: ANN401 - see open_recordings
    """Opens one recording."""
    if isinstance(source, str | Path):
        source = open_source(source)
    elif arrow.is_table(source):
        source = arrow.of_table(source)
    if isinstance(source, Recording):
        return source.tape()
    if isinstance(source, _core.Recording | _core.Tape):
        return source
    raise TypeError(f"no recording: {source!r}; a path, a Recording or an Arrow table is needed")


def add_recording(engine: _core.Engine, source: Source) -> None:
    """Lets an engine play a recording as its clock reaches it."""
    if isinstance(source, _core.Tape):
        engine.add_tape(source)
    else:
        engine.add_recording(source)
