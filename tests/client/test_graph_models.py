"""Bodies about graphs: what they take, what they refuse, and what they send again."""

import json

import pydantic
import pytest

from sequence.types import (
    EdgeAmendRequest,
    GraphChange,
    GraphEdge,
    GraphEdgeRequest,
    GraphRequest,
    Node,
    Pacing,
    RuntimeRisk,
    TriggerRule,
)

NODE = {
    "node_id": "a",
    "instrument": {"symbol": "ETH-USD"},
    "side": "buy",
    "quantity": {"fixed": {"qty_1e8": 100_000_000}},
}
UNIFORM = {"num_slices": 3, "interval_ms": 1_000}
SHARES = {"rate_bps": 1_000, "interval_ms": 1_000, "max_ms": 60_000}


@pytest.mark.parametrize(
    "pacing",
    [
        {"uniform": UNIFORM},
        {"uniform": UNIFORM | {"catch_up": "spread", "jitter_pct": 50, "slice_type": "passive"}},
        {"uniform": UNIFORM | {"slice_type": "passive", "passive_ms": 400}},
        {"profile": {"weights": [1, 0, 2], "interval_ms": 60_000}},
        {"participation": SHARES | {"finish": True}},
        {"iceberg": {"display_qty_1e8": 200_000_000, "variance_pct": 10}},
    ],
)
def test_every_pacing_is_read_and_sent_again(pacing):
    assert json.loads(Pacing.model_validate(pacing).to_json()) == pacing


@pytest.mark.parametrize(
    ("pacing", "says"),
    [
        ({}, "exactly one"),
        ({"uniform": UNIFORM, "iceberg": {"display_qty_1e8": 1}}, "exactly one"),
        ({"uniform": UNIFORM | {"num_slices": 1}}, "greater than or equal to 2"),
        ({"uniform": UNIFORM | {"num_slices": 501}}, "less than or equal to 500"),
        ({"uniform": UNIFORM | {"interval_ms": 99}}, "greater than or equal to 100"),
        ({"uniform": UNIFORM | {"jitter_pct": 51}}, "less than or equal to 50"),
        ({"uniform": UNIFORM | {"catch_up": "all"}}, "'none', 'next' or 'spread'"),
        ({"uniform": UNIFORM | {"passive_ms": 5}}, "slice_type passive"),
        ({"uniform": UNIFORM | {"slice_type": "passive", "passive_ms": 1_001}}, "at most"),
        ({"profile": {"weights": [], "interval_ms": 100}}, "at least 1 item"),
        ({"profile": {"weights": [0, 0], "interval_ms": 100}}, "above 0"),
        ({"profile": {"weights": [1, -1], "interval_ms": 100}}, "greater than or equal to 0"),
        ({"profile": {"weights": [1] * 501, "interval_ms": 100}}, "at most 500 items"),
        ({"participation": SHARES | {"rate_bps": 5_001}}, "less than or equal to 5000"),
        ({"participation": SHARES | {"max_ms": 999}}, "at least interval_ms"),
        ({"iceberg": {"display_qty_1e8": 0}}, "greater than or equal to 1"),
        ({"iceberg": {"display_qty_1e8": 1, "variance_pct": 51}}, "less than or equal to 50"),
    ],
)
def test_a_pacing_outside_its_ranges_is_refused(pacing, says):
    with pytest.raises(pydantic.ValidationError, match=says):
        Pacing.model_validate(pacing)


@pytest.mark.parametrize(
    "trigger",
    [
        {"on_timeout": {"ms": 0}},
        {"on_price": {"lte_1e9": 5, "reference": "ask", "venue": "kraken", "arm": "on_accepted"}},
        {"on_trail": {"distance_bps": 100, "side": "below"}},
        {"on_trail": {"distance_1e9": 7, "side": "above", "activate_1e9": 9, "reference": "mark"}},
        {"at": {"ns": 1_776_657_000_000_000_000}},
    ],
)
def test_every_trigger_with_a_value_is_read_and_sent_again(trigger):
    assert json.loads(TriggerRule.model_validate(trigger).to_json()) == trigger


@pytest.mark.parametrize(
    ("trigger", "says"),
    [
        ({"on_price": {"lte_1e9": 5, "gte_1e9": 5}}, "exactly one of lte_1e9, gte_1e9"),
        ({"on_price": {"reference": "mid"}}, "exactly one of lte_1e9, gte_1e9"),
        ({"on_price": {"lte_1e9": 5, "reference": "index"}}, "'mid', 'bid', 'ask', 'last'"),
        ({"on_price": {"lte_1e9": 5, "venue": "moon"}}, "unknown venue"),
        ({"on_price": {"lte_1e9": 5, "arm": "on_cancel"}}, "on_full_fill"),
        ({"on_trail": {"side": "below"}}, "exactly one of distance_1e9, distance_bps"),
        ({"on_trail": {"distance_bps": 1}}, "required"),
        ({"on_trail": {"distance_bps": 10_001, "side": "below"}}, "10000"),
        ({"at": {"ns": 1_776_657_000}}, "nanoseconds"),
        ({"on_timeout": {"ms": 1}, "at": {"ns": 10**18}}, "exactly one"),
    ],
)
def test_a_trigger_that_says_no_one_thing_is_refused(trigger, says):
    with pytest.raises(pydantic.ValidationError, match=says):
        TriggerRule.model_validate(trigger)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"order_type": {}}, "exactly one of limit, peg"),
        ({"order_type": {"limit": {"price_1e9": 1}, "peg": {"to": "bid"}}}, "exactly one"),
        ({"order_type": {"peg": {"to": "last"}}}, "'bid', 'ask' or 'mid'"),
        ({"order_type": {"peg": {"to": "bid", "limit_1e9": 0}}}, "greater than or equal to 1"),
        ({"quantity": {"position": {"ratio": 2}}}, "ratio"),
        ({"node_id": "@start"}, "1 to 128"),
        ({"execution": {"reserve": "later"}}, "at_submit"),
    ],
)
def test_a_node_that_cannot_be_an_order_is_refused(more, says):
    with pytest.raises(pydantic.ValidationError, match=says):
        Node.model_validate(NODE | more)


def test_a_pegged_node_may_lie_on_either_side_of_its_price():
    peg = {"peg": {"to": "bid", "offset_1e9": -5, "limit_1e9": 9}}
    assert json.loads(Node.model_validate(NODE | {"order_type": peg}).to_json()) == NODE | {
        "order_type": peg
    }


def test_the_start_is_a_source_and_no_target():
    edge = {"from_node": "@start", "to_node": "a", "trigger": "on_accepted"}
    assert GraphEdgeRequest.model_validate(edge).from_node == "@start"
    for row in ({"from_node": "a", "to_node": "@start"}, {"from_node": "@stop", "to_node": "a"}):
        with pytest.raises(pydantic.ValidationError, match="1 to 128"):
            GraphEdgeRequest.model_validate(edge | row)


def test_a_null_is_the_same_as_a_key_that_is_left_out():
    edge = {"from_node": "a", "to_node": "b", "trigger": {"on_price": {"lte_1e9": 5}}}
    nulls = {"edge_id": None, "sizing": None, "condition": None, "action": None}
    nulled = edge | nulls | {"trigger": {"on_price": {"lte_1e9": 5, "venue": None, "arm": None}}}
    assert GraphEdgeRequest.model_validate(nulled) == GraphEdgeRequest.model_validate(edge)


def test_an_edge_amend_says_something():
    with pytest.raises(pydantic.ValidationError, match="amend with no fields"):
        EdgeAmendRequest.model_validate({"expected_version": 1})
    moved = EdgeAmendRequest.model_validate({"trigger": {"on_price": {"lte_1e9": 5}}})
    assert moved.condition is None


def test_a_hedge_has_a_second_unless_another_time_is_given():
    assert RuntimeRisk().unhedged_grace_ms == 1_000
    assert RuntimeRisk.model_validate({"unhedged_grace_ms": 0}).unhedged_grace_ms == 0
    with pytest.raises(pydantic.ValidationError, match="600000"):
        RuntimeRisk.model_validate({"unhedged_grace_ms": 600_001})


def test_a_graph_has_at_most_a_hundred_nodes():
    nodes = [NODE | {"node_id": f"n{i}"} for i in range(101)]
    GraphRequest.model_validate({"nodes": nodes[:100]})
    with pytest.raises(pydantic.ValidationError, match="at most 100"):
        GraphRequest.model_validate({"nodes": nodes})


def test_a_change_inside_a_graph_keeps_the_word_of_the_wire():
    row = {"graph_id": "g", "event": "node", "node_id": "a", "edge_id": None, "cause_seq": 7}
    row |= {"from": "WAITING", "to": "WORKING", "ts_ns": 5}
    change = GraphChange.trusted(dict(row))
    assert (change.from_, change.to) == ("WAITING", "WORKING")
    assert json.loads(change.to_json()) == row
    assert GraphChange.from_json(change.to_json()) == change


def test_an_edge_of_an_older_server_has_what_it_does_not_say():
    row = {"edge_id": "e", "from_node": "a", "to_node": "b", "trigger": "on_fill", "condition": {}}
    row |= {"sizing": "target", "action": "activate", "fired_count": 0, "spent": False}
    row |= {"residual_qty_1e8": 0, "last_fired_unix_ns": None}
    assert GraphEdge.trusted(row).version == 1
