"""Whatever decides a fill makes a request another one: sent again under a used id it is refused."""

from typing import Any

import pytest

from sequence.errors import ConflictError
from sequence.sandbox import Sandbox

BODY: dict[str, Any] = {
    "qty": "0.5", "limit_price": "40000", "venue": "kraken", "tif": "gtc", "graph_id": "same",
    "horizon_ms": 60_000, "max_slippage_bps": 5_000, "urgency": "medium",
}  # fmt: skip
OTHER: dict[str, Any] = {
    "qty": "0.6", "limit_price": "40001", "venue": "coinbase", "tif": "post_only",
    "horizon_ms": 60_001, "max_slippage_bps": 5_001, "urgency": "high",
}  # fmt: skip
LEFT_OUT = ("venue", "horizon_ms", "max_slippage_bps")
PERP: dict[str, Any] = {
    "qty": "0.5", "limit_price": "60000", "venue": "hyperliquid", "tif": "gtc", "graph_id": "perp",
}  # fmt: skip


def opened() -> Sandbox:
    sandbox = Sandbox(clock="manual", preset="instant", market="manual")
    for venue in ("kraken", "coinbase"):
        sandbox.market.snapshot(venue, "BTC-USD", bids=[(50_000, 1)], asks=[(50_001, 1)])
    perp = ("hyperliquid", "BTC-USD-PERP")
    sandbox.market.snapshot(*perp, bids=[(50_000, 1)], asks=[(50_001, 1)])
    return sandbox


def changes() -> list[Any]:
    flips = [pytest.param({name: value}, id=name) for name, value in OTHER.items()]
    flips += [pytest.param({name: None}, id=f"no {name}") for name in LEFT_OUT]
    return [*flips, pytest.param({"limit_price": None, "tif": "ioc"}, id="market")]


@pytest.mark.parametrize("change", changes())
@pytest.mark.parametrize("amended", [False, True])
def test_another_body_is_refused_and_the_same_one_answered(change: dict[str, Any], amended: bool):
    with opened() as sandbox:
        client = sandbox.client()
        first = client.buy("BTC-USD", **BODY)
        if amended:
            client.amend("graph:same:order:1", new_qty="0.7")
        with pytest.raises(ConflictError):
            client.buy("BTC-USD", **(BODY | change))
        again = client.buy("BTC-USD", **BODY)
        assert again.graph_id == first.graph_id
        assert client.orders().total == 1


@pytest.mark.parametrize("other", ["side", "symbol"])
def test_side_and_symbol_are_part_of_the_body(other: str):
    with opened() as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", **BODY)
        place = client.sell if other == "side" else client.buy
        with pytest.raises(ConflictError):
            place("BTC-USD" if other == "side" else "ETH-USD", **BODY)


def test_reduce_only_is_part_of_the_body():
    with opened() as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD-PERP", qty="0.5", venue="hyperliquid")
        client.sell("BTC-USD-PERP", **PERP)
        with pytest.raises(ConflictError):
            client.sell("BTC-USD-PERP", **PERP, reduce_only=True)


@pytest.mark.parametrize(("name", "smallest"), [("max_slippage_bps", 1), ("horizon_ms", 1)])
def test_the_smallest_value_is_not_the_same_as_none(name: str, smallest: int):
    body = {key: value for key, value in BODY.items() if key not in LEFT_OUT}
    with opened() as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", **body)
        with pytest.raises(ConflictError):
            client.buy("BTC-USD", **body, **{name: smallest})


RISK: dict[str, dict[str, Any]] = {
    "admission": {
        "max_order_notional_usd": 100_000, "max_notional_usd": 200_000,
        "allowed_venues": ["kraken"],
    },
    "pre_trade": {
        "max_order_notional_usd": 100_000, "max_spread_bps": 500, "max_position_qty": 1_000,
        "max_price_deviation_bps": 4_000, "max_quote_age_ms": 100_000,
    },
}  # fmt: skip
SETTINGS = [(part, name) for part, names in RISK.items() for name in names]


@pytest.mark.parametrize(("part", "name"), SETTINGS)
@pytest.mark.parametrize("is_set", [True, False])
def test_every_limit_of_an_order_is_part_of_the_body(part: str, name: str, is_set: bool):
    node = {"node_id": "a", "instrument": {"symbol": "BTC-USD"}, "side": "buy"}
    node |= {"quantity": {"fixed": {"qty_1e8": 10**6}}}
    known = RISK[part][name]
    changed = {key: value for key, value in RISK[part].items() if key != name}
    if is_set:
        changed[name] = ["kraken", "coinbase"] if isinstance(known, list) else known + 1
    with opened() as sandbox:
        client = sandbox.client()
        first = client.submit_graph([node], graph_id="same", risk=RISK)
        with pytest.raises(ConflictError):
            client.submit_graph([node], graph_id="same", risk=RISK | {part: changed})
        again = client.submit_graph([node], graph_id="same", risk=RISK)
        assert again.graph_id == first.graph_id
        assert client.orders().total == 1
