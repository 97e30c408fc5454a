"""`sequence fake VENUE --file`: a fake whose books move as those of a recording did."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sequence import fakes
from sequence.cli.app import app
from sequence.fakes.recorded import Player, play
from tests.feeds.live.conftest import CASES, World, settle, status_of, until, wrong_books


def recorded(world: World, name: str, folder: Path) -> list[Path]:
    """What a connection to a fake heard for a while."""
    world.fake(name)
    sandbox = world.sandbox(record=folder)
    until(lambda: status_of(sandbox, name).is_live, "live")
    at = status_of(sandbox, name).frames
    until(lambda: status_of(sandbox, name).frames > at + 40, "books move")
    sandbox.close()
    parts = json.loads((folder / "manifest.json").read_text())["parts"]
    return [folder / part["file"] for part in parts]


# A recording that ends soon after its start is mostly its end.
@pytest.mark.filterwarnings("ignore:.*books were given up")
@pytest.mark.parametrize("name", CASES)
def test_a_fake_shows_the_books_of_a_recording(world: World, name: str, tmp_path: Path) -> None:
    player = Player(recorded(world, name, tmp_path / "day"), name)
    symbols = player.symbols()
    assert set(symbols) == set(CASES[name].symbols)
    fake = world.fake(name, every_ms=20.0)
    play(fake, player)
    sandbox = world.sandbox_of(name)
    status = status_of(sandbox, name)
    until(lambda: status.is_live, f"live: {status}")
    frames = status.frames
    until(lambda: status.frames > frames + 10, "books move")
    settle(sandbox, fake)
    until(lambda: wrong_books(sandbox, fake) == [], "the books are the recorded ones")
    assert fake.refused == []


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["fake", *arguments])
    assert done.exit_code != 0
    return done.output + str(done.exception or "")


def test_a_fake_that_is_not_known_is_answered_with_the_nearest(tmp_path: Path) -> None:
    assert "did you mean kraken?" in run("krakn")
    nothing = tmp_path / "nothing.txt"
    nothing.write_text("no frame\n")
    assert "nothing.txt" in run("kraken", "--file", str(nothing))
    assert "missing" in run("kraken", "--file", str(tmp_path / "missing.txt"))


@pytest.mark.filterwarnings("ignore:.*books were given up")
def test_a_symbol_that_is_not_recorded_is_refused(world: World, tmp_path: Path) -> None:
    files = recorded(world, "kraken", tmp_path / "day")
    text = run("kraken", "--file", str(files[0]), "--symbols", "DOGE-USD")
    assert "no whole book of DOGE-USD in the recording; it has BTC-USD, ETH-USD" in text


def test_the_command_serves_a_recording(world: World, tmp_path: Path) -> None:
    files = recorded(world, "okx", tmp_path / "day")
    command = [sys.executable, "-m", "sequence", "fake", "okx", "--file", str(files[0])]
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        process.kill()
    assert first.startswith("okx at ws://127.0.0.1:")
    assert second.strip() == "symbols: BTC-USDT, ETH-USDT"


def test_every_venue_with_a_feed_has_a_fake() -> None:
    assert {
        made.name
        for made in (getattr(fakes, name) for name in fakes.__all__)
        if isinstance(made, type) and made is not fakes.Fake
    } == set(CASES)
