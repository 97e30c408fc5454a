"""The recording that ships with the package, so that there is something to play at once."""

from pathlib import Path
from typing import Final

SAMPLE: Final = Path(__file__).with_name("sample.jsonl.zst")
"""Five minutes of a made-up BTC-USD at Kraken and Coinbase, as JSON lines: data of no venue."""

_NAME: Final = "sample"


def located(path: str | Path) -> Path:
    """Where a recording is: ``sample`` is the one of the package, unless a file is called so."""
    file = Path(path)
    return SAMPLE if str(path) == _NAME and not file.exists() else file
