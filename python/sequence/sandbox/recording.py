"""Recordings: what a replayed market is made of."""

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from sequence import _core
from sequence.feeds.opened import RecordingWarning, Source, open_all, refusal_of, warnings_of
from sequence.feeds.recording import RecordingError

__all__ = ["Source", "add_recording", "named_files", "open_recordings"]

_CALLER: Final = 3
"""From here to whoever made the sandbox."""


def open_recordings(sources: Iterable[Any], venue: str | None = None) -> list[Source]:
    """Opens recordings: paths of any encoding, recordings in memory, or Arrow tables.

    What cannot be used in part is a `RecordingWarning`.

    Raises:
        ValueError: Nothing was named, or something is no recording or gives no market.
        FileNotFoundError: A file does not exist.
    """
    found = open_all(sources, venue)
    if not found:
        raise ValueError("a replay needs at least one file")
    for name, source in found:
        refusal = refusal_of(source)
        if refusal is not None:
            raise RecordingError(f"{name} cannot be played: {refusal}")
        for warning in warnings_of(source):
            warnings.warn(f"{name}: {warning}", RecordingWarning, stacklevel=_CALLER)
    return [source for _, source in found]


def add_recording(engine: _core.Engine, source: Source) -> None:
    """Lets an engine play a recording as its clock reaches it."""
    if isinstance(source, _core.Tape):
        engine.add_tape(source)
    else:
        engine.add_recording(source)


def named_files(text: str) -> list[str]:
    """The files of ``FILE[,FILE...]``; a comma may be part of a name."""
    parts = text.split(",")
    names: list[str] = []
    at = 0
    while at < len(parts):
        ends = range(len(parts), at, -1)
        joined = ((end, ",".join(parts[at:end])) for end in ends)
        end, name = next(
            ((end, name) for end, name in joined if Path(name).exists()), (at + 1, parts[at])
        )
        if name:
            names.append(name)
        at = end
    return names
