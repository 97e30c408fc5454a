"""Answers: read, wrapped and written without a digit lost."""

import json
from decimal import Decimal
from operator import attrgetter
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequence.sandbox import Sandbox
from sequence.types import (
    Fill,
    Graph,
    Lifecycle,
    Order,
    QuotesBatch,
    SandboxReset,
    SandboxSettings,
    SlippagePoint,
    SubmitResponse,
    SymbolList,
    Totals,
    VenueFee,
    Wire,
)
from sequence.types._base import exact_json

SUBMIT = {
    "graph_id": "g1",
    "status": "COMPLETED",
    "node_count": 1,
    "edge_count": 0,
    "is_sandbox": True,
}


def test_a_trusted_row_is_the_same_as_a_checked_one(make_order: Any):
    row = make_order().model_dump()
    trusted = SubmitResponse.trusted({**SUBMIT, "orders": [json.loads(json.dumps(row))]})
    checked = SubmitResponse.model_validate({**SUBMIT, "orders": [row]})
    assert trusted == checked
    assert trusted.to_json() == checked.to_json()
    assert trusted.orders[0].legs[0].venue == "binance"
    assert SubmitResponse.from_json(trusted.to_json()) == checked


def test_an_answer_ignores_keys_of_a_later_release(make_order: Any):
    row = make_order().model_dump() | {"new_key": {"x": 1}}
    assert Order.model_validate(row) == make_order()


def test_an_answer_cannot_be_changed(make_order: Any):
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        make_order().status = "NEW"


def test_readable_twins_are_exact(make_order: Any):
    order = make_order(filled_qty_1e8=2_500_000, status="PARTIAL", limit_price_1e9=1)
    assert (order.qty, order.filled_qty) == (Decimal("0.1"), Decimal("0.025"))
    assert (order.avg_price, order.limit_price) == (Decimal("74349.45"), Decimal("1e-9"))
    assert (order.fill_pct, order.is_terminal) == (Decimal(25), False)
    assert make_order(avg_price_1e9=None).avg_price is None


def test_totals_beyond_64_bits_are_exact():
    names = [name for name in Totals.model_fields if name.endswith("_1e9")]
    row: dict[str, Any] = {}
    for name in names:
        row |= {name: 15 * 10**18, name.removesuffix("_1e9"): "15000000000.000000000"}
    totals = Totals.from_json(json.dumps(row))
    assert totals.nav_usd_1e9 == 15_000_000_000_000_000_000
    assert Totals.trusted(dict(row)).to_json() == totals.to_json()
    assert len(names) == 9


@pytest.mark.parametrize(
    ("balance", "text"),
    [
        (Decimal(100_000), "100000.0"),
        (Decimal("1E+9"), "1000000000.0"),
        (Decimal("1000000000.00000000"), "1000000000.0"),
        (Decimal("0.5"), "0.5"),
        (Decimal("90000000000.12345678"), "90000000000.12345678"),
    ],
)
def test_a_balance_shows_its_exact_digits(balance: Decimal, text: str):
    settings = SandboxSettings(initial_balance_usd=balance)
    assert settings.to_json() == f'{{"initial_balance_usd":{text}}}'.encode()
    assert SandboxSettings.from_json(settings.to_json()).initial_balance_usd == balance
    reset = SandboxReset(reset=True, initial_balance_usd=balance, venues_seeded=9)
    expected = f'{{"reset":true,"initial_balance_usd":{text},"venues_seeded":9}}'
    assert reset.to_json() == expected.encode()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values)
def test_exact_json_reads_back_as_the_same_numbers(value: object):
    assert json.loads(exact_json(value), parse_float=Decimal) == value


def test_keys_of_other_lifecycle_states_are_absent():
    assert Lifecycle(state="active").to_json() == b'{"state":"active"}'
    assert Lifecycle(state="closed", closed_at_ns=5).to_json() == (
        b'{"state":"closed","closed_at_ns":5}'
    )


def test_a_fee_in_bps_keeps_whole_numbers_whole():
    row = {"venue": "okx", "maker_bps": 2, "taker_bps": 5.5, "maker_rate_1e8": 20_000}
    row |= {"taker_rate_1e8": 55_000, "model": "bps", "effective_date": "2026-01-01"}
    assert (
        VenueFee.from_json(json.dumps(row)).to_json()
        == json.dumps(row, separators=(",", ":")).encode()
    )


def test_a_batch_holds_quotes_and_errors():
    nbbo = dict.fromkeys(("bid", "ask", "mid", "spread_bps", "bid_size", "ask_size"), 1.0)
    nbbo |= {"bid_1e9": 1, "ask_1e9": 1, "crossed": False, "live": True, "last_update_ns": 1}
    quote = {"symbol": "A", "nbbo": nbbo, "venues": {}, "book": None, "source": "edge_nbbo"}
    rows = [quote, {"symbol": "B", "error": "unknown symbol"}]
    batch = QuotesBatch.from_json(json.dumps({"quotes": rows, "count": 2, "elapsed_ms": 0}))
    assert [type(row).__name__ for row in batch.quotes] == ["Quote", "QuoteError"]
    assert json.loads(batch.to_json())["quotes"] == rows


def test_a_bare_array_is_an_answer_too():
    assert SymbolList.from_json(b"[]").to_json() == b"[]"


def test_a_graph_echoes_decimals_exactly():
    row: dict[str, Any] = dict.fromkeys(Graph.model_fields)
    row |= {
        "nodes": [],
        "edges": [],
        "metadata": {},
        "risk": {"x": Decimal("0.10000000000000000000001")},
    }
    text = Graph.trusted(row).to_json()
    assert b'"risk":{"x":0.10000000000000000000001}' in text


def test_every_answer_model_has_a_suffix_that_says_its_scale():
    models = [model for model in _subclasses(Wire) if model.__module__.startswith("sequence.types")]
    assert len(models) > 40
    unscaled = {"qty", "price", "fee", "notional", "amount"}
    for model in models:
        assert not unscaled & model.model_fields.keys(), model


def test_every_scaled_integer_has_its_exact_number_beside_it():
    for model in _subclasses(Wire):
        for name in model.model_fields:
            plain, _, scale = name.rpartition("_1e")
            if scale in ("8", "9") and plain not in model.model_fields:
                assert isinstance(getattr(model, plain), property), (model, name)
    point = SlippagePoint.trusted(
        {"notional_usd": 1, "slippage_bps": None, "avg_price_1e9": 1_500_000_000, "fillable": True}
    )
    assert attrgetter("avg_price")(point) == Decimal("1.5")
    nothing = point.model_copy(update={"avg_price_1e9": None})
    assert attrgetter("avg_price")(nothing) is None


def test_a_fill_reads_its_evidence_as_given():
    with Sandbox(preset="instant") as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.1")
        fill = client.fills().fills[0]
    assert fill.evidence.levels[0].taken_1e8 == fill.evidence["levels"][0]["taken_1e8"] == 10**7
    given = {"evidence": {"time": {"match_at_ns": 5}, "later": [1]}}
    read = Fill.model_validate(fill.model_dump() | given)
    assert read.evidence == {"time": {"match_at_ns": 5}, "later": [1]}, "a hash covers all of it"
    assert read.evidence.time.match_at_ns == 5
    assert (read.evidence.queue, read.evidence.levels) == (None, [])
    assert json.loads(read.to_json())["evidence"] == read.evidence
    with pytest.raises(AttributeError, match="'FillEvidence' object has no attribute 'nothing'"):
        _ = read.evidence.nothing


def _subclasses(model: type[Wire]) -> list[type[Wire]]:
    return [found for child in model.__subclasses__() for found in [child, *_subclasses(child)]]
