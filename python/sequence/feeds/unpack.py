"""What a file is on the outside: a plain one, or packed with Zstandard or gzip.

Packed files are unpacked piece by piece into a temporary file, so that a recording of any size
needs little memory and can be read as often as needed.
"""

import gzip
import os
import stat
import tempfile
import zlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from sequence._files import in_words
from sequence.feeds.recording import RecordingError

_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_SKIPPED: Final = tuple(bytes((kind,)) + b"\x2a\x4d\x18" for kind in range(0x50, 0x60))
"""Beginnings of frames of Zstandard that hold no data; some packers put one in front."""
_GZIP: Final = b"\x1f\x8b"
_PIECE: Final = 1 << 20
_PACKED: Final = 1 << 11
"""Bytes of a packed file that are unpacked at once: four of them may stand for 128 KiB."""


class Plain(NamedTuple):
    """A file without packing.

    Attributes:
        path: Where it is.
        temporary: It was unpacked for us: whoever has it removes it.
    """

    path: Path
    temporary: bool


def unpacked(file: Path) -> Plain:
    """A file as it is, or unpacked into a temporary one.

    Raises:
        RecordingError: It is no file that can be read twice, or it is packed and damaged.
        FileNotFoundError: There is no such file.
    """
    head = _head(file)
    if not head.startswith((_ZSTD, _GZIP, *_SKIPPED)):
        return Plain(file, temporary=False)
    pieces = _gzip_pieces(file) if head.startswith(_GZIP) else _zstd_pieces(file)
    number, name = tempfile.mkstemp(prefix="sequence-", suffix=".unpacked")
    try:
        with os.fdopen(number, "wb") as target:
            for piece in pieces:
                target.write(piece)
    except BaseException:
        Path(name).unlink()
        raise
    return Plain(Path(name), temporary=True)


def _head(file: Path) -> bytes:
    """The first bytes of a regular file."""
    if not stat.S_ISREG(file.stat().st_mode):
        raise RecordingError(f"{file} is no recording: it is not a regular file")
    try:
        with file.open("rb") as source:
            return source.read(len(_ZSTD))
    except OSError as error:
        raise RecordingError(in_words(error, file)) from None


def _zstd_pieces(file: Path) -> Iterator[bytes]:
    # Imported here: only packed files need it. Its own types leave the reader unknown.
    zstandard: Any = import_module("zstandard")
    with file.open("rb") as source:
        data = source.read(_PACKED)
        try:
            # A file that was written in pieces is several frames.
            while data:
                frame = zstandard.ZstdDecompressor().decompressobj()
                yield frame.decompress(data)
                while not frame.eof:
                    data = source.read(_PACKED)
                    if not data:
                        raise RecordingError(f"{file.name} is cut short: its last frame has no end")
                    yield frame.decompress(data)
                data = frame.unused_data or source.read(_PACKED)
        except zstandard.ZstdError as error:
            raise RecordingError(f"{file.name} cannot be unpacked: {error}") from None


def _gzip_pieces(file: Path) -> Iterator[bytes]:
    with gzip.open(file) as source:
        try:
            while piece := source.read(_PIECE):
                yield piece
        except EOFError:
            raise RecordingError(f"{file.name} is cut short: its packing has no end") from None
        except (OSError, zlib.error) as error:
            raise RecordingError(f"{file.name} cannot be unpacked: {error}") from None
