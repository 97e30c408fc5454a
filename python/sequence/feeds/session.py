"""Recorded sessions: folders that hold the files of several connections, and a manifest."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sequence._files import in_words
from sequence.feeds.recording import RecordingError

MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a session, as the manifest has it.

    Attributes:
        path: Where it is, if it is there.
        venue: Whose frames it holds.
        frames: How many.
        gaps: How often its connection ended.
    """

    path: Path
    venue: str
    frames: int
    gaps: int

    @property
    def connection(self) -> str:
        """`binance-perp` of `binance-perp-0003.txt.zst`."""
        return self.path.name.rpartition("-")[0]


def listed(folder: Path) -> list[Listed]:
    """The files of a session, in the order in which they were begun.

    Raises:
        RecordingError: The folder holds no manifest, or one that cannot be read.
    """
    path = folder / MANIFEST
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["parts"]
        return [_listed(folder, row) for row in rows]
    except OSError as error:
        raise RecordingError(f"{folder} holds no recording: {in_words(error, path)}") from None
    except KeyError as error:
        raise RecordingError(f"{path} is no manifest: {error} is missing") from None
    except (ValueError, TypeError) as error:
        raise RecordingError(f"{path} is no manifest: {error}") from None


def _listed(folder: Path, row: Any) -> Listed:  # noqa: ANN401 - whatever a file holds
    name, venue = row["file"], row["venue"]
    if not isinstance(name, str) or Path(name).name != name:
        raise ValueError(f"{name!r} is no file of its folder")
    if not isinstance(venue, str):
        raise TypeError(f"{venue!r} is no venue")
    return Listed(folder / name, venue, int(row["frames"]), len(row["gaps_ns"]))
