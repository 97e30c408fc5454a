"""Bars: drawn where a terminal listens, never part of an answer, nothing where none does."""

import os
import pty
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from sequence.cli import progress as bars
from sequence.cli.progress import progress
from sequence.cli.replaying import follow
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.test_cli import PROGRAM

COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def on_terminal(*arguments: str, home: Path, more: dict[str, str] | None = None) -> tuple[str, str]:
    """What a command writes to a pipe, and what its terminal shows on standard error."""
    master, slave = pty.openpty()
    environment = os.environ | {"SEQUENCE_HOME": str(home), "TERM": "xterm"} | (more or {})
    with subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=slave, text=True, env=environment
    ) as process:
        os.close(slave)
        assert process.stdout is not None
        seen = b""
        try:
            while piece := os.read(master, 4096):
                seen += piece
        except OSError:
            pass  # The other end is closed: the program ended.
        out = process.stdout.read()
    os.close(master)
    assert process.returncode == 0, seen
    return out, COLOURS.sub("", seen.decode())


def test_converting_shows_how_far_it_is_and_answers_apart(tmp_path: Path):
    out, seen = on_terminal("convert", "sample", str(tmp_path / "x.tape"), home=tmp_path)
    assert "reading" in seen
    assert out.splitlines()[0].endswith("records of 2 instruments")


def test_verifying_names_its_checks(tmp_path: Path):
    file = tmp_path / "x.db"
    with Sandbox(store=file, preset="instant") as sandbox:
        sandbox.client().buy("BTC-USD", "0.01")
    out, seen = on_terminal("verify", str(file), home=tmp_path)
    assert "checking" in seen
    assert "all laws hold" in out


def test_a_report_shows_that_it_reads(tmp_path: Path):
    with Sandbox(preset="instant") as sandbox, serving(sandbox) as url:
        sandbox.client().buy("BTC-USD", "0.01")
        said = {"SEQUENCE_BASE_URL": url, "SEQUENCE_API_KEY": sandbox.test_key}
        out, seen = on_terminal("report", home=tmp_path, more=said)
    assert "reading" in seen
    assert "profit and loss" in out


def test_a_pipe_hears_nothing_of_it(tmp_path: Path):
    target = str(tmp_path / "x.tape")
    done = subprocess.run(  # noqa: S603 - our own program
        [*PROGRAM, "convert", "sample", target], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_a_replay_that_runs_by_itself_says_where_it_is(monkeypatch: pytest.MonkeyPatch):
    told: list[tuple[str, int, int]] = []

    class Terminal:
        def __enter__(self):
            return lambda *row: told.append(row)

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("sequence.cli.replaying.progress", Terminal)
    with Sandbox(clock="replay", market="replay:sample", speed=1_000) as sandbox:
        last_ns = sandbox.runtime.engine.last_recorded_ns()
        with ExitStack() as shown:
            follow(sandbox, shown)
            while sandbox.runtime.clock.now_ns() < last_ns:
                time.sleep(0)
    assert told
    assert told[0][0].startswith("replay 2026-04-20")
    assert all(0 <= done < total for _, done, total in told)


@pytest.mark.parametrize(("terminal", "term", "listens"), [
    (True, "xterm", True), (True, "dumb", False), (False, "xterm", False),
])  # fmt: skip
def test_who_listens(terminal: bool, term: str, listens: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("TERM", term)
    assert bars.listens() is listens
    if not listens:
        with progress() as told:
            told("anything", 1, 2)
