"""The fluent builder of graphs: what it sends, and what the server says to it."""

from decimal import Decimal

import pytest

from sequence import Node, Risk, Sizing, Trigger, errors
from sequence._client.ask.graph_edge import edge_body
from sequence.sandbox import Sandbox


@pytest.fixture
def client():
    with Sandbox(clock="manual", preset="instant") as sandbox:
        yield sandbox.client()


def test_a_node_is_a_plain_value():
    plain = Node.buy("ETH-USD", "0.29")
    full = plain.limit("2300.5").venue("kraken").tif("post_only").urgency("high").join_all()
    assert plain.body("a") == {
        "node_id": "a",
        "instrument": {"symbol": "ETH-USD"},
        "side": "buy",
        "quantity": {"fixed": {"qty_1e8": 29_000_000}},
    }
    assert full.body("b") == {
        "node_id": "b",
        "instrument": {"symbol": "ETH-USD", "venue": "kraken"},
        "side": "buy",
        "quantity": {"fixed": {"qty_1e8": 29_000_000}},
        "order_type": {"limit": {"price_1e9": 2_300_500_000_000}},
        "execution": {"tif": "post_only", "urgency": "high"},
        "join": "all",
    }


@pytest.mark.parametrize(
    ("trigger", "wire", "condition"),
    [
        (Trigger.accepted(), "on_accepted", None),
        (Trigger.first_fill(), "on_first_fill", None),
        (Trigger.on_fill(), "on_fill", None),
        (Trigger.full_fill(), "on_full_fill", None),
        (Trigger.fill_ratio(0.5), "on_fill_ratio", {"fill_ratio_gte": Decimal("0.5")}),
        (Trigger.timeout(30_000), {"on_timeout": {"ms": 30_000}}, None),
        (Trigger.cancelled(), "on_cancel", None),
        (Trigger.rejected(), "on_reject", None),
        (Trigger.expired(), "on_expire", None),
        (Trigger.done(), "on_done", None),
        (Trigger.price_at_most(2200), {"on_price": {"lte_1e9": 2_200_000_000_000}}, None),
        (Trigger.price_at_least(2400), {"on_price": {"gte_1e9": 2_400_000_000_000}}, None),
    ],
)
def test_every_trigger_has_its_wire_form(trigger, wire, condition):
    edge = edge_body("a", "b", trigger)
    assert edge["trigger"] == wire
    assert edge.get("condition") == condition


@pytest.mark.parametrize(
    ("sizing", "wire"),
    [
        (Sizing.target(), "target"),
        (Sizing.from_fill(), {"from_fill": {"ratio": 1}}),
        (Sizing.from_fill_notional("0.5"), {"from_fill_notional": {"ratio": Decimal("0.5")}}),
        (Sizing.from_filled(2), {"from_filled": {"ratio": 2}}),
        (Sizing.remaining(), {"remaining": {"ratio": 1}}),
        (Sizing.fixed("0.1"), {"fixed": {"qty_1e8": 10_000_000}}),
        (Sizing.notional(5), {"notional": {"usd_1e9": 5_000_000_000}}),
    ],
)
def test_every_sizing_has_its_wire_form(sizing, wire):
    assert sizing.wire == wire


def test_a_graph_of_one_node_trades(client):
    answer = (
        client.graph()
        .node("only", Node.buy("ETH-USD", 1).venue("binance"))
        .risk(Risk(max_notional_usd=5_000, on_runtime_breach="pause"))
        .metadata({"why": "test"})
        .graph_id("mine")
        .submit()
    )
    assert (answer.graph_id, answer.status) == ("mine", "COMPLETED")
    graph = client.graph_status("mine")
    assert graph.metadata == {"why": "test"}
    assert graph.risk["admission"] == {"max_notional_usd": 5000}


def test_structure_is_checked_before_anything_is_sent_on(client):
    def two():
        nodes = client.graph().node("a", Node.buy("ETH-USD", 1))
        return nodes.node("b", Node.sell("ETH-USD"))

    with pytest.raises(errors.UnprocessableError, match="from_edge"):
        two().edge("a", "b", Trigger.full_fill()).submit()
    with pytest.raises(errors.UnprocessableError, match="no node"):
        two().edge("a", "c", Trigger.on_fill()).submit()
    answer = two().edge("a", "b", Trigger.on_fill()).submit()
    assert (answer.node_count, answer.edge_count) == (2, 1)


def test_numbers_that_cannot_be_sent_are_refused_at_once():
    for make in (
        lambda: Node.buy("ETH-USD", True),
        lambda: Node.buy("ETH-USD", "1e-9"),
        lambda: Node.buy("ETH-USD", 1, notional=5),
        lambda: Node.buy("ETH-USD", 1).limit(0),
        lambda: Trigger.fill_ratio(float("nan")),
    ):
        with pytest.raises(errors.ValidationError):
            make()


def test_a_node_and_an_order_are_amended_through_the_client(client):
    order = client.buy("BTC-USD", "0.1", limit_price=70_000, venue="binance")
    node = client.amend_node(order.graph_id, "order", new_qty="0.2", urgency="low")
    assert (node.qty_1e8, node.mode) == (20_000_000, "cancel_replace")
    assert client.decrease(order.id, "0.05").qty_1e8 == 15_000_000
    assert client.amend(order.id, new_price=71_000).limit_price_1e9 == 71_000 * 10**9
    with pytest.raises(errors.ValidationError, match="amend with no fields"):
        client.amend_node(order.graph_id, "order")
    assert client.ws_ticket().ticket.startswith("wst_")
