"""What the README shows is run as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = [code for kind, code in BLOCKS if kind == "python"]
SHELL = [code for kind, code in BLOCKS if kind == "sh"]
DATA = Path(os.environ.get("SEQUENCE_TEST_DATA") or ROOT.parent / "shared" / "data")


def test_the_first_line_is_how_to_install_it():
    assert README.splitlines()[:4] == ["# sequence", "", "```sh", "pip install sequence-sdk"]


def test_there_are_blocks_to_run():
    assert len(PYTHON) >= 2
    assert len(SHELL) >= 2


@pytest.mark.parametrize("at", range(len(PYTHON)))
def test_python_blocks_run(at: int, tmp_path: Path):
    code = PYTHON[at]
    recordings = re.findall(r'"([^"]+\.zst)"', code)
    for name in recordings:
        found = DATA / name.removeprefix("../shared/data/")
        if not found.exists():
            pytest.skip(f"no recorded market data {name} in {DATA}: set SEQUENCE_TEST_DATA")
        code = code.replace(name, str(found))
    done = subprocess.run(  # noqa: S603 - what the README says
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = re.findall(r"# ?> (.*)", code)
    assert done.stdout.splitlines()[: len(shown)] == shown


def test_commands_exist():
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = "".join(SHELL)
    used = re.findall(r"`make (\w+)`", README)
    assert {"run", "docs"} <= set(used)
    assert set(used) <= targets
    from typer.main import get_command

    from sequence.cli.app import app

    group = get_command(app)
    commands = re.findall(r"^(?:\.venv/bin/)?sequence (\w+)", text, re.MULTILINE)
    assert commands
    assert set(commands) <= set(group.commands)  # type: ignore[attr-defined]
