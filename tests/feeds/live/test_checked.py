"""`sequence record --check`: recordings in many files, and ones that are damaged."""

import json
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from unittest import mock

import pytest
from typer.testing import CliRunner

from sequence.cli.app import app
from sequence.errors import ValidationError
from sequence.feeds.live.recorder import Recorder
from sequence.sandbox import Sandbox
from sequence.sandbox import live as sandbox_live
from tests.feeds.live.conftest import World, settle, shown, status_of, until

MOST_BYTES = 20_000
HEAD = ["FILE", "FRAMES", "MESSAGES", "UNREAD", "GAPS", "RECONNECTS"]

Books = dict[str, list[list[tuple[int, int]]]]


def check(folder: Path) -> tuple[list[list[str]], list[str], str]:
    """The rows, what is said below them, and how it ends."""
    done = CliRunner().invoke(app, ["record", "--check", str(folder)])
    error = done.exception
    assert error is None or isinstance(error, ValidationError | SystemExit), repr(error)
    assert (done.exit_code == 0) == (error is None)
    lines = [line.split("  ") for line in done.stdout.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    rows = [row for row in cells[1:] if len(row) == len(HEAD)]
    said = [row[0] for row in cells[1:] if len(row) == 1]
    assert not rows or cells[0] == HEAD
    ending = str(error) if isinstance(error, ValidationError) else done.stderr
    return rows, said, ending.strip()


@pytest.fixture(scope="module")
def recorded(
    rsa: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Books, int]:
    """A session in many small files with a lost connection, its books, and when it ended."""
    folder = tmp_path_factory.mktemp("recorded") / "day"
    small = partial(Recorder, most_bytes=MOST_BYTES)
    with ExitStack() as stack, mock.patch.object(sandbox_live, "Recorder", small):
        world = World(stack, rsa)
        fake = world.fake("okx", every_ms=5.0)
        sandbox = world.sandbox(record=folder)
        status = status_of(sandbox, "okx")
        for fault in (None, "close", "drop"):
            until(lambda: status.is_live, "live")
            until(lambda of=status.frames: status.frames > of + 250, "files fill")
            if fault is not None:
                fake.faults.append(fault)  # type: ignore[arg-type]
                until(lambda: not fake.faults, "the fault is played")
        until(lambda: status.is_live, "live again")
        settle(sandbox, fake)
        books = {
            symbol: [shown(sandbox, symbol, side) for side in ("bid", "ask")]
            for symbol in fake.symbols
        }
        ended_ns = sandbox.clock.now_ns
        sandbox.close()
    return folder, books, ended_ns


def test_many_files_of_one_connection_are_one_stream(recorded: tuple[Path, Books, int]) -> None:
    folder, _, _ = recorded
    parts = json.loads((folder / "manifest.json").read_text())["parts"]
    assert len(parts) > 3
    rows, said, ending = check(folder)
    assert (said, ending) == ([], "")
    (row,) = rows
    assert row[0] == f"okx-0000.txt.zst +{len(parts) - 1}"
    frames, messages, unread, gaps, reconnects = map(int, row[1:])
    assert frames == sum(part["frames"] for part in parts)
    assert unread == 0
    assert gaps >= 1, "the message that was dropped"
    assert reconnects == sum(len(part["gaps_ns"]) for part in parts) >= 2
    # All but subscriptions, pongs and lists become something.
    assert messages > frames / 2


@pytest.mark.filterwarnings("ignore:.*books were given up")
def test_many_files_play_to_the_same_books(recorded: tuple[Path, Books, int]) -> None:
    folder, books, ended_ns = recorded
    with Sandbox(preset="instant", clock="replay", market=f"replay:{folder}") as again:
        again.clock.advance(ns=ended_ns - again.clock.now_ns)
        for symbol, sides in books.items():
            assert [shown(again, symbol, side) for side in ("bid", "ask")] == sides


FIRST, SECOND = "okx-0000.txt.zst", "okx-0001.txt.zst"


def rewritten(change: Callable[[str], str]) -> Callable[[Path], object]:
    """Changes the text of the manifest."""

    def change_manifest(folder: Path) -> None:
        file = folder / "manifest.json"
        file.write_text(change(file.read_text()))

    return change_manifest


def flipped(folder: Path) -> None:
    """One bit of a packed file is another."""
    data = bytearray((folder / SECOND).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / SECOND).write_bytes(data)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda folder: (folder / SECOND).unlink(), f"{SECOND} is missing"),
    "cut": (
        lambda folder: (folder / FIRST).write_bytes((folder / FIRST).read_bytes()[:-9]),
        f"{FIRST} is cut short",
    ),
    "bit": (flipped, f"{SECOND} cannot be unpacked"),
    "empty": (lambda folder: (folder / FIRST).write_bytes(b""), f"{FIRST}: not a recording"),
    "folder": (
        lambda folder: ((folder / FIRST).unlink(), (folder / FIRST).mkdir()),
        "it is not a regular file",
    ),
    "frames": (rewritten(lambda text: text.replace('"frames": ', '"frames": 9')), "frames"),
    "venue": (rewritten(lambda text: text.replace('"okx"', '"okxx"')), 'for venue "okxx"'),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_said_and_the_rest_is_checked(
    recorded: tuple[Path, Books, int], tmp_path: Path, damage: str
) -> None:
    folder = shutil.copytree(recorded[0], tmp_path / "day")
    change, text = DAMAGES[damage]
    change(folder)
    rows, said, ending = check(folder)
    assert len(rows) == 1
    assert any(text in line for line in said), said
    assert all(len(line) < 200 for line in said)
    assert ending == f"sequence: {folder} is damaged: what is left can be played"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "list indices"),
        ("{}", "'parts' is missing"),
        ('{"parts": [{}]}', "'file' is missing"),
        ('{"parts": 7}', "not iterable"),
        ('{"parts": [{"file": "../day/x.zst", "venue": "okx"}]}', "no file of its folder"),
        ('{"parts": [', "line 1"),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    rows, said, ending = check(tmp_path)
    assert (rows, said) == ([], [])
    assert ending.startswith(f"{tmp_path / 'manifest.json'} is no manifest: ")
    assert told in ending


def test_a_folder_without_a_recording_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        _, _, ending = check(folder)
        assert ending.startswith(f"{folder} holds no recording: ")
        assert "Errno" not in ending


def test_the_manifest_counts_what_is_on_the_disk(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "day")
    manifest = tmp_path / "day" / "manifest.json"

    def frames() -> int:
        return sum(part["frames"] for part in json.loads(manifest.read_text())["parts"])

    start_ns = 1_776_657_000_000_000_000
    for number in range(3):
        recorder.frame("okx", "okx", start_ns + number * 4 * 10**9, b'{"event":"subscribe"}')
    until(lambda: frames() > 0, "a piece is written")
    # The third is in memory: a process that is killed now loses it.
    recorder.frame("okx", "okx", start_ns + 8 * 10**9 + 1, b'{"event":"subscribe"}')
    assert frames() == 3
    recorder.close()
    assert frames() == 4
