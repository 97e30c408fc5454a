"""The power goes at any moment: what was synced is there, of the rest any sectors, in any order.

A small library, preloaded into an unmodified process, records every write and sync of its files
together with the answers. From the record, images of the disk after a cut are built and opened.
Runs that are known to lose must be seen to lose: a test that cannot fail proves nothing.
"""

import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
IMAGES = int(os.environ.get("SEQUENCE_IMAGES", "300"))
ORDERS = 60
SECTOR = 512
SEED = 20261121
COMPILER = shutil.which("cc")

pytestmark = pytest.mark.skipif(
    COMPILER is None or sys.platform != "linux", reason="needs a C compiler and Linux"
)


class Entry(NamedTuple):
    op: str
    name: str
    at: int
    data: bytes


@dataclass
class Disk:
    """One file: what is durable for certain, and what was written since."""

    durable: bytearray = field(default_factory=bytearray)
    since: list[Entry] = field(default_factory=list[Entry])

    def sync(self) -> None:
        for entry in self.since:
            _apply(self.durable, entry)
        self.since = []

    def cut(self, chance: random.Random) -> bytes:
        """The file after the power went: any part of what was not synced."""
        parts = [part for entry in self.since for part in _sectors(entry)]
        kept = [part for part in parts if chance.random() < chance.choice((0.2, 0.5, 0.9))]
        if chance.random() < 0.3:
            chance.shuffle(kept)
        image = bytearray(self.durable)
        for part in kept:
            _apply(image, part)
        return bytes(image)


def _apply(image: bytearray, entry: Entry) -> None:
    if entry.op == "t":
        del image[entry.at :]
        image.extend(bytes(entry.at - len(image)))
        return
    end = entry.at + len(entry.data)
    image.extend(bytes(max(0, end - len(image))))
    image[entry.at : end] = entry.data


def _sectors(entry: Entry) -> Iterator[Entry]:
    if entry.op == "t":
        yield entry
        return
    for start in range(0, len(entry.data), SECTOR):
        yield entry._replace(at=entry.at + start, data=entry.data[start : start + SECTOR])


def _read(record: Path) -> list[Entry]:
    raw, at, entries = record.read_bytes(), 0, list[Entry]()
    while at < len(raw):
        op, size, offset, length = struct.unpack_from("=cHqq", raw, at)
        at += struct.calcsize("=cHqq")
        name = raw[at : at + size].decode()
        at += size
        data = raw[at : at + length] if op == b"w" else b""
        at += len(data)
        entries.append(Entry(op.decode(), Path(name).name, offset, data))
    return entries


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("recorder") / "recorder.so"
    source = HERE / "recorder.c"
    command = [str(COMPILER), "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return library


def record_run(recorder: Path, folder: Path, mode: str) -> list[Entry]:
    database, record = folder / "db" / "sandbox.db", folder / "record"
    database.parent.mkdir()
    victim = [sys.executable, str(HERE / "power_victim.py"), str(database)]
    subprocess.run(
        [*victim, str(database.parent / "answers"), mode, str(ORDERS)],
        check=True,
        timeout=60,
        env=os.environ
        | {
            "LD_PRELOAD": str(recorder),
            "RECORD_DIRECTORY": str(database.parent),
            "RECORD_FILE": str(record),
        },
    )
    return _read(record)


def cuts(entries: list[Entry], count: int) -> Iterator[tuple[dict[str, bytes], list[str]]]:
    """Images of the disk at random moments, each with what had been answered by then."""
    chance = random.Random(SEED)  # noqa: S311
    begin = next(at for at, entry in enumerate(entries) if entry.name == "answers")
    moments = sorted(chance.randrange(begin, len(entries)) for _ in range(count))
    disks: dict[str, Disk] = {}
    answered: list[str] = []
    at = 0
    for moment in moments:
        for entry in entries[at:moment]:
            if entry.name == "answers":
                answered += entry.data.decode().split()
            elif entry.op == "s":
                disks.setdefault(entry.name, Disk()).sync()
            elif entry.op in "wt":
                disks.setdefault(entry.name, Disk()).since.append(entry)
        at = moment
        files = {
            name: disk.cut(chance) for name, disk in disks.items() if name.endswith((".db", "-wal"))
        }
        yield files, list(answered)


def damage_of(folder: Path, files: dict[str, bytes], answered: list[str]) -> str | None:
    """What is wrong with an image: it does not open, is inconsistent, or lost an answer."""
    for old in folder.iterdir():
        old.unlink()
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    try:
        with closing(sqlite3.connect(folder / "sandbox.db")) as connection:
            if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
                return "corrupt"
            rows = connection.execute("SELECT graph_id FROM graphs ORDER BY graph_no").fetchall()
            orders = connection.execute("SELECT count(*) FROM orders").fetchone()[0]
            counters = connection.execute("SELECT next_graph, last_seq FROM engine").fetchone()
            newest = connection.execute("SELECT max(seq) FROM events").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return f"corrupt: {error}"
    kept = [row[0] for row in rows]
    if not len(kept) == orders == counters[0] or newest != counters[1]:
        return "inconsistent"
    return None if kept[: len(answered)] == answered else "lost"


def losses(recorder: Path, folder: Path, mode: str, count: int) -> list[str]:
    entries = record_run(recorder, folder, mode)
    assert sum(entry.op == "s" for entry in entries) >= (ORDERS if mode in ("FULL", "EARLY") else 0)
    image = folder / "image"
    image.mkdir()
    found = [damage_of(image, files, answered) for files, answered in cuts(entries, count)]
    assert len(found) == count
    return [damage for damage in found if damage is not None]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("count", [IMAGES, pytest.param(10_000, marks=pytest.mark.full)])
def test_no_cut_loses_what_was_answered(recorder: Path, tmp_path: Path, count: int):
    assert losses(recorder, tmp_path, "FULL", count) == []


@pytest.mark.parametrize("mode", ["NORMAL", "OFF", "EARLY"])
def test_runs_that_lose_are_seen_to_lose(recorder: Path, tmp_path: Path, mode: str):
    assert losses(recorder, tmp_path, mode, IMAGES)
