"""Graphs by name: what is sent, and how a stop is moved."""

import json
from decimal import Decimal
from typing import Any

import pytest

from sequence import START, EdgeConfig, Node, Risk, Sequence, Sizing, Trigger, errors
from sequence._client.ask.graph_edge import edge_body
from sequence.types import GraphRequest
from tests.client.graph_rows import edge_row, graph_row, node_row
from tests.graphs.taken import check_taken


class Recorder:
    """A transport that keeps what is sent, and answers with what a server would make of it."""

    lossy = False

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, dict[str, Any]]] = []

    def send(self, operation, *, path, query, body, graph_id):
        assert query is None
        assert graph_id is None
        text = "{}" if body is None else body.to_json()
        self.sent.append(
            (
                operation.method,
                operation.path.format_map(path),
                json.loads(text, parse_float=Decimal),
            )
        )
        return operation.response.trusted(self._answer(operation.name, path))

    def _answer(self, name, path) -> dict[str, Any]:
        if name == "submit_order":
            return {
                "graph_id": "g",
                "status": "RUNNING",
                "node_count": 1,
                "edge_count": 0,
                "is_sandbox": True,
                "orders": [],
            }
        if name == "amend_edge":
            return edge_row("e", "a", "b", "on_fill")
        if name == "amend_node":
            return node_row(path["node_id"], orders=["graph:g:take_profit:1"])
        return graph_row([node_row("entry"), node_row("stop")], self.edges())

    def edges(self) -> list[dict[str, Any]]:
        return [edge_row("stop_entry", "@start", "entry", "on_accepted")]

    def close(self) -> None:
        pass


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def client(recorder) -> Sequence:
    return Sequence("seq_test_" + "a" * 40, transport=recorder)


def body(recorder: Recorder) -> dict[str, Any]:
    """The graph that was sent, after a look at whether a server would take it."""
    method, path, sent = recorder.sent[0]
    assert (method, path) == ("POST", "/v1/orders")
    check_taken(GraphRequest.model_validate(sent))
    return sent


FALLS = {"on_price": {"lte_1e9": 2_200_000_000_000}}


def test_a_bracket_protects_what_was_filled(client, recorder):
    client.bracket("ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200, venue="kraken")
    sent = body(recorder)
    instrument = {"symbol": "ETH-USD", "venue": "kraken"}
    assert sent["nodes"] == [
        {
            "node_id": "entry",
            "instrument": instrument,
            "side": "buy",
            "quantity": {"fixed": {"qty_1e8": 100_000_000}},
        },
        {
            "node_id": "take_profit",
            "instrument": instrument,
            "side": "sell",
            "order_type": {"limit": {"price_1e9": 2_400_000_000_000}},
            "quantity": {"from_edge": {}},
        },
        {
            "node_id": "stop",
            "instrument": instrument,
            "side": "sell",
            "quantity": {"from_edge": {}},
        },
    ]
    falls = {"on_price": FALLS["on_price"] | {"arm": "on_first_fill"}}
    assert sent["edges"] == [
        {
            "edge_id": "arm",
            "from_node": "entry",
            "to_node": "take_profit",
            "trigger": "on_done",
            "sizing": {"from_filled": {"ratio": 1}},
        },
        {
            "edge_id": "stop_entry",
            "from_node": "@start",
            "to_node": "entry",
            "trigger": falls,
            "action": "cancel",
        },
        {
            "edge_id": "stop_hit",
            "from_node": "entry",
            "to_node": "take_profit",
            "trigger": falls,
            "action": "cancel",
        },
        {
            "edge_id": "stop_out",
            "from_node": "take_profit",
            "to_node": "stop",
            "trigger": "on_cancel",
            "condition": {"price_lte_1e9": 2_300_000_000_000},
            "sizing": {"remaining": {"ratio": 1}},
        },
    ]


def test_a_limit_entry_is_protected_fill_by_fill(client, recorder):
    client.bracket("ETH-USD", "sell", 1, limit_price=2300, take_profit=2200, stop_loss="2400.5")
    arm, *_, out = body(recorder)["edges"]
    assert (arm["trigger"], arm["sizing"]) == ("on_fill", {"from_fill": {"ratio": 1}})
    assert out["condition"] == {"price_gte_1e9": 2_300_250_000_000}


@pytest.mark.parametrize(
    ("exits", "nodes", "edges"),
    [
        ({"take_profit": 2400}, ["entry", "take_profit"], ["arm"]),
        ({"stop_loss": 2200}, ["entry", "stop"], ["stop_entry", "stop_hit"]),
    ],
)
def test_a_bracket_may_have_one_exit(client, recorder, exits, nodes, edges):
    client.bracket("ETH-USD", "buy", notional=500, **exits)
    sent = body(recorder)
    assert [node["node_id"] for node in sent["nodes"]] == nodes
    assert [edge["edge_id"] for edge in sent["edges"]] == edges


def test_an_oco_sends_what_the_limit_order_left(client, recorder):
    client.oco("ETH-USD", "sell", 1, limit_price=2400, stop_price=2200, reference="bid")
    sent = body(recorder)
    assert [node["node_id"] for node in sent["nodes"]] == ["take_profit", "stop"]
    hit, out = sent["edges"]
    assert (hit["from_node"], hit["action"]) == ("@start", "cancel")
    assert hit["trigger"] == {"on_price": FALLS["on_price"] | {"reference": "bid"}}
    assert out["sizing"] == {"remaining": {"ratio": 1}}


def test_a_stop_without_a_size_sells_what_is_held(client, recorder):
    client.stop("ETH-USD", "sell", stop_price=2200)
    sent = body(recorder)
    assert sent["nodes"][0]["quantity"] == {"position": {"ratio": 1}}
    assert sent["edges"] == [
        {"edge_id": "stop_hit", "from_node": "@start", "to_node": "stop", "trigger": FALLS}
    ]


def test_a_stop_that_buys_waits_for_a_rise(client, recorder):
    client.stop("ETH-USD", "buy", 1, stop_price=2350, limit_price=2360, tif="gtc")
    sent = body(recorder)
    assert sent["edges"][0]["trigger"] == {"on_price": {"gte_1e9": 2_350_000_000_000}}
    assert sent["nodes"][0]["order_type"] == {"limit": {"price_1e9": 2_360_000_000_000}}
    assert sent["nodes"][0]["execution"] == {"tif": "gtc"}


def test_a_trailing_stop_follows_from_the_right_side(client, recorder):
    client.trailing_stop("ETH-USD", "sell", bps=100, activate=2400)
    trail = {"distance_bps": 100, "side": "below", "activate_1e9": 2_400_000_000_000}
    assert body(recorder)["edges"][0]["trigger"] == {"on_trail": trail}
    recorder.sent.clear()
    client.trailing_stop("ETH-USD", "buy", 1, distance="2.5", reference="ask")
    trail = {"distance_1e9": 2_500_000_000, "side": "above", "reference": "ask"}
    assert body(recorder)["edges"][0]["trigger"] == {"on_trail": trail}


@pytest.mark.parametrize(
    ("call", "pacing"),
    [
        (
            lambda c: c.twap("BTC-USD", "buy", 1, num_slices=3, interval_ms=1_000),
            {"uniform": {"num_slices": 3, "interval_ms": 1_000}},
        ),
        (
            lambda c: c.twap(
                "BTC-USD", "buy", notional=500, num_slices=3, interval_ms=1_000,
                catch_up="next", jitter_pct=10, passive_ms=400,
            ),
            {"uniform": {"num_slices": 3, "interval_ms": 1_000, "catch_up": "next",
                         "jitter_pct": 10, "slice_type": "passive", "passive_ms": 400}},
        ),
        (
            lambda c: c.vwap("BTC-USD", "sell", 1, weights=(1, 2, 1), interval_ms=60_000),
            {"profile": {"weights": [1, 2, 1], "interval_ms": 60_000}},
        ),
        (
            lambda c: c.pov("BTC-USD", "buy", 4, rate_bps=1_000, interval_ms=1_000, max_ms=9_000,
                            finish=True),
            {"participation": {"rate_bps": 1_000, "interval_ms": 1_000, "max_ms": 9_000,
                               "finish": True}},
        ),
        (
            lambda c: c.iceberg("BTC-USD", "sell", 10, limit_price=2320, display=2),
            {"iceberg": {"display_qty_1e8": 200_000_000}},
        ),
    ],
)  # fmt: skip
def test_an_order_over_time_is_one_node(client, recorder, call, pacing):
    graph = call(client)
    (node,) = body(recorder)["nodes"]
    assert (node["node_id"], node["execution"]) == ("order", {"pacing": pacing})
    assert (graph.graph_id, graph.status, graph.is_terminal) == ("g", "RUNNING", False)


def test_options_reach_the_graph(client, recorder):
    client.twap(
        "BTC-USD", "buy", 1, num_slices=2, interval_ms=100, venue="hyperliquid", perp=True,
        urgency="high", max_slippage_bps=20, risk=Risk(max_loss_usd=5, unhedged_grace_ms=0),
        metadata={"a": 1}, sandbox=True,
    )  # fmt: skip
    sent = body(recorder)
    assert sent["nodes"][0]["instrument"] == {
        "symbol": "BTC-USD",
        "type": "perp",
        "venue": "hyperliquid",
    }
    assert sent["nodes"][0]["execution"]["urgency"] == "high"
    assert sent["nodes"][0]["execution"]["max_slippage_bps"] == 20
    assert sent["risk"] == {"runtime": {"max_loss_usd": 5, "unhedged_grace_ms": 0}}
    assert (sent["metadata"], sent["sandbox"]) == ({"a": 1}, True)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda c: c.bracket("ETH-USD", "buy", 1), "take_profit, stop_loss or both"),
        (lambda c: c.bracket("ETH-USD", "buy", take_profit=1), "qty or notional"),
        (
            lambda c: c.bracket("ETH-USD", "buy", 1, take_profit=2, stop_loss=2),
            "take_profit: must lie above stop_loss",
        ),
        (
            lambda c: c.bracket("ETH-USD", "sell", 1, take_profit=2, stop_loss=1),
            "take_profit: must lie below stop_loss",
        ),
        (lambda c: c.bracket("ETH-USD", "hold", 1, stop_loss=1), "buy or sell"),
        (
            lambda c: c.oco("ETH-USD", "sell", 1, limit_price=1, stop_price=2),
            "limit_price: must lie above stop_price",
        ),
        (lambda c: c.stop("ETH-USD", "sell", stop_price=0), "stop_price: must be > 0"),
        (lambda c: c.trailing_stop("ETH-USD", "sell"), "exactly one of distance and bps"),
        (lambda c: c.trailing_stop("ETH-USD", "sell", distance=1, bps=1), "exactly one"),
        (lambda c: c.twap("ETH-USD", "buy", num_slices=2, interval_ms=100), "qty or notional"),
        (lambda c: c.twap("ETH-USD", "buy", 1, num_slices=1, interval_ms=100), "num_slices"),
        (lambda c: c.iceberg("E", "buy", 1, limit_price=1, display=0), "display"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_it_is_sent(client, recorder, call, says):
    with pytest.raises(errors.ValidationError, match=says):
        call(client)
    assert recorder.sent == []


def test_a_misspelt_option_is_named(client):
    with pytest.raises(TypeError, match=r"'venu'; did you mean venue\?; known: .*venue"):
        client.stop("ETH-USD", "sell", stop_price=1, venu="kraken")


def test_a_stop_is_moved_by_a_change_of_its_edges(client, recorder):
    trade = client.bracket("ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200)
    recorder.sent.clear()
    trade.move_stop(2280)
    rises = {"on_price": {"lte_1e9": 2_280_000_000_000, "arm": "on_first_fill"}}
    edges = "/v1/execution_graphs/g/edges"
    assert recorder.sent == [
        ("PATCH", f"{edges}/stop_out", {"condition": {"price_lte_1e9": 2_340_000_000_000}}),
        ("PATCH", f"{edges}/stop_hit", {"trigger": rises}),
        ("GET", "/v1/execution_graphs/g", {}),
        ("PATCH", f"{edges}/stop_entry", {"trigger": rises}),
    ]
    with pytest.raises(errors.ValidationError, match=r"^price: must lie below take_profit"):
        trade.move_stop(2400)
    with pytest.raises(errors.ValidationError, match=r"^price: must lie above stop_loss"):
        trade.move_take_profit(2280)
    with pytest.raises(errors.ValidationError, match=r"^price: must be > 0"):
        trade.move_stop(0)


def test_an_entry_that_ended_needs_no_stop_of_its_own(client, recorder):
    trade = client.bracket("ETH-USD", "buy", 1, stop_loss=2200)
    recorder.edges = lambda: [edge_row("stop_entry", "@start", "entry", "on_accepted", spent=True)]
    recorder.sent.clear()
    trade.move_stop(2100)
    assert [path for _, path, _ in recorder.sent] == [
        "/v1/execution_graphs/g/edges/stop_hit",
        "/v1/execution_graphs/g",
    ]


def test_a_take_profit_is_moved_with_what_confirms_the_stop(client, recorder):
    trade = client.bracket("ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200)
    recorder.sent.clear()
    trade.move_take_profit(2500)
    assert recorder.sent[0][2] == {"condition": {"price_lte_1e9": 2_350_000_000_000}}
    assert recorder.sent[1][1:] == (
        "/v1/execution_graphs/g/nodes/take_profit",
        {"new_constraints": {"max_price_1e9": 2_500_000_000_000}},
    )


def test_a_graph_without_a_stop_says_so(client):
    trade = client.bracket("ETH-USD", "buy", 1, take_profit=2400)
    with pytest.raises(errors.ValidationError, match="no stop"):
        trade.move_stop(2200)


def test_a_trailing_stop_keeps_its_reference_when_it_is_moved(client, recorder):
    stop = client.trailing_stop("ETH-USD", "sell", bps=100, activate=2400, reference="bid")
    recorder.sent.clear()
    stop.move_stop(bps=50)
    assert recorder.sent[0][2] == {
        "trigger": {
            "on_trail": {
                "distance_bps": 50,
                "side": "below",
                "activate_1e9": 2_400_000_000_000,
                "reference": "bid",
            }
        }
    }


def test_the_builder_says_everything_the_wire_can(client, recorder):
    hedge = Node.sell("ETH-USD-PERP", 1).limit(2300).reserve_at_submit()
    (
        client.graph()
        .node("spot", Node.buy("ETH-USD", 1).peg("bid", "-0.5", limit=2310))
        .node("hedge", hedge)
        .node("rest", Node.sell("ETH-USD", position="0.5"))
        .edge("spot", "hedge", Trigger.full_fill())
        .edge(START, "rest", Trigger.at(1_776_657_000_000_000_000))
        .edge_with(
            "hedge",
            "spot",
            Trigger.on_fill(),
            lambda edge: edge.named("oou").reduces().sizing(Sizing.from_fill("0.5")),
        )
        .submit()
    )
    sent = body(recorder)
    assert sent["nodes"][0]["order_type"] == {
        "peg": {"to": "bid", "offset_1e9": -500_000_000, "limit_1e9": 2_310_000_000_000}
    }
    assert sent["nodes"][1]["execution"] == {"reserve": "at_submit"}
    assert sent["nodes"][2]["quantity"] == {"position": {"ratio": Decimal("0.5")}}
    assert sent["edges"][1]["trigger"] == {"at": {"ns": 1_776_657_000_000_000_000}}
    assert sent["edges"][2] == {
        "edge_id": "oou",
        "from_node": "hedge",
        "to_node": "spot",
        "trigger": "on_fill",
        "sizing": {"from_fill": {"ratio": Decimal("0.5")}},
        "action": "reduce",
    }


def test_an_edge_does_one_thing(client):
    both = EdgeConfig().cancels().reduces()
    with pytest.raises(errors.ValidationError, match="not both"):
        client.graph().edge_with("a", "b", Trigger.done(), lambda _: both)


def test_an_edge_needs_no_more_than_its_ends():
    assert edge_body("a", "b", Trigger.done()) == {
        "from_node": "a",
        "to_node": "b",
        "trigger": "on_done",
    }
