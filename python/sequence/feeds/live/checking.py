"""Checks a recorded session: whether its files are there and whole, and whether its books fold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sequence import _core
from sequence._progress import Told
from sequence.feeds.session import Listed, listed
from sequence.feeds.unpack import unpacked


@dataclass(frozen=True, slots=True)
class Checked:
    """One connection of a session: all its files are one stream.

    Attributes:
        files: Its files, in the order in which they were written.
        frames: Frames that are there.
        messages: What they are decoded to.
        unread: Frames and lines that cannot be read.
        gaps: How often the decoder gave a book up.
        reconnects: How often the connection ended.
        faults: What is missing or damaged, as sentences.
    """

    files: tuple[str, ...]
    frames: int
    messages: int
    unread: int
    gaps: int
    reconnects: int
    faults: tuple[str, ...]


def check(folder: Path, told: Told) -> list[Checked]:
    """Decodes every file of a recorded folder, those of one connection as one stream.

    Args:
        folder: What a `Recorder` has written.
        told: Hears how far it is.

    Raises:
        RecordingError: The folder holds no manifest, or one that cannot be read.
    """
    connections: dict[str, list[Listed]] = {}
    for part in listed(folder):
        connections.setdefault(part.connection, []).append(part)
    found: list[Checked] = []
    for done, (name, parts) in enumerate(connections.items()):
        told(f"checking {name}", done, len(connections))
        found.append(_checked(parts))
    return found


def _checked(parts: Sequence[Listed]) -> Checked:
    opened, faults = list[_core.Recording](), list[str]()
    for part in parts:
        name = part.path.name
        try:
            source = _open(part)
        except FileNotFoundError:
            faults.append(f"{name} is missing")
        except ValueError as error:
            faults.append(f"{error}" if name in str(error) else f"{name}: {error}")
        else:
            opened.append(source)
            if source.frames < part.frames:
                faults.append(f"{name} holds {source.frames} of {part.frames} frames")
    reports = [stream.check() for stream in _core.join_recordings(opened)] if opened else []
    return Checked(
        files=tuple(part.path.name for part in parts),
        frames=sum(source.frames for source in opened),
        messages=sum(report["messages"] for report in reports),
        unread=sum(report["rejected"] + report["unread"] for report in reports),
        gaps=sum(report["gaps"] for report in reports),
        reconnects=sum(part.gaps for part in parts),
        faults=tuple(faults),
    )


def _open(part: Listed) -> _core.Recording:
    plain = unpacked(part.path)
    return _core.Recording.open(plain.path, part.venue, temporary=plain.temporary)
