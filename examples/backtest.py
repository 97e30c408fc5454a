"""A backtest: a crossing of two averages on ten minutes of the demo market; table, plot, report.

    python examples/backtest.py [REPORT.html]

With `pip install 'sequence-sdk[pandas]'` the table is a pandas DataFrame.
"""

import sys
from collections import deque
from pathlib import Path
from statistics import fmean

from sequence import frame
from sequence.analysis import GroupRow
from sequence.sandbox import Sandbox

SYMBOL, QTY, SECONDS = "BTC-USD", "0.1", 600


def main() -> None:
    """Buys when the short average is above the long one, sells when it is below."""
    with Sandbox(seed=11, clock="manual") as sandbox:
        client = sandbox.client()
        long, short = deque[float](maxlen=60), deque[float](maxlen=10)
        holds = False
        for _ in range(SECONDS):
            sandbox.clock.advance(seconds=1)
            mid = client.quote(SYMBOL, depth=1).nbbo.mid
            long.append(mid)
            short.append(mid)
            wants = fmean(short) > fmean(long)
            if len(long) == long.maxlen and wants != holds:
                (client.buy if wants else client.sell)(SYMBOL, QTY, tag="cross")
                holds = wants
        sandbox.clock.advance(seconds=61)
        results = sandbox.results()
    for name, value in results.summary("averages").figures().items():
        print(f"{name:<32} {value}")
    try:
        table = frame(results.pnl_by("venue"), GroupRow).to_pandas()
        print(table[["key", "fills", "volume_usd", "pnl_usd"]])
    except ImportError as error:
        print(error)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(results.report("averages"), encoding="utf-8")
        print(f"written: {sys.argv[1]}")


if __name__ == "__main__":
    main()
