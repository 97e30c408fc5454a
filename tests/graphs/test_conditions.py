"""Edges of orders that fail or run out, conditions of the market, and limits before each order."""

from decimal import Decimal
from typing import Any

import pytest

from sequence.sandbox.risk import risk_keys
from sequence.types import GraphRequest
from tests.graphs.world import FROM_EDGE, Json, World, after, e9, edge, gives, node


def test_a_rejected_order_starts_what_waits_for_that(world: World):
    world.submit(
        [node("first", "buy", 2), node("instead", "buy", FROM_EDGE), node("beside", "buy", 1)],
        [
            edge("@start", "first", after(1000)),
            edge("first", "instead", "on_reject", **gives("remaining")),
            edge("first", "beside", "on_full_fill"),
        ],
    )
    world.reject_next()
    world.wait(1000)
    assert world.statuses("first", "instead", "beside") == ["REJECTED", "FILLED", "SKIPPED"]
    assert world.filled("instead") == [2]


def test_an_order_that_ran_out_starts_what_waits_for_that(world: World):
    world.submit(
        [
            node("rests", "buy", 2, price=2300, execution={"horizon_ms": 2000}),
            node("instead", "buy", FROM_EDGE),
            node("refused", "buy", 1),
        ],
        [
            edge("rests", "instead", "on_expire", **gives("remaining")),
            edge("rests", "refused", "on_reject"),
        ],
    )
    world.trade("0.5", 2299)
    world.wait(2000)
    assert world.statuses("rests", "instead", "refused") == ["EXPIRED", "FILLED", "SKIPPED"]
    assert sum(world.filled("rests", "instead")) == 2


CONDITIONS: list[tuple[Json, bool]] = [
    ({"spread_bps_lte": 5}, True),
    ({"spread_bps_lte": 4}, False),
    ({"price_gte_1e9": e9(2310)}, True),
    ({"price_gte_1e9": e9(2311)}, False),
    ({"price_lte_1e9": e9(2310)}, True),
    ({"price_lte_1e9": e9(2309)}, False),
    ({"price_gte_1e9": e9(2300), "spread_bps_lte": 5}, True),
    ({"price_gte_1e9": e9(2300), "spread_bps_lte": 4}, False),
]


@pytest.mark.parametrize(("condition", "holds"), CONDITIONS)
def test_every_condition_must_hold_when_the_trigger_fires(
    world: World, condition: Json, holds: bool
):
    world.submit(
        [node("late", "buy", 1)], [edge("@start", "late", after(1000), condition=condition)]
    )
    world.wait(1000)
    (found,) = world.graph()["edges"]
    assert (found["spent"], found["fired_count"]) == (True, int(holds))
    assert world.statuses("late") == ["FILLED" if holds else "SKIPPED"]


def test_a_fill_whose_condition_is_false_waits_for_the_next(world: World):
    world.submit(
        [node("in", "buy", 2, price=2300), node("out", "sell", FROM_EDGE, "ETH-USD-PERP")],
        [edge("in", "out", "on_fill", condition={"fill_ratio_gte": 0.5})],
    )
    world.trade("0.5", 2299)
    before = world.filled("in", "out")
    world.trade(5, 2299)
    assert before[1] == 0
    assert world.filled("in") == [2]
    assert world.filled("out")[0] > 0


BEFORE: dict[str, tuple[Json, str]] = {
    "spread": ({"max_spread_bps": 4}, "RISK"),
    "notional": ({"max_order_notional_usd": 1000}, "RISK"),
    "deviation": ({"max_price_deviation_bps": 100}, "PRICE_DEVIATION"),
    "position": ({"max_position_qty": Decimal("1.5")}, "POSITION_LIMIT"),
    "age": ({"max_quote_age_ms": 999}, "STALE_VENUE"),
}


@pytest.mark.parametrize("limit", BEFORE)
def test_a_limit_is_looked_at_before_each_order_of_a_graph(world: World, limit: str):
    pre_trade, reason = BEFORE[limit]
    price = 2400 if limit == "deviation" else None
    nodes = [node("now", "buy", "0.4", price=2310.5), node("late", "buy", "1.2", price=price)]
    world.book(2310.4, 2310.5)
    body: Json = {"nodes": nodes, "edges": [], "risk": {"pre_trade": pre_trade}}
    risk: Any = risk_keys(GraphRequest.model_validate(body).risk)
    world.submit(nodes, [edge("@start", "late", after(1000))], risk=risk)
    world.book(2309.5, 2310.5)
    world.wait(1000)
    assert world.statuses("now", "late") == ["FILLED", "REJECTED"]
    assert world.node("late")["failure_reason"] == reason
    assert world.free("ETH") == Decimal("0.4")
