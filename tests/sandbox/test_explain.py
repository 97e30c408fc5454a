"""Fills prove themselves, and orders say why they wait."""

import json
from collections.abc import Iterator

import pytest

from sequence import explain, verify
from sequence.sandbox import Sandbox
from sequence.types import Fill


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="instant") as sandbox:
        yield sandbox


def test_every_fill_of_the_demo_market_is_rebuilt_from_its_record(sandbox: Sandbox) -> None:
    client = sandbox.client()
    for symbol, qty in [("BTC-USD", "0.5"), ("KXBTCZ-26DEC31-T99000:YES", "20"), ("SOL-USD", "40")]:
        client.buy(symbol, qty).wait()
        client.sell(symbol, qty).wait()
    fills = client.fills().fills
    assert len(fills) >= 6
    assert [verify(fill) for fill in fills] == [[]] * len(fills)


def test_a_record_survives_json_and_a_changed_one_is_found_out(sandbox: Sandbox) -> None:
    client = sandbox.client()
    order = client.buy("BTC-USD", "0.5").wait()
    fill = order.fills()[0]
    copy = Fill.model_validate(json.loads(fill.to_json()))
    assert verify(copy) == []
    copy.evidence["px_1e9"] += 1
    assert verify(copy)


def test_an_explanation_is_a_few_lines_for_a_person(sandbox: Sandbox) -> None:
    client = sandbox.client()
    order = client.buy("BTC-USD", "0.5").wait()
    told = order.explain()
    assert told.startswith("buy BTC-USD: FILLED, filled 0.5 of 0.5")
    assert "the record adds up" in told
    assert explain(order.fills()[0]) in told


def test_a_waiting_order_names_its_one_reason(sandbox: Sandbox) -> None:
    client = sandbox.client()
    order = client.buy("BTC-USD", "0.01", limit_price="50000", venue="kraken")
    assert "NOT_AT_TOUCH" in order.explain()


@pytest.mark.parametrize(
    "told",
    [
        {"price_1e9": 1},
        {"qty_1e8": 1},
        {"fee_1e9": 0},
        {"fee_usd_1e9": 0},
        {"notional_usd_1e9": 1},
        {"side": "sell"},
        {"venue": "elsewhere"},
        {"symbol": "ETH-USD"},
        {"node_order_id": "graph:other:order:1"},
        {"ts_ns": 1},
        {"is_maker": True},
    ],
    ids=lambda told: next(iter(told)),
)
def test_a_fill_that_says_something_else_than_its_record_is_found_out(
    sandbox: Sandbox, told: dict[str, object]
) -> None:
    fill = sandbox.client().buy("BTC-USD", "0.5").wait().fills()[0]
    assert verify(fill) == []
    found = verify(fill.model_copy(update=told))
    assert len(found) == 1
    assert found[0].startswith(f"{next(iter(told))}: the fill says")
