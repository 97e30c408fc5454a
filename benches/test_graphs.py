"""Execution graphs: a chain that is submitted, activated and ended, in the core and by the client.

Every node of a chain starts when the one before it is filled, so a chain of 100 is 100 orders of
one submit. `python -m benches.test_graphs` prints submit, run and end apart in processor time,
which a busy machine changes little, and what is counted instead of timed.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from sequence import _core
from sequence.sandbox import Sandbox

NOW_NS = 1_776_657_000_000_000_000
SIZE_1E8 = 1_000_000
GRAPHS = 20
REPEATS = 15
HIGH_TEXT = [("74349", "100000")], [("74351", "100000")]
LOW_TEXT = [("69998", "100000")], [("69999", "100000")]
LOW = [(69_998 * 10**9, 10**14)], [(69_999 * 10**9, 10**14)]
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
    spec = waiting(100)
    before = _resident()
    for _ in range(200):
        made.submit_graph(account, NOW_NS, spec)
    return (_resident() - before) // (200 * 100)


def waiting(count: int) -> str:
    """A chain whose first order rests below the market."""
    body = chain(count)
    body["nodes"][0]["order_type"] = {"limit": {"price_1e9": 70_000 * 10**9}}
    return json.dumps(body)


def parts_in_core(count: int) -> tuple[float, float, float]:
    """Microseconds of a submit, of activating and filling every node, and of ending by a cancel."""
    spec, submits, runs, ends = waiting(count), list[float](), list[float](), list[float]()
    for _ in range(REPEATS):
        made, account = engine()
        submits.append(_us(made.submit_graph, account, NOW_NS, spec))
        # The book falls to the first order, which starts the second one, and so on.
        runs.append(_us(made.market_snapshot, "kraken", "BTC-USD", *LOW, NOW_NS, NOW_NS))
        made, account = engine()
        row, _ = made.submit_graph(account, NOW_NS, spec)
        ends.append(_us(made.cancel_graph, account, row["graph_id"], NOW_NS))
    return median(submits), median(runs), median(ends)


def parts_by_client(count: int) -> tuple[float, float, float]:
    """The same by the client of a sandbox in this process."""
    body = json.loads(waiting(count))
    found = list[tuple[float, float, float]]()
    for _ in range(REPEATS):
        with Sandbox(preset="instant", market="manual", clock="manual") as sandbox:
            sandbox.market.snapshot("kraken", "BTC-USD", *HIGH_TEXT)
            client = sandbox.client()
            submit = _us(client.submit_graph, body["nodes"], body["edges"])
            run = _us(sandbox.market.snapshot, "kraken", "BTC-USD", *LOW_TEXT)
            sandbox.market.snapshot("kraken", "BTC-USD", *HIGH_TEXT)
            graph = client.submit_graph(**body)
            end = _us(client.graph_cancel, graph.graph_id)
            found.append((submit, run, end))
    submits, runs, ends = zip(*found, strict=True)
    return median(submits), median(runs), median(ends)


def orders_of_one_node() -> tuple[float, float]:
    """Microseconds of an order in its plain form, and as a graph of one node."""
    spec, count = json.dumps(chain(1)), 2_000

    def plain(made: _core.Engine, account: int) -> None:
        for _ in range(count):
            made.submit(
                account, NOW_NS, symbol="BTC-USD", venue="kraken", side="buy", qty_1e8=SIZE_1E8
            )

    def graphs(made: _core.Engine, account: int) -> None:
        for _ in range(count):
            made.submit_graph(account, NOW_NS, spec)

    found = [(_us(plain, *engine()), _us(graphs, *engine())) for _ in range(REPEATS)]
    plains, singles = zip(*found, strict=True)
    return median(plains) / count, median(singles) / count


def fill_under_limits(count: int) -> float:
    """Microseconds of a fill of a graph with limits, of which so many orders rest or are filled."""
    nodes = [
        {
            "node_id": f"n{number}",
            "instrument": VENUE,
            "side": "buy",
            "order_type": {"limit": {"price_1e9": (74_349 - number) * 10**9}},
            "quantity": {"fixed": {"qty_1e8": SIZE_1E8}},
        }
        for number in range(count)
    ]
    spec = json.dumps({"nodes": nodes, "edges": []})

    def run(risk: dict[str, Any] | None) -> float:
        made, account = engine()
        made.submit_graph(account, NOW_NS, spec, risk=risk)
        return _us(fall, made)

    def fall(made: _core.Engine) -> None:
        """Reaches one order after the other."""
        for number in range(count):
            ask = 74_349 - number
            levels = [((ask - 1) * 10**9, 10**14)], [(ask * 10**9, 10**14)]
            made.market_snapshot("kraken", "BTC-USD", *levels, NOW_NS, NOW_NS)

    limits = {"max_loss_1e9": 10**15, "on_runtime_breach": "cancel_all"}
    guarded, free = (median(run(risk) for _ in range(REPEATS)) for risk in (limits, None))
    return (guarded - free) / count


def slices_in_core(count: int) -> float:
    """Microseconds of all slices of one order."""
    spec = json.dumps(slices(count))

    def run() -> float:
        made, account = engine()
        made.submit_graph(account, NOW_NS, spec)
        return _us(made.advance, NOW_NS + 50 * 10**9)

    return median(run() for _ in range(REPEATS))


def _us(work: Callable[..., object], *given: Any) -> float:
    before = time.process_time_ns()
    work(*given)
    return (time.process_time_ns() - before) / 1_000


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096


def main() -> None:
    """Prints every measure."""
    say = sys.stdout.write
    say("processor time in microseconds: submit, activate and fill all nodes, cancel\n")
    for name, parts in (("core", parts_in_core), ("client", parts_by_client)):
        for count in (2, 10, 100):
            row = "  ".join(f"{value:10,.1f}" for value in parts(count))
            say(f"{name:8}{count:4} nodes  {row}\n")
    say("order, and graph of one node: {:.2f} {:.2f}\n".format(*orders_of_one_node()))
    say(f"a slice of 500: {slices_in_core(500) / 500:.1f}, of 50: {slices_in_core(50) / 50:.1f}\n")
    added = "  ".join(f"{count}: {fill_under_limits(count):.2f}" for count in (2, 10, 100))
    say(f"what a loss limit adds to a fill, by nodes: {added}\n")
    say(f"events from a fill to its hedge: {lag_in_events()}\n")
    say(f"bytes of a node: {memory_of_a_node()}\n")


if __name__ == "__main__":
    main()
