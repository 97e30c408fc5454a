"""Recordings from files: what a replayed market is made of."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sequence import _core

_PACKED: Final = b"\x28\xb5\x2f\xfd"
"""How a Zstandard frame begins."""


def open_recordings(paths: Iterable[str | Path]) -> list[_core.Recording]:
    """Opens recordings; packed files are unpacked in memory.

    Raises:
        ValueError: No file was named, or one of them is no recording.
        FileNotFoundError: A file does not exist.
    """
    files = [Path(path) for path in paths]
    if not files:
        raise ValueError("a replay needs at least one file")
    return [_open(file) for file in files]


def _open(file: Path) -> _core.Recording:
    data = file.read_bytes()
    if data.startswith(_PACKED):
        # Imported here: only packed recordings need it. Its own types leave the reader unknown.
        zstandard: Any = import_module("zstandard")
        try:
            data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
        except zstandard.ZstdError as error:
            raise ValueError(f"{file.name} cannot be unpacked: {error}") from error
    try:
        return _core.Recording(data)
    except ValueError as error:
        raise ValueError(f"{file.name} is no recording: {error}") from error
