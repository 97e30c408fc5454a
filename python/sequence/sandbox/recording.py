"""Recordings: what a replayed market is made of."""

import warnings
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sequence import _core
from sequence.feeds.opened import RecordingWarning, Source, open_all, refusal_of, warnings_of
from sequence.feeds.recording import RecordingError

__all__ = [
    "Source",
    "add_recordings",
    "named_files",
    "open_recordings",
    "shown_time",
    "warn_of_end",
]

_NS: Final = 10**9
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


def add_recordings(engine: _core.Engine, sources: Iterable[Source], *, goes_on: bool) -> None:
    """Lets an engine play recordings as its clock reaches them.

    Args:
        engine: Which.
        sources: What.
        goes_on: What they hold up to the present was played before a restart: books become what
            they were then, and nothing is filled by it.
    """
    if not goes_on:
        for source in sources:
            _add(engine, source)
        return
    engine.begin_past()
    try:
        for source in sources:
            _add(engine, source)
    finally:
        engine.end_past()


def _add(engine: _core.Engine, source: Source) -> None:
    if isinstance(source, _core.Tape):
        engine.add_tape(source)
    else:
        engine.add_recording(source)


def warn_of_end(recordings: Iterable[Source], now_ns: int) -> None:
    """Says that nothing is left to play where everything recorded is of before the present."""
    last_ns = max((row.last_ns for row in recordings), default=None)
    if last_ns is None or last_ns > now_ns:
        return
    told = f"what is stored has come to {shown_time(now_ns)}, and the recording ends "
    told += f"{shown_time(last_ns)}: nothing of it is left to play"
    warnings.warn(told, RecordingWarning, stacklevel=_CALLER)


def shown_time(ns: int) -> str:
    """A time for people, to the nanosecond."""
    return f"{datetime.fromtimestamp(ns // _NS, UTC):%Y-%m-%dT%H:%M:%S}.{ns % _NS:09d}Z"


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
