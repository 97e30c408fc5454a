"""Execution graphs: a chain that is submitted, activated and ended, in the core and by the client.

Every node of a chain starts when the one before it is filled, so a chain of 100 is 100 orders of
one submit. `python -m benches.test_graphs` prints what is counted instead of timed.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from sequence import _core
from sequence.sandbox import Sandbox

NOW_NS = 1_776_657_000_000_000_000
SIZE_1E8 = 1_000_000
GRAPHS = 20
VENUE = {"symbol": "BTC-USD", "venue": "kraken"}


def chain(count: int) -> dict[str, Any]:
    """So many market orders, each after the one before."""
    nodes = [
        {
            "node_id": f"n{number}",
            "instrument": VENUE,
            "side": "sell" if number % 2 else "buy",
            "quantity": {"fixed": {"qty_1e8": SIZE_1E8}},
        }
        for number in range(count)
    ]
    edges = [
        {"from_node": f"n{number}", "to_node": f"n{number + 1}", "trigger": "on_full_fill"}
        for number in range(count - 1)
    ]
    return {"nodes": nodes, "edges": edges}


def slices(count: int) -> dict[str, Any]:
    """One order in so many slices."""
    pacing = {"uniform": {"num_slices": count, "interval_ms": 100}}
    size = {"fixed": {"qty_1e8": SIZE_1E8 * count}}
    node = {"node_id": "order", "instrument": VENUE, "side": "buy", "quantity": size}
    return {"nodes": [node | {"execution": {"pacing": pacing}}], "edges": []}


def engine() -> tuple[_core.Engine, int]:
    made = _core.Engine(preset="instant")
    made.set_max_age(enabled=False)
    bids = [((74_350 - n) * 10**9, 10**14) for n in range(1, 11)]
    asks = [((74_350 + n) * 10**9, 10**14) for n in range(1, 11)]
    made.market_snapshot("kraken", "BTC-USD", bids, asks, NOW_NS, NOW_NS)
    account = made.account("bench")
    made.reset(account, 10**17, NOW_NS)
    return made, account


def prepared() -> tuple[tuple[_core.Engine, int], dict[str, Any]]:
    return engine(), {}


@pytest.mark.parametrize("count", [2, 10, 100])
def test_engine_graph(benchmark: Any, count: int) -> None:
    spec = json.dumps(chain(count))

    def submit(made: _core.Engine, account: int) -> None:
        for _ in range(GRAPHS):
            row, _ = made.submit_graph(account, NOW_NS, spec)
            assert row["status"] == "COMPLETED"

    benchmark.extra_info["calls"] = GRAPHS
    benchmark.pedantic(submit, setup=prepared, rounds=10, warmup_rounds=1)


@pytest.mark.parametrize("count", [2, 10, 100])
def test_client_graph(benchmark: Any, count: int) -> None:
    body = chain(count)
    with Sandbox(preset="instant", market="manual", clock="manual") as sandbox:
        levels = [("74349", "100000")], [("74351", "100000")]
        sandbox.market.snapshot("kraken", "BTC-USD", *levels)
        client = sandbox.client()

        def submit() -> None:
            answer = client.submit_graph(body["nodes"], body["edges"])
            assert answer.status == "COMPLETED"

        benchmark.pedantic(submit, rounds=20, warmup_rounds=1)


def test_engine_slices(benchmark: Any) -> None:
    spec = json.dumps(slices(500))

    def run(made: _core.Engine, account: int) -> None:
        row, _ = made.submit_graph(account, NOW_NS, spec)
        made.advance(NOW_NS + 50 * 10**9)
        assert made.graph(account, row["graph_id"])["status"] == "COMPLETED"

    benchmark.extra_info["calls"] = 500
    benchmark.pedantic(run, setup=prepared, rounds=5, warmup_rounds=1)


def test_engine_order_of_one_node(benchmark: Any) -> None:
    spec = json.dumps(chain(1))

    def submit(made: _core.Engine, account: int) -> None:
        for _ in range(1_000):
            made.submit_graph(account, NOW_NS, spec)

    benchmark.extra_info["calls"] = 1_000
    benchmark.pedantic(submit, setup=prepared, rounds=10, warmup_rounds=1)


def lag_in_events() -> int:
    """Events from the fill of a source to the acceptance of its hedge."""
    made, account = engine()
    made.submit_graph(account, NOW_NS, json.dumps(chain(2)))
    seen = {
        (event["type"], event["data"].get("order"), event["data"].get("status")): event["seq"]
        for event in made.events(0, 1_000)
    }
    return seen["order_changed", 1, "ACCEPTED"] - seen["order_filled", 0, None]


def memory_of_a_node() -> int:
    """Bytes that a waiting node takes: a graph of 100 that rests, many times."""
    made, account = engine()
    body = chain(100)
    body["nodes"][0]["order_type"] = {"limit": {"price_1e9": 70_000 * 10**9}}
    spec = json.dumps(body)
    before = _resident()
    for _ in range(200):
        made.submit_graph(account, NOW_NS, spec)
    return (_resident() - before) // (200 * 100)


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096


if __name__ == "__main__":
    sys.stdout.write(f"events from a fill to its hedge: {lag_in_events()}\n")
    sys.stdout.write(f"bytes of a node: {memory_of_a_node()}\n")
