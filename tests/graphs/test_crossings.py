"""Graphs crossed with what else an account meets: presets, others, copies, a lost day.

A life is lived in process and over HTTP, and both tell the same events.
"""

from collections.abc import Callable
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import NotFoundError
from sequence.sandbox import Sandbox
from sequence.sandbox.sim import PRESETS
from tests.doors import DOORS, door

ETH, PERP = "ETH-USD", "ETH-USD-PERP"
Life = Callable[[Sandbox, Sequence], None]


def quote(sandbox: Sandbox, price: float, symbol: str = ETH, size: float = 500) -> None:
    venue = "hyperliquid" if symbol == PERP else "kraken"
    sandbox.market.snapshot(venue, symbol, [(price - 0.5, size)], [(price + 0.5, size)])


def both_tell_the_same(life: Life, **options: Any) -> None:
    """Lives it through both doors."""
    hashes = []
    for kind in DOORS:
        with (
            Sandbox(market="manual", clock="manual", **options) as sandbox,
            door(sandbox, kind) as client,
        ):
            life(sandbox, client)
            assert sandbox.check_invariants() == []
            hashes.append(sandbox.event_hash())
    assert hashes[0] == hashes[1]


def quiet(sandbox: Sandbox, seconds: float = 3) -> None:
    sandbox.clock.advance(seconds=seconds)


def bracket(client: Sequence, graph_id: str = "b", symbol: str = ETH, **more: Any) -> Any:
    keys = {"take_profit": 2400, "stop_loss": 2200} | more
    return client.bracket(symbol, "buy", 1, graph_id=graph_id, **keys)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("symbol", [ETH, PERP])
def test_a_bracket_ends_flat_under_every_preset(preset: str, symbol: str):
    def life(sandbox: Sandbox, client: Sequence) -> None:
        quote(sandbox, 2310, symbol)
        made = bracket(client, symbol=symbol)
        quiet(sandbox)
        quote(sandbox, 2310, symbol)
        assert made.refresh().status == "RUNNING"
        quote(sandbox, 2190, symbol)
        quiet(sandbox)
        quote(sandbox, 2190, symbol)
        quiet(sandbox)
        assert made.refresh().status == "COMPLETED"
        rows = {row.node_id: row for row in made.refresh().nodes}
        assert rows["entry"].filled_qty == rows["stop"].filled_qty == 1
        assert all(row.locked_qty_1e8 == 0 for row in client.positions().positions)

    both_tell_the_same(life, preset=preset)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_pair_that_goes_wrong_is_undone_under_every_preset(preset: str):
    def life(sandbox: Sandbox, client: Sequence) -> None:
        quote(sandbox, 2310)
        quote(sandbox, 2310, PERP)
        risk = {"on_failure": {"on_node_reject": "flatten"}}
        nodes: list[dict[str, Any]] = [
            {"node_id": "spot", "instrument": {"symbol": ETH, "venue": "kraken"}, "side": "buy"},
            {"node_id": "hedge", "instrument": {"symbol": PERP, "type": "perp"}, "side": "sell"},
        ]
        for row in nodes:
            row["quantity"] = {"fixed": {"qty_1e8": 10**8}}
        edges = [{"from_node": "spot", "to_node": "hedge", "trigger": {"on_timeout": {"ms": 2000}}}]
        client.submit_graph(nodes, edges, risk=risk, graph_id="pair")
        sandbox.clock.advance(ms=1900)
        client.sandbox.add_fault("reject_next", reason="EXCHANGE_BUSY")
        quiet(sandbox)
        graph = client.graph_status("pair")
        assert graph.status == "FAILED"
        filled = {row.node_id: row.filled_qty for row in graph.nodes}
        assert filled == {"spot": 1, "hedge": 0, "flatten.1": 1}

    both_tell_the_same(life, preset=preset)


def test_two_accounts_share_a_market_and_nothing_else():
    def life(sandbox: Sandbox, client: Sequence) -> None:
        quote(sandbox, 2310)
        other = sandbox.client(account="bob")
        mine, theirs = bracket(client), bracket(other, stop_loss=2100)
        client.kill_switch_engage("stop")
        client.kill_switch_clear()
        quote(sandbox, 2190)
        assert mine.refresh().status == "COMPLETED"
        assert theirs.refresh().status == "RUNNING"
        client.sandbox.reset()
        assert theirs.refresh().status == "RUNNING"
        quote(sandbox, 2090)
        assert theirs.refresh().status == "COMPLETED"

    both_tell_the_same(life, preset="instant")


def test_a_return_to_a_copy_lets_a_graph_be_lived_again():
    def life(sandbox: Sandbox, client: Sequence) -> None:
        quote(sandbox, 2310)
        made = bracket(client)
        paced = client.twap(
            ETH, "buy", 3, num_slices=3, interval_ms=1000, venue="kraken", graph_id="t"
        )
        quiet(sandbox)
        sandbox.clock.advance(ms=1)
        client.twap(ETH, "buy", 2, num_slices=2, interval_ms=2000, venue="kraken", graph_id="u")
        copy = client.sandbox.snapshot().snapshot_id

        def rest_of_it() -> tuple[Any, ...]:
            quiet(sandbox)
            quote(sandbox, 2190)
            quiet(sandbox)
            graphs = [client.graph_status(name) for name in ("b", "t", "u")]
            rows = [(row.node_id, row.status, row.filled_qty) for g in graphs for row in g.nodes]
            return [graph.status for graph in graphs], rows

        first = rest_of_it()
        client.sandbox.restore(copy)
        assert made.refresh().status == "RUNNING"
        assert paced.refresh().status == "COMPLETED"
        assert rest_of_it() == first

    both_tell_the_same(life, preset="realistic")


def test_a_fork_lives_the_rest_of_a_graph_as_the_run_does():
    with Sandbox(market="manual", clock="manual", preset="realistic") as sandbox:
        client = sandbox.client()
        quote(sandbox, 2310)
        bracket(client)
        sandbox.clock.advance(ms=30)
        with sandbox.fork() as branch:
            ends = []
            for lived in (branch, sandbox):
                for price in (2310, 2310, 2190, 2190):
                    quote(lived, price)
                    quiet(lived)
                graph = lived.client().graph_status("b")
                ends.append((graph.status, [row.done_unix_ns for row in graph.nodes]))
            assert branch.check_invariants() == sandbox.check_invariants() == []
            assert ends[0] == ends[1]
            assert ends[0][0] == "COMPLETED"


def test_a_lost_day_stops_what_is_due_and_says_so():
    limit = {"daily_loss_limit_usd_1e9": 100 * 10**9}

    def life(sandbox: Sandbox, client: Sequence) -> None:
        quote(sandbox, 2310, PERP)
        made = bracket(client, symbol=PERP, stop_loss=2150)
        paced = client.twap(
            PERP, "buy", 2, num_slices=2, interval_ms=1000, venue="hyperliquid", graph_id="t"
        )
        quote(sandbox, 2200, PERP)
        sandbox.clock.advance(ms=1000)
        rows = {row.node_id: row for row in paced.refresh().nodes}
        assert rows["order.s2"].failure_reason == "DAILY_LOSS_LIMIT"
        quote(sandbox, 2140, PERP)
        rows = {row.node_id: row for row in made.refresh().nodes}
        assert (rows["stop"].status, rows["stop"].failure_reason) == (
            "REJECTED",
            "DAILY_LOSS_LIMIT",
        )
        assert rows["take_profit"].status == "CANCELLED"

    both_tell_the_same(life, preset="instant", risk=limit)


def test_an_edge_of_a_graph_that_was_reset_away_is_no_more():
    def life(sandbox: Sandbox, client: Sequence) -> None:
        quote(sandbox, 2310)
        made = bracket(client)
        client.sandbox.reset()
        with pytest.raises(NotFoundError):
            made.move_stop(2250)
        assert client.graphs().total == 0
        quote(sandbox, 2190)
        assert client.fills().total == 0
        assert all(row.locked_qty_1e8 == 0 for row in client.positions().positions)

    both_tell_the_same(life, preset="instant")
