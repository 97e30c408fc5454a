"""A process with graphs in flight that `SEQUENCE_CRASH_AT` kills: `-m tests.graphs.victim DB`."""

import sys
from pathlib import Path
from typing import Any

from sequence import Node, Sequence, Sizing, Trigger
from sequence.sandbox import Sandbox


def opened(path: Path) -> Sandbox:
    """The sandbox of a database; orders take their time to their venues and back."""
    sandbox = Sandbox(preset="realistic", market="manual", clock="manual", store=path)
    sandbox.market.list("hyperliquid", "BTC-USD-PERP", lot="0.00001")
    return sandbox


def books(sandbox: Sandbox, *, crossed: bool = False) -> None:
    """Spot above its limit, or through it; the perpetual where it is."""
    mid = 2_305 if crossed else 2_310
    sandbox.market.snapshot("kraken", "ETH-USD", [(mid - 1, 500)], [(mid + 1, 500)])
    for symbol, price in (("ETH-USD-PERP", 2_310), ("BTC-USD-PERP", 74_360)):
        levels = [(price, 500)], [(price + 1, 500)]
        sandbox.market.snapshot("hyperliquid", symbol, *levels)


def submit(client: Sequence) -> None:
    """A hedge of every fill, and one of the same worth; sent again they change nothing."""
    for graph_id, hedge, sizing in (
        ("units", "ETH-USD-PERP", Sizing.from_fill()),
        ("worth", "BTC-USD-PERP", Sizing.from_fill_notional()),
    ):
        spot = Node.buy("ETH-USD", 1).venue("kraken").limit(2_308)
        graph = client.graph().node("spot", spot)
        graph = graph.node("hedge", Node.sell(hedge).perp().venue("hyperliquid"))
        graph = graph.edge("spot", "hedge", Trigger.on_fill(), sizing=sizing)
        graph.graph_id(graph_id).submit()


def play(sandbox: Sandbox) -> dict[str, Any]:
    """From wherever it is to the end: both spots are filled, and their hedges follow."""
    client = sandbox.client()
    books(sandbox)
    submit(client)
    for _ in range(10):
        sandbox.clock.advance(ms=50)
    for _ in range(40):
        books(sandbox, crossed=True)
        sandbox.clock.advance(ms=50)
    return {name: client.graph_status(name) for name in ("units", "worth")}


if __name__ == "__main__":
    with opened(Path(sys.argv[1])) as made:
        play(made)
