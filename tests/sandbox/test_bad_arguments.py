"""Arguments that cannot be used are refused in plain words, before anything happened."""

from typing import Any

import pytest

from sequence.errors import UnprocessableError, ValidationError
from sequence.sandbox import Sandbox
from sequence.types import MarketEventsRequest


@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        ("x", {}, "kind: must be one of 'delay', .*"),
        ("delay", {}, "a delay needs ms"),
        ("delay", {"ms": 1, "count": 0}, "count: must be >= 1"),
        ("stale_venue", {}, "this kind needs a venue"),
    ],
)
def test_a_fault_that_cannot_be(kind: Any, values: dict[str, Any], text: str) -> None:
    with Sandbox() as sandbox:
        with pytest.raises(ValidationError, match=f"^{text}$"):
            sandbox.faults.add(kind, **values)
        assert list(sandbox.faults) == []


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"seed": -1}, "seed: must be an integer from 0"),
        ({"seed": 2**64}, "seed: must be an integer from 0"),
        ({"seed": 1.5}, "seed: must be an integer from 0"),
        ({"risk": {"foo": 1}}, "risk: unknown limit 'foo'; known: max_position_1e8"),
        ({"risk": {"max_open_orders": -1}}, "risk: max_open_orders must be"),
        ({"sim": "realistic"}, "sim: must be a SimConfig"),
    ],
)
def test_a_sandbox_that_cannot_be(values: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=f"^{text}"):
        Sandbox(**values)


@pytest.mark.parametrize("ts_ns", [-1, 2**63, 1.5])
def test_a_market_event_outside_of_time(ts_ns: Any) -> None:
    with (
        Sandbox(market="manual") as sandbox,
        pytest.raises(ValidationError, match=r"^ts_ns: must be an integer from 0"),
    ):
        sandbox.market.snapshot("binance", "BTC-USDT", [(1, 1)], [(2, 1)], ts_ns=ts_ns)


@pytest.mark.parametrize("price", ["1e10", 1e10, "1e30", 10**22, "1e999999"])
def test_a_price_beyond_the_scale_is_out_of_range(price: Any) -> None:
    with Sandbox(market="manual") as sandbox:
        with pytest.raises(ValueError, match=r"asks\[0\] price: .* is out of range"):
            sandbox.market.snapshot("binance", "BTC-USDT", [(1, 1)], [(price, 1)])
        row = {"venue": "binance", "symbol": "BTC-USDT", "type": "snapshot"}
        row |= {"bids": [["1", "1"]], "asks": [[str(price), "1"]]}
        with pytest.raises(ValueError, match="price is out of range"):
            MarketEventsRequest.model_validate({"events": [row]})


@pytest.mark.parametrize("price", ["0.0000000001", "1.0000000001"])
def test_a_price_finer_than_the_scale_is_told_so(price: str) -> None:
    row = {"venue": "binance", "symbol": "BTC-USDT", "type": "snapshot", "asks": [[price, "1"]]}
    with pytest.raises(ValueError, match="price has more than 9 decimals"):
        MarketEventsRequest.model_validate({"events": [row]})


@pytest.mark.parametrize(
    "step",
    [
        {"ns": 1.5},
        {"ns": 2.0},
        {"ns": True},
        {"ns": "1"},
        {"ms": float("nan")},
        {"ms": True},
        {"seconds": float("inf")},
        {"seconds": "1"},
    ],
    ids=str,
)
def test_a_step_that_no_clock_can_make_leaves_it_where_it_is(step: dict[str, Any]) -> None:
    with Sandbox(clock="manual") as sandbox:
        before = sandbox.clock.now_ns
        with pytest.raises(ValidationError):
            sandbox.clock.advance(**step)
        assert sandbox.clock.now_ns == before
        assert sandbox.clock.advance(ns=1, ms=0.5) == before + 500_001
        assert sandbox.client().buy("BTC-USD", 0.1).status == "NEW"


@pytest.mark.parametrize("which", ["test_key", "live_key"])
def test_the_local_key_is_the_present_one_after_a_rotation(which: str) -> None:
    with Sandbox() as sandbox:
        other = "live_key" if which == "test_key" else "test_key"
        old, untouched = getattr(sandbox, which), getattr(sandbox, other)
        key_id = sandbox.client(old).account().key_id
        new = sandbox.client(sandbox.live_key).api_key_rotate(key_id).api_key
        assert getattr(sandbox, which) == new != old
        assert getattr(sandbox, other) == untouched
        assert sandbox.client(getattr(sandbox, which)).account().key_id == key_id


def test_a_default_client_works_after_a_rotation() -> None:
    with Sandbox() as sandbox:
        client = sandbox.client()
        client.api_key_rotate(client.account().key_id)
        assert sandbox.client().buy("BTC-USD", 0.1).status in ("NEW", "FILLED")


def test_an_unusable_market_is_still_an_answer_of_the_api() -> None:
    with Sandbox(market="manual") as sandbox, pytest.raises(UnprocessableError):
        sandbox.market.snapshot("nowhere", "BTC-USDT", [(1, 1)], [(2, 1)])
