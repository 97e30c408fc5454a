"""What a graph looks like as text."""

import pytest

from sequence import Trigger
from sequence._client.drawing import draw
from sequence.types import Graph
from tests.client.graph_rows import edge_row, graph_row, node_row

BRACKET = """\
graph g: RUNNING
entry             buy 1 ETH-USD at market on kraken  FILLED 1 of 1 at 2310
  -> take_profit  arm       fired; gives what is filled
  -x take_profit  stop_hit  waits for mid <= 2200
take_profit       sell 1 ETH-USD at 2400 on kraken   WORKING 0.4 of 1 at 2400
  -> stop         stop_out  waits for a cancel of take_profit, if mid <= 2300; gives the rest
stop              sell ETH-USD at market on kraken   WAITING"""


def test_a_drawn_bracket_shows_which_edge_waits_for_what():
    kraken = {"symbol": "ETH-USD", "type": "spot", "venue": "kraken"}
    at_2400 = {"limit": {"price_1e9": 2_400 * 10**9}}
    given = {"quantity": {"from_edge": {}}, "side": "sell", "instrument": kraken}
    entry = node_row("entry", "FILLED", filled_qty_1e8=10**8, avg_price_1e9=2_310 * 10**9)
    nodes = [
        entry | {"instrument": kraken},
        node_row("take_profit", filled_qty_1e8=4 * 10**7, avg_price_1e9=2_400 * 10**9)
        | given
        | {"order_type": at_2400},
        node_row("stop", "WAITING", qty_1e8=0) | given,
    ]
    trigger = Trigger.price_at_most(2200, arm="on_first_fill").wire
    edges = [
        edge_row("arm", "entry", "take_profit", "on_done", fired_count=1, spent=True)
        | {"sizing": {"from_filled": {"ratio": 1}}},
        edge_row("stop_hit", "entry", "take_profit", trigger, action="cancel", armed_unix_ns=5),
        edge_row("stop_out", "take_profit", "stop", "on_cancel")
        | {"condition": {"price_lte_1e9": 2_300 * 10**9}, "sizing": {"remaining": {"ratio": 1}}},
    ]
    text = draw(Graph.trusted(graph_row(nodes, edges)))
    assert text == BRACKET
    assert text.isascii()


@pytest.mark.parametrize(
    ("trigger", "more", "says"),
    [
        (Trigger.accepted(), {}, "waits for a venue to accept a"),
        (Trigger.timeout(5_000), {}, "waits for 5 s since a started"),
        (Trigger.timeout(50), {"due_unix_ns": 10**18}, "at 2001-09-09 01:46:40 UTC"),
        (Trigger.price_at_least(5), {}, "waits for mid >= 5, once a is filled in full"),
        (
            Trigger.price_at_least(5, reference="ask", venue="okx", arm="on_accepted"),
            {},
            "waits for ask at okx >= 5, once a is accepted",
        ),
        (Trigger.price_at_least(5), {"armed_unix_ns": 1}, "waits for mid >= 5"),
        (
            Trigger.trail_below(bps=100, activate=2400),
            {"armed_unix_ns": 1},
            "waits for mid 100 bps below its highest, counted from 2400",
        ),
        (
            Trigger.trail_above("0.5"),
            {"armed_unix_ns": 1, "best_1e9": 7 * 10**9},
            "waits for mid 0.5 above its lowest (7)",
        ),
        (Trigger.at(10**18), {}, "waits for 2001-09-09 01:46:40 UTC"),
        (Trigger.on_fill(), {"fired_count": 3}, "fired 3 times, waits for every fill of a"),
        (Trigger.on_fill(), {"residual_qty_1e8": 5}, "0.00000005 left over"),
        (Trigger.done(), {"spent": True}, "spent: its condition did not hold"),
        (
            Trigger.fill_ratio("0.5"),
            {},
            "waits for a fill of a, if filled >= 50 %",
        ),
    ],
)
def test_every_trigger_is_drawn_in_words(trigger, more, says):
    edge = edge_row("e", "a", "b", trigger.wire, **more) | {"condition": dict(trigger.condition)}
    text = draw(Graph.trusted(graph_row([node_row("a"), node_row("b", "WAITING")], [edge])))
    assert text.splitlines()[2].endswith(says)


def test_a_start_and_an_end_are_drawn():
    edge = edge_row("go", "@start", "a", Trigger.price_at_most(5).wire)
    open_graph = Graph.trusted(graph_row([node_row("a", "WAITING")], [edge]))
    assert draw(open_graph).splitlines()[1:3] == [
        "@start",
        "  -> a  go  waits for mid <= 5",
    ]
    ended = graph_row([node_row("a", "SKIPPED")], [edge], "FAILED", "max_loss_usd: -102.3")
    text = draw(Graph.trusted(ended))
    assert text.startswith("graph g: FAILED (max_loss_usd: -102.3)\n")
    assert "did not fire" in text


def test_a_long_order_over_time_shows_its_ends():
    pacing = {"pacing": {"uniform": {"num_slices": 9, "interval_ms": 30_000}}}
    parent = node_row("order", kind="pacing_parent", execution=pacing)
    slices = [node_row(f"order.s{i}", "WAITING", parent_node="order") for i in range(1, 10)]
    chain = edge_row("e", "order", "order.s1", {"on_timeout": {"ms": 0}})
    text = draw(Graph.trusted(graph_row([parent, *slices], [chain])))
    lines = text.splitlines()
    assert "9 slices, one every 30 s" in lines[1]
    assert [line.split()[1] for line in lines[2:]] == [
        "order.s1", "order.s2", "order.s3", "3", "order.s7", "order.s8", "order.s9",
    ]  # fmt: skip
    assert "chain" not in text


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ({"order_type": {"peg": {"to": "bid", "offset_1e9": -5 * 10**8, "limit_1e9": 10**9}}},
         "at the bid - 0.5, at worst 1"),
        ({"quantity": {"notional": {"usd_1e9": 5 * 10**9}}, "qty_1e8": 0}, "buy 5 USD of ETH-USD"),
        ({"quantity": {"position": {"ratio": 0.5}}, "qty_1e8": 0}, "buy 50 % of the position in"),
        ({"execution": {"pacing": {"participation": {"rate_bps": 1_000}}}}, "10 % of the market"),
        ({"execution": {"pacing": {"iceberg": {"display_qty_1e8": 2 * 10**8}}},
          "hidden_qty_1e8": 6 * 10**8}, "2 shown at a time  WORKING 0 of 1, 6 hidden"),
        ({"execution": {"pacing": {"profile": {"weights": [1, 2], "interval_ms": 500}}}},
         "2 slices, one every 500 ms"),
        ({"status": "REJECTED", "failure_reason": "RISK"}, "REJECTED (RISK)"),
    ],
)  # fmt: skip
def test_every_order_is_drawn_in_words(node, says):
    assert says in draw(Graph.trusted(graph_row([node_row("a") | node])))
