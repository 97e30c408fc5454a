"""Where recorded market data is, when it is."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = [
    Path(os.environ.get("SEQUENCE_TEST_DATA", "missing")),
    _ROOT.parent / "shared" / "data",
    _ROOT.parent.parent / "shared" / "data",
]


def _find(name: str) -> Path:
    for folder in _FOLDERS:
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"no recorded market data {name}: set SEQUENCE_TEST_DATA")


@pytest.fixture
def recorded() -> Callable[[str], Path]:
    """Finds a recorded file; the test is skipped where there is none."""
    return _find
