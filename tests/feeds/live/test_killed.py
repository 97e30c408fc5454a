"""A recording whose process is killed, and a session that is traded while it is recorded."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zstandard
from typer.testing import CliRunner

from sequence.cli.app import app
from sequence.feeds.live.recorder import Recorder
from sequence.sandbox import Sandbox
from tests.feeds.live.conftest import World, status_of, until

START_NS = 1_776_657_000_000_000_000


def unpacked_lines(file: Path) -> int:
    with file.open("rb") as packed:
        reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        return reader.read().count(b"\n")


def test_what_a_killed_recorder_leaves_can_be_checked_and_played(
    world: World, tmp_path: Path
) -> None:
    fake = world.fake("okx", hurry=1.0)
    folder = tmp_path / "day"
    command = [sys.executable, "-m", "sequence", "record", "--venues", "okx", "--out", str(folder)]
    command += ["--symbols", "BTC-USDT,ETH-USDT", "--address", f"okx={fake.url}"]
    command += ["--address", f"okx-rest={fake.rest_url}"]
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        manifest = folder / "manifest.json"
        until(
            lambda: manifest.exists() and bool(json.loads(manifest.read_text())["parts"]),
            "a piece is written",
        )
        process.send_signal(signal.SIGKILL)
    done = CliRunner().invoke(app, ["record", "--check", str(folder)])
    assert done.exit_code == 0, done.output
    row = done.output.split("okx-0000.txt.zst")[1].split()
    frames, rejected = int(row[0]), int(row[2])
    assert frames > 10
    assert rejected == 0
    with Sandbox(clock="replay", market=[folder / "okx-0000.txt.zst"]) as sandbox:
        sandbox.clock.advance(seconds=4)
        with sandbox.client() as client:
            assert client.quote("BTC-USDT").nbbo.bid_price is not None


@pytest.mark.parametrize("pause_ns", [0, 6 * 10**9])
def test_pieces_are_whole_at_any_time(tmp_path: Path, pause_ns: int) -> None:
    recorder = Recorder(tmp_path / "day")
    for number in range(3):
        at_ns = START_NS + number * pause_ns
        recorder.frame("okx", "okx", at_ns, b'{"event":"subscribe"}')
    file, manifest = tmp_path / "day" / "okx-0000.txt.zst", tmp_path / "day" / "manifest.json"

    def parts() -> list[Any]:
        found: list[Any] = json.loads(manifest.read_text())["parts"]
        return found

    if pause_ns:
        until(lambda: bool(parts()), "a piece is written")
    assert file.exists() == bool(parts()) == bool(pause_ns)
    assert not pause_ns or unpacked_lines(file) >= 1
    recorder.close()
    recorder.close()
    assert unpacked_lines(file) == parts()[0]["frames"] == 3


@pytest.mark.parametrize("where", ["file", "manifest"])
def test_a_disk_that_takes_no_more_ends_the_recording_and_nothing_else(
    world: World, tmp_path: Path, where: str
) -> None:
    world.fake("okx")
    folder = tmp_path / "day"
    sandbox = world.sandbox(record=folder)
    recorder = sandbox.runtime.live.recorder  # type: ignore[union-attr]
    # A folder in the way: what a full disk does, as any user can have it.
    (folder / ("okx-0000.txt.zst" if where == "file" else "manifest.part")).mkdir()
    status = status_of(sandbox, "okx")
    until(lambda: status.is_live, "live")
    recorder.frame("okx", "okx", sandbox.clock.now_ns + 10**10, b"{}")
    until(lambda: recorder.failure != "", "it is said")
    assert recorder.failure.startswith(f"the recording in {folder} ended (")
    assert recorder.failure.endswith("): the books go on")
    frames = status.frames
    until(lambda: status.frames > frames + 20, "the books go on")
    assert status.is_live
    assert status.reconnects == 0


def test_an_address_that_is_none_is_said(tmp_path: Path) -> None:
    given = ["record", "--venues", "okx", "--out", str(tmp_path / "day"), "--address", "nothing"]
    done = CliRunner().invoke(app, given)
    assert done.exit_code != 0
    assert "write CONNECTION=URL" in done.output + str(done.exception)


def test_a_recording_that_cannot_be_written_fails_and_says_why(
    world: World, tmp_path: Path
) -> None:
    fake = world.fake("okx", hurry=1.0)
    folder = tmp_path / "day"
    folder.mkdir()
    (folder / "okx-0000.txt.zst").mkdir()
    given = ["record", "--venues", "okx", "--out", str(folder), "--symbols", "BTC-USDT"]
    given += ["--address", f"okx={fake.url}", "--address", f"okx-rest={fake.rest_url}"]
    done = CliRunner().invoke(app, given)
    assert done.exit_code != 0
    assert "the books go on" in done.output + str(done.exception)
