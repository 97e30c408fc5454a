"""What the server lets in: strict types, exact decimals, ranges, and messages that name fields."""

from decimal import Decimal
from typing import Any

import pydantic
import pytest

from sequence import _operations as ops
from sequence.types import (
    FeesQuery,
    FillsQuery,
    GraphRequest,
    OrdersQuery,
    PositionsQuery,
    QuoteQuery,
    QuotesQuery,
    SandboxSettingsRequest,
    SimpleOrderRequest,
    is_unknown_venue,
    issues_of,
)

_SLICES = "pacing.uniform.num_slices"
_RATIO = "edges[0].condition.fill_ratio_gte"
_SHARE = "edges[0].sizing.remaining.ratio"
BUY = {"symbol": "BTC-USD", "side": "buy"}
NODE = {
    "node_id": "spot",
    "instrument": {"symbol": "ETH-USD"},
    "side": "buy",
    "quantity": {"fixed": {"qty_1e8": 100_000_000}},
}


def refusal(operation: ops.Operation[Any], body: object) -> list[tuple[str, str]]:
    with pytest.raises(pydantic.ValidationError) as caught:
        operation.read_body(body)
    return [(issue.field, issue.message) for issue in issues_of(caught.value)]


@pytest.mark.parametrize(
    ("qty", "expected"),
    [
        (Decimal("0.29"), 29_000_000),
        (Decimal("1E-8"), 1),
        (1, 100_000_000),
        (Decimal("0.100000000"), 10_000_000),
    ],
)
def test_a_quantity_is_read_from_its_decimal_text(qty: object, expected: int):
    body = ops.SUBMIT_ORDER.read_body({**BUY, "qty": qty})
    assert isinstance(body, SimpleOrderRequest)
    assert body.qty_1e8 == expected


@pytest.mark.parametrize(
    ("qty", "message"),
    [
        (0, "must be > 0"),
        (Decimal("-0.0"), "must be > 0"),
        (-1, "must be > 0"),
        (True, "must be a number"),
        ("1", "must be a number"),
        (1.5, "must be a number"),
        ([1], "must be a number"),
        ({}, "must be a number"),
        (Decimal("NaN"), "must be a number"),
        (Decimal("0.30000000000000004"), "has more than 8 decimals"),
        (Decimal("1E-9"), "has more than 8 decimals"),
        (Decimal("1E-400"), "has more than 8 decimals"),
        (Decimal("1E-99999999"), "has more than 8 decimals"),
        (Decimal("1E400"), "must be <= 90000000000"),
        (Decimal("-1E400"), "must be > 0"),
        pytest.param(10**5000, "must be <= 90000000000", id="5001 digits"),
        pytest.param(-(10**5000), "must be > 0", id="minus 5001 digits"),
    ],
)
def test_a_bad_quantity_names_the_field_and_the_rule(qty: object, message: str):
    assert refusal(ops.SUBMIT_ORDER, {**BUY, "qty": qty}) == [("qty", message)]


@pytest.mark.parametrize("value", [Decimal("1.0"), Decimal("1E2"), "100", True, 1.0, [1]])
def test_a_scaled_integer_takes_integer_literals_only(value: object):
    assert refusal(ops.AMEND_ORDER, {"new_qty_1e8": value}) == [
        ("new_qty_1e8", "must be an integer")
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, "must be >= 1"),
        (-1, "must be >= 1"),
        (2**63 - 1, "must be <= 9000000000000000000"),
        (2**63, "must be <= 9000000000000000000"),
        pytest.param(10**5000, "must be <= 9000000000000000000", id="5001 digits"),
    ],
)
def test_a_scaled_integer_out_of_range_names_the_bound(value: int, message: str):
    assert refusal(ops.AMEND_ORDER, {"new_qty_1e8": value}) == [("new_qty_1e8", message)]


@pytest.mark.parametrize("price", [0, Decimal("0.0"), Decimal("-0.0"), -1])
def test_a_price_of_zero_is_refused_and_never_a_market_order(price: object):
    assert refusal(ops.SUBMIT_ORDER, {**BUY, "qty": 1, "price": price}) == [
        ("price", "must be > 0")
    ]


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"max_slippage_bps": 0}, "max_slippage_bps"),
        ({"max_slippage_bps": 10_001}, "max_slippage_bps"),
        ({"horizon_ms": 0}, "horizon_ms"),
        ({"horizon_ms": 2**63}, "horizon_ms"),
        ({"urgency": "LOW"}, "urgency"),
        ({"policy": "twap"}, "policy"),
        ({"reduce_only": 1}, "reduce_only"),
        ({"graph_id": ""}, "graph_id"),
        ({"graph_id": "graph"}, "graph_id"),
        ({"graph_id": "a:b"}, "graph_id"),
        ({"graph_id": "x" * 129}, "graph_id"),
        ({"graph_id": "ü"}, "graph_id"),
        ({"metadata": {"x": "y" * 17_000}}, "metadata"),
        ({"metadata": []}, "metadata"),
        ({"client_order_id": "1"}, "client_order_id"),
        (
            {"pacing": {"uniform": {"num_slices": 1, "interval_ms": 100}}},
            _SLICES,
        ),
        ({"wallet_id": "w" * 600}, "wallet_id"),
    ],
)
def test_a_bad_option_is_named(extra: dict[str, object], field: str):
    assert [row[0] for row in refusal(ops.SUBMIT_ORDER, {**BUY, "qty": 1, **extra})] == [field]


@pytest.mark.parametrize(
    "symbol",
    [
        "\u0412\u0422\u0421-USD",
        "\uff22\uff34\uff23-USD",
        "BTC\u200b-USD",
        " BTC-USD",
        "BTC-USD\x00",
        "",
        "x" * 129,
    ],
)
def test_a_symbol_is_plain_ascii(symbol: str):
    assert [row[0] for row in refusal(ops.SUBMIT_ORDER, {**BUY, "symbol": symbol, "qty": 1})] == [
        "symbol"
    ]


def test_an_error_message_never_repeats_raw_control_characters():
    [(_, message)] = refusal(ops.SUBMIT_ORDER, {**BUY, "symbol": "\x1b[31mX\n", "qty": 1})
    assert message == 'unknown symbol "\\u001b[31mX\\n"'


def test_a_market_url_is_a_symbol():
    url = "https://polymarket.com/event/will-it-rain?tid=1"
    assert ops.SUBMIT_ORDER.read_body({**BUY, "symbol": url, "qty": 1})


def test_an_unknown_venue_names_the_known_ones():
    [(field, message)] = refusal(ops.SUBMIT_ORDER, {**BUY, "qty": 1, "venue": "foo"})
    assert (field, message[:45]) == ("venue", 'unknown venue "foo"; known: binance, bitget, ')


def test_an_unknown_field_is_named_also_when_null():
    assert refusal(ops.SUBMIT_ORDER, {**BUY, "qty": 1, "foo": None}) == [("foo", "unknown field")]


def test_null_is_the_same_as_absent():
    absent = ops.SUBMIT_ORDER.read_body({**BUY, "qty": 1})
    nulls = {"price": None, "venue": None, "reduce_only": None, "policy": None, "sandbox": None}
    assert ops.SUBMIT_ORDER.read_body({**BUY, "qty": 1, **nulls}) == absent


def test_null_does_not_stand_for_a_required_field():
    assert refusal(ops.SUBMIT_ORDER, {**BUY, "side": None, "qty": 1})[0][0] == "side"


@pytest.mark.parametrize("body", [[], None, "x", 1])
def test_a_body_is_an_object(body: object):
    assert refusal(ops.SUBMIT_ORDER, body) == [("body", "must be a JSON object")]


@pytest.mark.parametrize(
    ("extra", "name", "part"),
    [
        ({}, "qty", "exactly one of qty and notional"),
        ({"qty": 1, "notional": 1}, "qty", "exactly one of qty and notional"),
        ({"qty": 1, "sandbox": True, "is_sandbox": False}, "sandbox", "are the same flag"),
        ({"qty": 1, "order_type": "limit"}, "price", "needs a price"),
        ({"qty": 1, "order_type": "market", "price": 1}, "price", "takes no price"),
        ({"qty": 1, "tif": "post_only"}, "tif", "cannot be post_only"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(
    extra: dict[str, object], name: str, part: str
):
    [(field, message)] = refusal(ops.SUBMIT_ORDER, {**BUY, **extra})
    assert field == name
    assert part in message


def test_a_time_in_force_may_have_any_case():
    body = ops.SUBMIT_ORDER.read_body({**BUY, "qty": 1, "tif": "IOC"})
    assert isinstance(body, SimpleOrderRequest)
    assert body.tif == "ioc"


def test_a_body_with_nodes_is_a_graph_and_takes_no_symbol():
    assert isinstance(ops.SUBMIT_ORDER.read_body({"nodes": [NODE]}), GraphRequest)
    assert refusal(ops.SUBMIT_ORDER, {"nodes": [NODE], "symbol": "X"}) == [
        ("symbol", "unknown field")
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"node_id": "a:b"}, "nodes[0].node_id"),
        ({"node_id": "order.s1"}, "nodes[0].node_id"),
        ({"order_type": {"limit": {"price_1e9": 0}}}, "nodes[0].order_type.limit.price_1e9"),
        ({"order_type": "stop"}, "nodes[0].order_type"),
        ({"quantity": {}}, "nodes[0].quantity"),
        ({"quantity": {"fixed": {"qty_1e8": Decimal("1.0")}}}, "nodes[0].quantity.fixed.qty_1e8"),
        ({"quantity": {"fixed": {"qty_1e8": 1}, "from_edge": {}}}, "nodes[0].quantity"),
        ({"execution": {"max_price_1e9": 1}}, "nodes[0].execution.max_price_1e9"),
        ({"instrument": {"symbol": "X", "venue": "foo"}}, "nodes[0].instrument.venue"),
    ],
)
def test_a_bad_node_names_its_path(change: dict[str, object], field: str):
    rows = refusal(ops.SUBMIT_ORDER, {"nodes": [{**NODE, **change}]})
    assert [row[0] for row in rows] == [field]


def test_an_unknown_trigger_is_told_all_of_them():
    edge = {"from_node": "spot", "to_node": "hedge", "trigger": "on_prices"}
    [(_, message)] = refusal(ops.SUBMIT_ORDER, {"nodes": [NODE], "edges": [edge]})
    words = "on_accepted on_first_fill on_fill on_full_fill on_fill_ratio on_cancel on_reject "
    words += "on_expire on_done on_timeout on_price on_trail at"
    assert all(word in message for word in words.split())
    assert "did you mean on_price" in message


@pytest.mark.parametrize(
    ("edge", "field"),
    [
        ({"trigger": "fill_pct"}, "edges[0].trigger"),
        ({"trigger": {"on_timeout": {"ms": -1}}}, "edges[0].trigger.on_timeout.ms"),
        ({"trigger": {"on_price": {}}}, "edges[0].trigger.on_price"),
        ({"trigger": "on_fill_ratio"}, _RATIO),
        (
            {"trigger": "on_fill", "condition": {"fill_ratio_gte": 0}},
            _RATIO,
        ),
        (
            {"trigger": "on_fill", "condition": {"fill_ratio_gte": Decimal("1.0000001")}},
            _RATIO,
        ),
        (
            {"trigger": "on_fill", "condition": {"fill_ratio_gte": "0.5"}},
            _RATIO,
        ),
        ({"trigger": "on_fill", "sizing": "all"}, "edges[0].sizing"),
        (
            {"trigger": "on_fill", "sizing": {"remaining": {"ratio": 101}}},
            _SHARE,
        ),
    ],
)
def test_a_bad_edge_names_its_path(edge: dict[str, object], field: str):
    body = {"nodes": [NODE], "edges": [{"from_node": "spot", "to_node": "hedge", **edge}]}
    assert [row[0] for row in refusal(ops.SUBMIT_ORDER, body)] == [field]


def test_a_full_graph_is_read_and_written_the_same():
    body = {
        "graph_id": "g-1",
        "nodes": [NODE, {**NODE, "node_id": "hedge", "order_type": {"limit": {"price_1e9": 5}}}],
        "edges": [
            {
                "from_node": "spot",
                "to_node": "hedge",
                "trigger": "on_fill_ratio",
                "condition": {"fill_ratio_gte": Decimal("0.5")},
                "sizing": {"from_filled": {"ratio": Decimal("1.25")}},
            }
        ],
        "risk": {"admission": {"max_notional_usd": 500_000}},
    }
    found = ops.SUBMIT_ORDER.read_body(body)
    assert b'"ratio":1.25' in found.to_json()
    assert b'"condition":{"fill_ratio_gte":0.5}' in found.to_json()


PAPER = {"venue": "kalshi", "kind": "event_contract", "symbol": "KXFOO-BAR:YES", "qty": 1}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"venue": "foo"}, "venue"),
        ({"kind": "stock"}, "kind"),
        ({"symbol": "KXFOO-BAR:yes"}, "symbol"),
        ({"symbol": ":YES"}, "symbol"),
        ({"symbol": "A:YES:NO"}, "symbol"),
        ({"kind": "fiat", "symbol": "usd"}, "symbol"),
        ({"kind": "perp", "symbol": "BTC-USD"}, "symbol"),
        ({"qty": -1}, "qty"),
        ({"qty": 2**63}, "qty"),
        ({"entry_price_usd": -1}, "entry_price_usd"),
        ({"entry_price_usd": Decimal("1.01")}, "entry_price_usd"),
        ({"entry_price_usd": Decimal("0.1234567891")}, "entry_price_usd"),
    ],
)
def test_a_bad_paper_position_names_its_path(change: dict[str, object], field: str):
    rows = refusal(ops.SANDBOX_POSITIONS, {"positions": [PAPER | change]})
    assert [row[0] for row in rows] == [f"positions[0].{field}"]


def test_a_perp_may_be_short_and_an_empty_list_is_allowed():
    short = {"venue": "okx", "kind": "perp", "symbol": "BTC-USD-PERP", "qty": Decimal("-0.5")}
    assert ops.SANDBOX_POSITIONS.read_body({"positions": [short]})
    assert ops.SANDBOX_POSITIONS.read_body({"positions": [], "replace": True})


def test_two_names_of_one_row_are_a_duplicate_with_a_row_per_index():
    text = "positions[0] and positions[1] name the same (venue, kind, symbol)"
    body = {"positions": [PAPER, PAPER | {"symbol": "KXFOO-BAR"}]}
    assert refusal(ops.SANDBOX_POSITIONS, body) == [("positions[0]", text), ("positions[1]", text)]


def test_at_most_twenty_issues_are_told():
    rows = refusal(ops.SANDBOX_POSITIONS, {"positions": [PAPER | {"qty": -1}] * 30})
    assert len(rows) == 20


@pytest.mark.parametrize(
    "balance", [0, -1, Decimal("1E30"), Decimal("0.123456789"), "1", True, None]
)
def test_a_bad_initial_balance_is_refused(balance: object):
    with pytest.raises(pydantic.ValidationError):
        SandboxSettingsRequest.model_validate({"initial_balance_usd": balance})


def test_an_amend_says_exactly_one_thing_about_the_size():
    assert "amend with no fields" in refusal(ops.AMEND_ORDER, {})[0][1]
    assert "not both" in refusal(ops.AMEND_ORDER, {"new_qty_1e8": 2, "reduce_by_1e8": 1})[0][1]


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (OrdersQuery, {"limit": "-1"}),
        (OrdersQuery, {"limit": "0"}),
        (OrdersQuery, {"limit": "501"}),
        (OrdersQuery, {"limit": "abc"}),
        (OrdersQuery, {"limit": "\uff11\uff12"}),
        (OrdersQuery, {"limit": "1_0"}),
        (OrdersQuery, {"limit": "+1"}),
        (OrdersQuery, {"limit": " 1"}),
        (OrdersQuery, {"limit": "9" * 5000}),
        (OrdersQuery, {"offset": str(2**63)}),
        (OrdersQuery, {"status": "FILLED,foo"}),
        (OrdersQuery, {"open": "yes"}),
        (QuoteQuery, {"depth": "0"}),
        (QuoteQuery, {"depth": "101"}),
        (QuotesQuery, {"max_age_s": "-1"}),
        (PositionsQuery, {"kinds": "fiat,,crypto"}),
        (PositionsQuery, {"kinds": "bond"}),
        (FillsQuery, {"since_ns": "0"}),
        (FillsQuery, {"since_ns": "1776657000"}),
        (FillsQuery, {"since_ns": "1776657000000"}),
        (FillsQuery, {"until_ns": "253370764800000000000"}),
        (FeesQuery, {}),
    ],
)
def test_a_bad_query_is_refused(model: type[pydantic.BaseModel], query: dict[str, str]):
    with pytest.raises(pydantic.ValidationError) as caught:
        model.model_validate(query)
    assert not is_unknown_venue(caught.value)


@pytest.mark.parametrize(
    ("model", "query"), [(OrdersQuery, {"venue": "foo"}), (PositionsQuery, {"venues": "okx,foo"})]
)
def test_an_unknown_venue_in_a_query_can_be_told_apart(
    model: type[pydantic.BaseModel], query: dict[str, str]
):
    with pytest.raises(pydantic.ValidationError) as caught:
        model.model_validate(query)
    assert is_unknown_venue(caught.value)


def test_a_query_ignores_what_it_does_not_know_and_has_aliases():
    query = OrdersQuery.model_validate({"foo": "1", "is_sandbox": "true", "status": "NEW,FILLED"})
    assert query.sandbox is True
    assert query.to_params() == {"sandbox": "true", "status": "NEW,FILLED"}
    assert QuotesQuery.model_validate({"symbol": "BTC-USD"}).symbols == ("BTC-USD",)
