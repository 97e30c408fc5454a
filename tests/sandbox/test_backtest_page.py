"""What the page about backtests shows is run as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "backtest.md").read_text()
DATA = Path(os.environ.get("SEQUENCE_TEST_DATA") or ROOT.parent / "shared" / "data")


def test_the_example_of_the_page_runs(tmp_path: Path):
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (name,) = re.findall(r'"([^"]+\.zst)"', code)
    found = DATA / name.removeprefix("../shared/data/")
    if not found.exists():
        pytest.skip(f"no recorded market data {name} in {DATA}: set SEQUENCE_TEST_DATA")
    code = code.replace(name, str(found)) + "\nprint(sandbox.runtime.engine.last_seq > 5)\n"
    done = subprocess.run(  # noqa: S603 - what the page says
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = re.findall(r"# ?> (.*)", code)
    assert done.stdout.splitlines() == [*shown, "True"]
