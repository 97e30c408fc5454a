"""Writing down what connections hear, so that a live day can be played again.

Each connection has files of its own, in the text form that recordings of venue frames have: a
receipt time and a frame on a line, books fetched over REST with their address, and a line where a
connection ended. Files are begun anew after a size and listed in `manifest.json` with their
gaps. They are written in whole packed pieces, at least every few seconds: what a process that is
killed leaves behind is a recording up to the last piece.

A thread of its own packs and writes, so that no frame and no order waits for a disk.
"""

import json
import logging
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Final, NamedTuple

import zstandard

_MOST_BYTES: Final = 256 << 20
_PIECE_BYTES: Final = 1 << 20
_PIECE_NS: Final = 5 * 10**9
_MOST_BEHIND: Final = 256 << 20
"""Bytes that may wait for the disk."""
logger = logging.getLogger("sequence.live")


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

    Attributes:
        failure: Why nothing is written any more, as a sentence; empty while all is. It ends the
            recording and nothing else.

    Raises:
        OSError: The folder cannot be made or holds a recording already.
    """

    def __init__(self, folder: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._manifest = folder / "manifest.json"
        if self._manifest.exists():
            raise FileExistsError(f"{folder} holds a recording already: name another folder")
        self.failure = ""
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.RLock()
        self._parts: list[Part] = []
        self._numbers = Counter[str]()
        self._open: dict[str, _Writer] = {}
        self._behind = 0
        self._is_closed = False
        self._packer = zstandard.ZstdCompressor(level=3, write_checksum=True)
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="sequence-record")
        self._save()

    def frame(self, name: str, venue: str, now_ns: int, frame: bytes) -> None:
        """Takes one frame of a connection. Line ends inside it become spaces, as JSON allows."""
        flat = frame.replace(b"\r", b" ").replace(b"\n", b" ")
        self._take(name, venue, now_ns, b"%s: %s\n" % (_seconds(now_ns), flat))

    def book(self, name: str, venue: str, url: str, now_ns: int, body: bytes) -> None:
        """Takes what was fetched over REST."""
        flat = body.replace(b"\r", b" ").replace(b"\n", b" ")
        line = b"%s -> %s: %s\n" % (url.encode(), _seconds(now_ns), flat)
        self._take(name, venue, now_ns, line)

    def lost(self, name: str, url: str, now_ns: int) -> None:
        """Takes that a connection ended: what its books were is void."""
        with self._lock:
            writer = self._open.get(name)
            if writer is None:
                return
            writer.part.gaps_ns.append(now_ns)
            self._add(writer, b"%s <-> %s\n" % (url.encode(), _seconds(now_ns)), now_ns)

    def close(self) -> None:
        """Writes what is left, ends all files and writes the manifest; twice is fine."""
        with self._lock:
            self._is_closed = True
            for writer in self._open.values():
                self._hand_over(writer, ends=True)
            self._open.clear()
        self._hand.shutdown()

    def _take(self, name: str, venue: str, now_ns: int, line: bytes) -> None:
        with self._lock:
            if self.failure or self._is_closed:
                return
            writer = self._open.get(name)
            if writer is not None and writer.size + len(line) > self._most_bytes:
                self._hand_over(writer, ends=True)
                writer = None
            if writer is None:
                part = Part(f"{name}-{self._numbers[name]:04}.txt.zst", venue, first_ns=now_ns)
                self._numbers[name] += 1
                writer = self._open[name] = _Writer(part, now_ns)
            writer.frames += 1
            self._add(writer, line, now_ns)

    def _add(self, writer: "_Writer", line: bytes, now_ns: int) -> None:
        """Adds a line; a piece that is large or old enough goes to the disk."""
        writer.lines += line
        writer.size += len(line)
        writer.last_ns = now_ns
        if len(writer.lines) >= _PIECE_BYTES or now_ns - writer.since_ns >= _PIECE_NS:
            writer.since_ns = now_ns
            self._hand_over(writer)

    def _hand_over(self, writer: "_Writer", *, ends: bool = False) -> None:
        piece = _Piece(bytes(writer.lines), writer.frames, writer.last_ns)
        writer.lines.clear()
        writer.frames = 0
        self._behind += len(piece.lines)
        if self._behind > _MOST_BEHIND:
            self._fail("the disk does not keep up")
        done = self._hand.submit(self._write, writer, piece, ends=ends)
        done.add_done_callback(self._check)

    def _write(self, writer: "_Writer", piece: "_Piece", *, ends: bool) -> None:
        """In the thread that writes: one piece, if any, and where it is the last one the end."""
        try:
            if piece.lines and not self.failure:
                self._put(writer, piece)
        finally:
            with self._lock:
                self._behind -= len(piece.lines)
            if ends and writer.file is not None:
                writer.file.close()
        if not self.failure:
            self._save()

    def _put(self, writer: "_Writer", piece: "_Piece") -> None:
        if writer.file is None:
            writer.file = (self._folder / writer.part.file).open("xb")
            with self._lock:
                self._parts.append(writer.part)
        writer.file.write(self._packer.compress(piece.lines))
        writer.file.flush()
        # The manifest tells what is on the disk: a process may be killed before the next piece is.
        with self._lock:
            writer.part.frames += piece.frames
            writer.part.last_ns = piece.last_ns

    def _check(self, done: Future[None]) -> None:
        error = done.exception()
        if error is not None:
            with self._lock:
                self._fail(getattr(error, "strerror", None) or repr(error))

    def _fail(self, why: str) -> None:
        if not self.failure:
            self.failure = f"the recording in {self._folder} ended ({why}): the books go on"
            logger.warning("%s", self.failure)

    def _save(self) -> None:
        with self._lock:
            parts = [asdict(part) for part in self._parts]
        text = json.dumps({"schema": "session-1", "parts": parts}, indent=1)
        beside = self._manifest.with_suffix(".part")
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(self._manifest)


class _Piece(NamedTuple):
    """Lines on their way to the disk, the frames among them, and the time of the last."""

    lines: bytes
    frames: int
    last_ns: int


@dataclass(slots=True)
class _Writer:
    """One packed file that is being written, piece by piece."""

    part: Part
    since_ns: int
    size: int = 0
    frames: int = 0
    last_ns: int = 0
    lines: bytearray = field(default_factory=bytearray)
    file: IO[bytes] | None = None


def _seconds(ns: int) -> bytes:
    """Nanoseconds as seconds with nine decimals, exactly."""
    return b"%d.%09d" % divmod(ns, 10**9)
