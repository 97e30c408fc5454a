"""All 80 methods of the published client against a server process, and the page that lists them.

`SEQUENCE_UPDATE_DOCS=1` writes the list anew.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sequence_markets import Sequence, SequenceError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
MIGRATION = Path(__file__).resolve().parents[2] / "docs" / "migration.md"
EVENT = "btc-updown-5m-1776537600"
START, END = "<!-- methods: written by a test -->", "<!-- end of methods -->"
DEPLOYMENTS = "deployments are not part of this server"
ALGOS = "algos are not part of this server"
STRATEGIES = "strategies are not part of this server"
REWARDS = "reward programs are not part of this server"
CREDENTIALS = "live credentials are not part of this server"


class World(NamedTuple):
    """A client, an order that rests and one that is filled."""

    client: Sequence
    resting: dict[str, Any]
    filled: dict[str, Any]
    wasm: str

    def rest(self) -> dict[str, Any]:
        """One more order that rests."""
        placed = self.client.buy("BTC-USD", 0.01, limit_price=70_000.0, venue="binance")
        order: dict[str, Any] = placed["orders"][0]
        return order


def first(stream: Any) -> Any:
    async def one() -> Any:
        async with asyncio.timeout(20), aclosing(stream):
            found = await anext(stream)
        # Streams of markets are generators around one that the loop closes, in a task of its own:
        # a loop that ends first leaves its socket open.
        await asyncio.sleep(0)
        if closing := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(closing, timeout=20)
        return found

    return asyncio.run(one())


def resolved(world: World) -> Any:
    """The frame of a market that is settled before anybody listens."""
    slug = world.client.markets()["markets"][-1]["slug"]
    body = {"venue": "polymarket", "market_slug": slug, "value": 1}
    world.client._post("/v1/sandbox/settle", body)
    return first(world.client.stream_resolved_markets())


def rest_id(world: World) -> str:
    order_id: str = world.rest()["node_order_id"]
    return order_id


WORKS: dict[str, Callable[[World], Any]] = {
    "account": lambda w: w.client.account()["client_id"],
    "amend": lambda w: w.client.amend(rest_id(w), new_price=69_000.0)["status"],
    "balances": lambda w: w.client.balances()["positions"],
    "batch": lambda w: w.client.batch("kraken").buy("BTC-USD", 0.01).end()["responses"],
    "buy": lambda w: w.client.buy("BTC-USD", 0.01)["status"] == "COMPLETED",
    "cancel": lambda w: w.client.cancel(w.rest()["graph_id"]) is None,
    "cancel_all_on_venue": lambda w: w.rest() and w.client.cancel_all_on_venue("binance"),
    "decrease": lambda w: w.client.decrease(rest_id(w), 0.001)["status"],
    "depth": lambda w: w.client.depth("BTC-USD")["bids"],
    "edge": lambda w: w.client.edge("a", "b", "fill_pct", 0.5)["trigger"],
    "edges": lambda w: w.client.edges()["edges"],
    "execution_live": lambda w: w.client.execution_live(w.resting["node_order_id"])["order"],
    "execution_review": lambda w: w.client.execution_review(w.filled["node_order_id"])["tca"],
    "execution_summary": lambda w: w.client.execution_summary()["orders"],
    "fees": lambda w: w.client.fees("BTC-USD")["fees"],
    "fills": lambda w: w.client.fills(limit=1)["fills"],
    "forecast": lambda w: w.client.forecast("BTC-USD", "buy", 1)["expected_cost_bps"],
    "funding_history": lambda w: w.client.funding_history("BTC-USD-PERP", "binance")["points"],
    "funding_rate": lambda w: w.client.funding_rate("binance", "BTC-USD-PERP"),
    "funding_rates": lambda w: w.client.funding_rates()["rates"],
    "graph": lambda w: w.client.graph([w.client.node("a", "BTC-USD", "buy", 0.01)])["status"],
    "graph_cancel": lambda w: w.client.graph_cancel(w.rest()["graph_id"]) is None,
    "graph_resume": lambda w: refused_with(w, 409),
    "graph_status": lambda w: w.client.graph_status(w.resting["graph_id"])["nodes"],
    "health": lambda w: w.client.health(),
    "intel": lambda w: w.client.intel("BTC-USD")["venues"],
    "iter_markets": lambda w: list(w.client.iter_markets()),
    "kill_switch_clear": lambda w: w.client.kill_switch_clear() or True,
    "kill_switch_engage": lambda w: (
        w.client.kill_switch_engage("drill"),
        w.client.kill_switch_clear(),
    ),
    "market": lambda w: w.client.market(EVENT)["slug"],
    "markets": lambda w: w.client.markets()["markets"],
    "node": lambda w: w.client.node("a", "BTC-USD", "buy", 1)["quantity"],
    "order": lambda w: w.client.order(w.filled["node_order_id"])["status"],
    "orders": lambda w: w.client.orders(limit=1)["orders"],
    "perp_positions": lambda w: "positions" in w.client.perp_positions(),
    "portfolio": lambda w: w.client.portfolio()["totals"],
    "positions": lambda w: w.client.positions(),
    "positions_unified": lambda w: w.client.positions_unified(venues=["binance"])["positions"],
    "preview": lambda w: w.client.preview("BTC-USD", "buy", 0.1)["est_avg_price_1e9"],
    "price_history": lambda w: w.client.price_history("BTC-USD", range="1h")["points"],
    "quote": lambda w: w.client.quote("BTC-USD")["nbbo"],
    "quotes": lambda w: w.client.quotes(["BTC-USD"])["quotes"],
    "quotes_batch": lambda w: w.client.quotes_batch(["BTC-USD"])["quotes"],
    "redeem": lambda w: w.client.redeem("KXBTCZ-26DEC31-T99000", "kalshi")["mode"],
    "risk_limits": lambda w: w.client.risk_limits(),
    "routing": lambda w: w.client.routing("BTC-USD", "buy", 0.1)["legs"],
    "search_markets": lambda w: w.client.search_markets("updown")["markets"],
    "sell": lambda w: w.client.sell("BTC-USD", 0.001, venue=w.filled["legs"][0]["venue"])["status"],
    "settlement": lambda w: w.client.settlement(EVENT)["status"],
    "slippage": lambda w: w.client.slippage("BTC-USD")["curve"],
    "stream": lambda w: first(w.client.stream(["prices:BTC-USD"])),
    "stream_new_markets": lambda w: first(w.client.stream_new_markets())["observed_at_ns"],
    "stream_resolved_markets": lambda w: resolved(w)["winning_outcome"] == "YES",
    "symbols": lambda w: w.client.symbols(),
    "tca": lambda w: w.client.tca()["averages"],
    "trace": lambda w: w.client.trace(w.filled["node_order_id"])["traces"],
}
"""Every method that this server answers, and a call that finds something."""

MISSING: dict[str, tuple[Callable[[World], Any], str]] = {
    "algo": (lambda w: w.client.algo("BTC-USD"), ALGOS),
    "algo_logs": (lambda w: w.client.algo_logs("x"), DEPLOYMENTS),
    "algo_logs_by_symbol": (lambda w: w.client.algo_logs_by_symbol("BTC-USD"), ALGOS),
    "algo_mesh": (lambda w: w.client.algo_mesh("x"), DEPLOYMENTS),
    "algo_start": (lambda w: w.client.algo_start("x"), DEPLOYMENTS),
    "algo_start_by_symbol": (lambda w: w.client.algo_start_by_symbol("BTC-USD"), ALGOS),
    "algo_stats": (lambda w: w.client.algo_stats("BTC-USD"), ALGOS),
    "algo_status": (lambda w: w.client.algo_status("x"), DEPLOYMENTS),
    "algo_stop": (lambda w: w.client.algo_stop("x"), DEPLOYMENTS),
    "algo_stop_by_symbol": (lambda w: w.client.algo_stop_by_symbol("BTC-USD"), ALGOS),
    "algo_undeploy": (lambda w: w.client.algo_undeploy("x"), DEPLOYMENTS),
    "algos": (lambda w: w.client.algos(), ALGOS),
    "connect_venue": (lambda w: w.client.connect_venue("binance", "k", "s"), CREDENTIALS),
    "create_strategy": (lambda w: w.client.create_strategy("n", "python", "e", "YQ=="), STRATEGIES),
    "deploy_algo": (lambda w: w.client.deploy_algo("n", w.wasm, ["BTC-USD"]), DEPLOYMENTS),
    "disconnect_venue": (lambda w: w.client.disconnect_venue("binance"), CREDENTIALS),
    "polymarket_rewards": (lambda w: w.client.polymarket_rewards("1"), REWARDS),
    "strategies": (lambda w: w.client.strategies(), STRATEGIES),
    "strategy": (lambda w: w.client.strategy("x"), STRATEGIES),
    "strategy_delete": (lambda w: w.client.strategy_delete("x"), STRATEGIES),
    "strategy_logs": (lambda w: w.client.strategy_logs("x"), STRATEGIES),
    "strategy_start": (lambda w: w.client.strategy_start("x"), STRATEGIES),
    "strategy_stop": (lambda w: w.client.strategy_stop("x"), STRATEGIES),
    "venues": (lambda w: w.client.venues(), CREDENTIALS),
}
"""Every other one, with the reason that its 501 gives."""


def refused_with(world: World, status: int) -> bool:
    """A graph that is not paused cannot go on: the server answers, and says so."""
    with pytest.raises(SequenceError) as caught:
        world.client.graph_resume(world.resting["graph_id"])
    return caught.value.status == status


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    command = [sys.executable, "-m", "sequence", "up", "--port", "0", "--json"]
    command += ["--preset", "instant", "--clock", "manual", "--db", "memory"]
    wasm = tmp_path_factory.mktemp("algo") / "a.wasm"
    wasm.write_bytes(b"\0asm")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        client = Sequence(told["key"], base_url=told["url"])
        filled = client.buy("BTC-USD", 0.1)["orders"][0]
        resting = client.buy("BTC-USD", 0.01, limit_price=60_000.0, venue="kraken")["orders"][0]
        yield World(client, resting, filled, str(wasm))
        process.terminate()


def test_every_method_has_its_row():
    theirs = {name for name in dir(Sequence) if not name.startswith("_")}
    assert len(theirs) == 80
    assert WORKS.keys() | MISSING.keys() == theirs
    assert not WORKS.keys() & MISSING.keys()


@pytest.mark.parametrize("name", WORKS)
def test_a_method_that_is_offered_finds_something(world: World, name: str):
    assert WORKS[name](world)


@pytest.mark.parametrize("name", MISSING)
def test_a_method_that_is_not_offered_says_why(world: World, name: str):
    call, reason = MISSING[name]
    with pytest.raises(SequenceError) as caught:
        call(world)
    assert caught.value.status == 501
    assert f"is not available: {reason}" in str(caught.value)


def test_the_page_lists_every_method_as_it_is():
    page = MIGRATION.read_text()
    offered = ", ".join(f"`{name}`" for name in sorted(WORKS))
    rows: dict[str, list[str]] = {}
    for name, (_, reason) in sorted(MISSING.items()):
        rows.setdefault(reason, []).append(f"`{name}`")
    lines = ["| Methods | Answer |", "|---|---|", f"| {offered} | work |"]
    lines += [f"| {', '.join(names)} | 501: {reason} |" for reason, names in sorted(rows.items())]
    table = "\n".join([START, *lines, END])
    if os.environ.get("SEQUENCE_UPDATE_DOCS"):
        page = re.sub(f"{START}.*{END}", lambda _: table, page, flags=re.DOTALL)
        MIGRATION.write_text(page)
    print(table)  # noqa: T201 - the table is what this test is read for
    assert table in page
