"""Under a used id every other body is refused, whichever of its values differs."""

import json
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from pydantic import BaseModel

from sequence.sandbox import Sandbox
from sequence.server import serving
from sequence.types import GraphRequest, SimpleOrderRequest
from tests.server.conftest import Api

BTC = {"symbol": "BTC-USD", "type": "spot", "venue": "kraken"}
FIXED = {"fixed": {"qty_1e8": 10**6}}
LIMIT = {"limit": {"price_1e9": 40_000 * 10**9}}


def node(name: str, **keys: Any) -> dict[str, Any]:
    return {"node_id": name, "instrument": BTC, "side": "buy", "quantity": FIXED} | keys


def paced(**pacing: Any) -> dict[str, Any]:
    body = {"symbol": "BTC-USD", "side": "buy", "qty": 0.5, "price": 40000}
    return body | {"order_type": "limit", "pacing": pacing}


def edge(trigger: Any = "on_full_fill", **keys: Any) -> dict[str, Any]:
    return {"edge_id": "e", "from_node": "a", "to_node": "b", "trigger": trigger} | keys


def pair(*edges: dict[str, Any], size: Any = FIXED, **keys: Any) -> dict[str, Any]:
    first = node("a", order_type=LIMIT)
    return {"nodes": [first, node("b", quantity=size) | keys, node("c")], "edges": list(edges)}


BOUND = {"reference": "bid", "venue": "kraken", "arm": "on_accepted"}
TRAIL = BOUND | {"side": "below", "activate_1e9": 60_000 * 10**9}
FROM_EDGE: Final[dict[str, Any]] = {"size": {"from_edge": {}}}
BODIES: dict[str, dict[str, Any]] = {
    "simple": {
        "symbol": "BTC-USD", "side": "buy", "qty": 0.5, "price": 40000, "venue": "kraken",
        "order_type": "limit", "instrument_type": "spot", "policy": "sor", "urgency": "medium",
        "max_slippage_bps": 5_000, "horizon_ms": 60_000, "tif": "gtc", "metadata": {"a": {"b": 1}},
        "tag": "mine", "wallet_id": "turnkey:0x1", "sandbox": True, "is_sandbox": True,
    },
    "in dollars": {"symbol": "BTC-USD", "side": "buy", "notional": 500},
    "an exit": {
        "symbol": "BTC-USD-PERP", "side": "sell", "qty": 0.5, "price": 90000,
        "venue": "hyperliquid", "reduce_only": True,
    },
    "slices": paced(uniform={
        "num_slices": 4, "interval_ms": 1_000, "catch_up": "next", "jitter_pct": 5,
        "slice_type": "passive", "passive_ms": 500,
    }),
    "weights": paced(profile={"weights": [1, 2], "interval_ms": 1_000}),
    "a share of trades": paced(
        participation={"rate_bps": 100, "interval_ms": 1_000, "max_ms": 9_000, "finish": True}
    ),
    "iceberg": paced(iceberg={"display_qty_1e8": 10**6, "variance_pct": 5}),
    "chase": paced(aggressive_chase={"interval_ms": 300}),
    "paced, with the rest": paced(profile={"weights": [1, 2], "interval_ms": 1_000})
    | {"metadata": {"a": 1}, "wallet_id": "w", "urgency": "low", "max_slippage_bps": 50},
    "one node": {
        "nodes": [node("a", order_type=LIMIT, activation="root", join="any", execution={
            "policy": "sor", "urgency": "low", "max_slippage_bps": 5_000, "horizon_ms": 60_000,
            "tif": "gtc", "reduce_only": False, "reserve": "at_activation",
        })],
        "wallet_id": "turnkey:0x1", "metadata": {"a": 1}, "tag": "mine",
        "sandbox": True, "is_sandbox": True,
    },
    "a node in dollars": {"nodes": [node("a", quantity={"notional": {"usd_1e9": 10**11}})]},
    "pegged": {"nodes": [node("a", order_type={
        "peg": {"to": "bid", "offset_1e9": -10**9, "limit_1e9": 40_000 * 10**9}
    })]},
    "a node with slices": {"nodes": [node("a", execution={"pacing": {
        "uniform": {"num_slices": 4, "interval_ms": 1_000, "slice_type": "passive"}
    }})]},
    "limits": {
        "nodes": [node("a", order_type=LIMIT)],
        "risk": {
            "admission": {
                "max_notional_usd": 10**6, "max_order_notional_usd": 10**6,
                "allowed_venues": ["kraken", "coinbase"],
            },
            "pre_trade": {
                "max_order_notional_usd": 10**6, "max_price_deviation_bps": 4_000,
                "max_spread_bps": 500, "max_quote_age_ms": 10**6, "max_position_qty": 1_000,
            },
            "runtime": {
                "max_loss_usd": 10**6, "max_unhedged_qty": 10, "unhedged_grace_ms": 2_000,
                "max_duration_ms": 10**6,
            },
            "on_failure": {"on_runtime_breach": "flatten", "on_node_reject": "cancel_all"},
        },
    },
    "an edge": pair(
        edge("on_fill_ratio", sizing="target", action="activate", condition={
            "fill_ratio_gte": 0.5, "fill_ratio_lt": 0.9, "price_gte_1e9": 10**9,
            "price_lte_1e9": 10**14, "spread_bps_lte": 50,
        }),
        join="all", activation="wait", execution={"reserve": "at_submit"}, order_type=LIMIT,
    ),
    "a timeout": pair(edge({"on_timeout": {"ms": 5_000}})) | {"wallet_id": "w"},
    "a time": pair(edge({"at": {"ns": 4 * 10**18}})),
    "a bound": pair(edge({"on_price": {"lte_1e9": 40_000 * 10**9} | BOUND})),
    "a bound above": pair(edge({"on_price": {"gte_1e9": 60_000 * 10**9} | BOUND})),
    "a trail": pair(edge({"on_trail": {"distance_1e9": 10**9} | TRAIL})),
    "a trail in bps": pair(edge({"on_trail": {"distance_bps": 50} | TRAIL})),
    "a cancel": {"nodes": [node("a", order_type=LIMIT), node("b", order_type=LIMIT)],
                 "edges": [edge(action="cancel")]},
    "of a fill": pair(edge("on_fill", sizing={"from_fill": {"ratio": 0.5}}), **FROM_EDGE),
    "of dollars": pair(edge("on_fill", sizing={"from_fill_notional": {"ratio": 0.5}}), **FROM_EDGE),
    "of what is filled": pair(edge(sizing={"from_filled": {"ratio": 0.5}}), **FROM_EDGE),
    "of the rest": pair(edge("on_cancel", sizing={"remaining": {"ratio": 0.5}}), **FROM_EDGE),
    "so many": pair(edge(sizing={"fixed": {"qty_1e8": 10**6}}), **FROM_EDGE),
    "so many dollars": pair(edge(sizing={"notional": {"usd_1e9": 10**11}}), **FROM_EDGE),
    "of a position": pair(edge(), size={"position": {"ratio": 0.5}}, side="sell"),
}  # fmt: skip
WORDS = (
    "sell", "buy", "coinbase", "binance", "aggressive_chase", "sor", "high", "day",
    "post_only", "ioc", "fok", "market", "ETH-USD", "ETH-USD-PERP", "other", "all_remaining",
    "none", "passive", "spread", "root", "wait", "all", "any", "at_submit", "at_activation",
    "ask", "bid",
    "above", "below", "on_first_fill", "on_accepted", "on_full_fill", "on_cancel", "on_fill",
    "cancel", "activate", "cancel_all", "continue", "flatten", "a", "b", "c", "@start", "perp",
)  # fmt: skip
MEANS_NOTHING = {
    "order_type": "a price says it", "instrument_type": "the symbol says it",
    "type": "the symbol says it", "activation": "the edges say it",
    "sandbox": "the key says it", "is_sandbox": "the key says it",
    "policy": "chasing alone paces, and a paced order says how itself",
}  # fmt: skip

LINKED = ("node_id", "to_node", "action", "fill_ratio_lt", "slice_type", "sizing")
"""Values that others of the same body may rule: alone they change elsewhere."""


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """Books that stand still, so that every body is admitted whenever it comes."""
    with Sandbox(clock="manual", preset="instant", market="manual") as sandbox:
        for venue, symbol in (("kraken", "BTC-USD"), ("hyperliquid", "BTC-USD-PERP")):
            sandbox.market.snapshot(venue, symbol, bids=[(50_000, 9)], asks=[(50_001, 9)])
        with serving(sandbox) as url:
            yield Api(sandbox, url)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in items:
        if isinstance(part, dict | list) and part:
            yield from leaves(part, (*path, key))
        elif not isinstance(part, dict | list):
            yield (*path, key), part


def others(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value - 1] if isinstance(value, int) else [value + 0.125]
    return [word for word in WORDS if word != value]


def changed(body: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    body = deepcopy(body)
    place: Any = body
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return body


def sent(api: Api, body: dict[str, Any]) -> int:
    return api("POST", "/v1/orders", json.dumps(body | {"graph_id": "same"})).status


def answer(api: Api, body: dict[str, Any], path: tuple[Any, ...], value: Any) -> int:
    """The first answer to another value there that is no refusal of the value itself."""
    answers = (sent(api, changed(body, path, other)) for other in others(value))
    return next((status for status in answers if status != 422), 422)


@pytest.mark.parametrize("name", BODIES)
def test_every_value_of_a_body_makes_it_another_one(fresh: Api, name: str) -> None:
    body = BODIES[name]
    fresh("POST", "/v1/sandbox/reset")
    if body.get("reduce_only"):
        bought = {"symbol": "BTC-USD-PERP", "side": "buy", "qty": 0.5, "venue": "hyperliquid"}
        assert fresh("POST", "/v1/orders", json.dumps(bought)).status == 200
    assert sent(fresh, body) == 200
    for path, value in leaves(body):
        found = answer(fresh, body, path, value)
        assert found != 200 or path[-1] in MEANS_NOTHING, path
        assert found == 409 or path[-1] in {*MEANS_NOTHING, *LINKED}, (path, found)
    assert sent(fresh, body) == 200


def models(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from models(field.annotation)
    for part in get_args(kind):
        yield from models(part)


def said(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, BaseModel):
        for name in value.model_fields_set:
            yield type(value).__name__, name
            yield from said(getattr(value, name))
    elif isinstance(value, list):
        for part in value:
            yield from said(part)


def parsed(body: dict[str, Any]) -> BaseModel:
    model = GraphRequest if "nodes" in body else SimpleOrderRequest
    return model.model_validate(json.loads(json.dumps(body), parse_float=Decimal))


def test_no_value_of_a_body_is_left_out_above() -> None:
    every = [parsed(body) for body in BODIES.values()]
    found = {place for body in every for place in said(body)}
    known = {
        (model.__name__, name)
        for request in (SimpleOrderRequest, GraphRequest)
        for model in models(request)
        for name in model.model_fields
    }
    assert {place for place in known - found if place[1] != "graph_id"} == set()


def test_a_wallet_is_known_after_a_restart_and_after_an_amend(tmp_path: Path) -> None:
    body = {"symbol": "BTC-USD", "side": "buy", "qty": 0.5, "price": 40_000, "venue": "kraken"}
    book = ("kraken", "BTC-USD", [(50_000, 9)], [(50_001, 9)])
    named = body | {"wallet_id": "mine"}
    for start in range(2):
        sandbox = Sandbox(clock="manual", market="manual", store=tmp_path / "kept.db")
        with sandbox, serving(sandbox) as url:
            api = Api(sandbox, url)
            if not start:
                sandbox.market.snapshot(*book)
                assert sent(api, named) == 200
                sandbox.clock.advance(seconds=1)
                sandbox.client().amend("graph:same:order:1", new_qty="0.7")
            assert [sent(api, other) for other in (body, named | {"wallet_id": "hers"})] == [
                409
            ] * 2
            assert sent(api, named) == 200
