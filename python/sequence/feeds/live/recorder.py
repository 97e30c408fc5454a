"""Writing down what connections hear, so that a live day can be played again.

Each connection has files of its own, in the text form that recordings of venue frames have: a
receipt time and a frame on a line, books fetched over REST with their address, and a line where a
connection ended. Files are begun anew after a size and listed in `manifest.json` with their
gaps. They are written in whole packed pieces, at least every few seconds: what a process that is
killed leaves behind is a recording up to the last piece.
"""

import json
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Final

import zstandard

_MOST_BYTES: Final = 256 << 20
_PIECE_BYTES: Final = 1 << 20
_PIECE_NS: Final = 5 * 10**9


@dataclass(slots=True)
class Part:
    """One file of a recording; a gap is a time at which a connection ended."""

    file: str
    venue: str
    first_ns: int = 0
    last_ns: int = 0
    frames: int = 0
    gaps_ns: list[int] = field(default_factory=list[int])


class Recorder:
    """The files of one session below one folder.

    Raises:
        OSError: The folder cannot be made or holds a recording already.
    """

    def __init__(self, folder: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._manifest = folder / "manifest.json"
        if self._manifest.exists():
            raise FileExistsError(f"{folder} holds a recording already: name another folder")
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._parts: list[Part] = []
        self._open: dict[str, _Writer] = {}
        self._save()

    def frame(self, name: str, venue: str, now_ns: int, frame: bytes) -> None:
        """Writes one frame of a connection. Line ends inside it become spaces, as JSON allows."""
        flat = frame.replace(b"\r", b" ").replace(b"\n", b" ")
        self._write(name, venue, now_ns, b"%s: %s\n" % (_seconds(now_ns), flat))

    def book(self, name: str, venue: str, url: str, now_ns: int, body: bytes) -> None:
        """Writes a book fetched over REST."""
        flat = body.replace(b"\r", b" ").replace(b"\n", b" ")
        line = b"%s -> %s: %s\n" % (url.encode(), _seconds(now_ns), flat)
        self._write(name, venue, now_ns, line)

    def lost(self, name: str, url: str, now_ns: int) -> None:
        """Writes that a connection ended: what its books were is void."""
        with self._lock:
            writer = self._open.get(name)
            if writer is None:
                return
            writer.write(b"%s <-> %s\n" % (url.encode(), _seconds(now_ns)), now_ns)
            writer.part.gaps_ns.append(now_ns)

    def close(self) -> None:
        """Ends all files and writes the manifest."""
        with self._lock:
            for writer in self._open.values():
                writer.close()
            self._open.clear()
            self._save()

    def _write(self, name: str, venue: str, now_ns: int, line: bytes) -> None:
        with self._lock:
            writer = self._open.get(name)
            if writer is not None and writer.size + len(line) > self._most_bytes:
                writer.close()
                self._save()
                writer = None
            if writer is None:
                number = sum(part.file.rpartition("-")[0] == name for part in self._parts)
                part = Part(f"{name}-{number:04}.txt.zst", venue, first_ns=now_ns)
                self._parts.append(part)
                writer = self._open[name] = _Writer(self._folder / part.file, part)
            writer.part.frames += 1
            if writer.write(line, now_ns):
                self._save()

    def _save(self) -> None:
        text = json.dumps(
            {"schema": "session-1", "parts": [asdict(p) for p in self._parts]}, indent=1
        )
        beside = self._manifest.with_suffix(".part")
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(self._manifest)


class _Writer:
    """One packed file that is being written, piece by piece."""

    def __init__(self, path: Path, part: Part) -> None:
        self.part = part
        self.size = 0
        self._lines = bytearray()
        self._since_ns = part.first_ns
        self._file: IO[bytes] = path.open("xb")
        self._packer = zstandard.ZstdCompressor(level=3)

    def write(self, line: bytes, now_ns: int) -> bool:
        """Takes a line; True when a piece was written with it."""
        self._lines += line
        self.size += len(line)
        self.part.last_ns = now_ns
        is_due = len(self._lines) >= _PIECE_BYTES or now_ns - self._since_ns >= _PIECE_NS
        if is_due:
            self._since_ns = now_ns
            self._flush()
        return is_due

    def close(self) -> None:
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        if self._lines:
            self._file.write(self._packer.compress(bytes(self._lines)))
            self._file.flush()
            self._lines.clear()


def _seconds(ns: int) -> bytes:
    """Nanoseconds as seconds with nine decimals, exactly."""
    return b"%d.%09d" % divmod(ns, 10**9)
