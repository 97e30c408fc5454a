"""Snippets of the documents run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", (DOCS / "analysis.md").read_text(), re.M | re.S)


@pytest.mark.parametrize("at", range(len(SNIPPETS)))
def test_a_snippet_of_the_page_about_results_runs(at: int):
    done = subprocess.run(  # noqa: S603 - what the page says
        [sys.executable, "-W", "error", "-c", SNIPPETS[at]],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert (done.returncode, done.stderr) == (0, "")
