"""A recording whose process is killed, and a session that is traded while it is recorded."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sequence.cli.app import app
from sequence.feeds.live.recorder import Recorder
from sequence.sandbox import Sandbox
from tests.feeds.live.conftest import World, until

START_NS = 1_776_657_000_000_000_000


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
    written = (tmp_path / "day" / "okx-0000.txt.zst").stat().st_size
    parts = json.loads((tmp_path / "day" / "manifest.json").read_text())["parts"]
    assert bool(written) == bool(parts) == bool(pause_ns)
    recorder.close()


def test_an_address_that_is_none_is_said(tmp_path: Path) -> None:
    given = ["record", "--venues", "okx", "--out", str(tmp_path / "day"), "--address", "nothing"]
    done = CliRunner().invoke(app, given)
    assert done.exit_code != 0
    assert "write CONNECTION=URL" in done.output + str(done.exception)
