"""The published client `sequence-markets` 0.5.7, unmodified, against a server process of ours.

Every method that maps to a core endpoint is called as an existing program would call it.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from sequence_markets import Sequence, SequenceError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
REST = {"limit_price": 70_000.0, "venue": "binance"}


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "sequence", "up", "--port", "0", "--json"]
    command += ["--preset", "instant", "--clock", "manual"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.fixture(scope="module")
def client(server: dict[str, Any]) -> Sequence:
    return Sequence(server["key"], base_url=server["url"])


def test_health_needs_no_key(server):
    assert Sequence("seq_test_" + "0" * 64, base_url=server["url"]).health() is True
    assert Sequence(server["key"], base_url="http://127.0.0.1:1").health() is False


def test_quotes(client):
    quote = client.quote("BTC-USD", depth=3)
    assert quote["nbbo"]["bid"] < quote["nbbo"]["ask"]
    assert len(quote["book"]["bids"]) == 3
    assert quote["source"] == "edge_nbbo"
    assert client.quote("KXBTCZ-26DEC31-T99000:NO", nowait=True)["nbbo"]["ask"] < 1
    rows = client.quotes(["BTC-USD", "KXBTCZ-26DEC31-T99000:YES"])["quotes"]
    assert [row["symbol"] for row in rows] == ["BTC-USD", "KXBTCZ-26DEC31-T99000:YES"]
    batch = client.quotes_batch(["ETH-USD", "NOPE-USD"])
    assert batch["count"] == 2
    assert "error" in batch["quotes"][1]


def test_what_can_be_traded_and_what_it_costs(client):
    assert {"BTC-USD", "ETH-USD-PERP"} <= {row["symbol"] for row in client.symbols()}
    assert client.edges()["edges"]
    (fee,) = client.fees("BTC-USD", ["binance"])["fees"]
    assert (fee["maker_bps"], fee["taker_bps"]) == (10, 10)
    preview = client.preview("BTC-USD", "buy", 0.1)
    assert preview["fillable_qty_1e8"] == 10_000_000


def test_account_and_limits(client):
    assert client.account()["mode"] == "sandbox"
    assert client.risk_limits()["max_open_orders"] == 10_000


def test_balances_in_every_old_and_new_form(client):
    client.buy("BTC-USD", 0.01, venue="binance")
    unified = client.positions_unified(venues=["binance"], kinds=["crypto"], include_closed=True)
    assert {row["venue"] for row in unified["positions"]} == {"binance"}
    assert client.balances()["positions"]
    assert client.positions()["positions"]
    assert client.perp_positions()["positions"] == []
    assert float(client.portfolio()["totals"]["nav_usd"]) > 0


def test_a_market_order_fills_and_is_listed(client):
    placed = client.buy("ETH-USD", 1, urgency="high", policy="sor", sandbox=True)
    assert placed["status"] == "COMPLETED"
    order_id = placed["orders"][0]["node_order_id"]
    assert client.order(order_id)["status"] == "FILLED"
    page = client.orders(limit=1, offset=0, symbol="ETH-USD")
    assert page["orders"][0]["node_order_id"] == order_id
    fills = client.fills(limit=10, symbol="ETH-USD")["fills"]
    assert sum(fill["qty_1e8"] for fill in fills) == 100_000_000
    sold = client.sell("ETH-USD", 0.1, venue=placed["orders"][0]["legs"][0]["venue"], tif="ioc")
    assert sold["orders"][0]["side"] == "sell"
    with pytest.raises(SequenceError) as caught:
        client.order("graph:nope:order:1")
    assert caught.value.status == 404


def test_a_limit_order_is_amended_decreased_and_cancelled(client):
    order = client.buy("BTC-USD", 0.5, **REST)["orders"][0]
    order_id, graph_id = order["node_order_id"], order["graph_id"]
    amended = client.amend(order_id, new_price=69_000.0, new_qty=0.4)
    assert (amended["order_id"], amended["mode"]) == (order_id, "cancel_replace")
    assert amended["status"] == "ACCEPTED"
    assert client.decrease(order_id, 0.1)["status"] == "ACCEPTED"
    assert client.order(order_id)["qty_1e8"] == 30_000_000
    with pytest.raises(SequenceError, match="send the graph id"):
        client.cancel(order_id)
    client.cancel(graph_id)
    assert client.order(order_id)["status"] == "CANCELLED"


def test_a_limit_price_of_zero_is_sent_as_a_market_order(client):
    assert client.buy("BTC-USD", 0.01, limit_price=0)["orders"][0]["order_type"] == "market"


def test_a_batch_answers_one_by_one(client):
    open_id = client.buy("BTC-USD", 0.1, **REST)["orders"][0]["node_order_id"]
    batch = client.batch("kraken").buy_limit("BTC-USD", 0.01, 60_000.0).buy("NOPE-USD", 1)
    answer = batch.cancel(open_id).end()
    assert answer["mode"] == "serial"
    submitted, failed, cancelled = answer["responses"]
    # A batch always says is_sandbox false; the test key decides.
    assert submitted["submitted"]["is_sandbox"] is True
    assert "NOPE-USD" in failed["error"]
    assert cancelled["cancelled"] == open_id


def test_cancel_all_on_a_venue(client):
    order = client.buy("BTC-USD", 0.1, limit_price=70_000.0, venue="okx")["orders"][0]
    answer = client.cancel_all_on_venue("okx")
    assert answer["node_order_ids"] == [order["node_order_id"]]


def test_a_graph_of_one_node(client):
    node = client.node("only", "BTC-USD", "buy", 0.1, limit_price=70_000.0, venue="binance")
    placed = client.graph([node], sandbox=True)
    graph_id = placed["graph_id"]
    assert client.graph_status(graph_id)["status"] == "RUNNING"
    with pytest.raises(SequenceError) as caught:
        client.graph_resume(graph_id)
    assert caught.value.status == 409
    client.graph_cancel(graph_id)
    assert client.graph_status(graph_id)["status"] == "CANCELLED"


def test_the_kill_switch(client):
    assert client.kill_switch_engage("manual stop")["reason"] == "manual stop"
    try:
        with pytest.raises(SequenceError, match="kill switch"):
            client.buy("BTC-USD", 0.01)
    finally:
        cleared = client.kill_switch_clear()
    # The client throws the answer of an empty POST away.
    assert cleared is None or cleared["engaged"] is False
    assert client.buy("BTC-USD", 0.01)["status"] == "COMPLETED"


def test_a_live_key_needs_the_flag(server):
    live = Sequence(server["live_key"], base_url=server["url"])
    with pytest.raises(SequenceError, match="live routing is not available"):
        live.buy("BTC-USD", 0.01)
    assert live.buy("BTC-USD", 0.01, sandbox=True)["is_sandbox"] is True
    assert live.orders()["orders"] == []


def test_what_is_not_offered_says_so(client):
    for call in (client.venues, client.algos, client.strategies):
        with pytest.raises(SequenceError) as caught:
            call()
        assert caught.value.status == 501
        assert "is not available" in str(caught.value)


def test_the_stream_gives_prices_and_fills(client):
    async def read() -> dict[str, Any]:
        found: dict[str, Any] = {}
        # Left to the end of the loop, its connection may be dropped instead of closed.
        async with aclosing(client.stream(["prices:BTC-USD", "book:BTC-USD", "fills"])) as stream:
            async for channel, data in stream:
                found[channel] = data
                if len(found) == 2 and "fills" not in found:
                    await asyncio.to_thread(client.buy, "BTC-USD", 0.01)
                if len(found) == 3:
                    break
        return found

    found = asyncio.run(asyncio.wait_for(read(), 20))
    assert found["prices:BTC-USD"]["bid"] < found["prices:BTC-USD"]["ask"]
    assert len(found["book:BTC-USD"]["bids"]) > 1
    assert found["fills"]["symbol"] == "BTC-USD"
