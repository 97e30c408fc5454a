"""The row of an order and its frames: every change, also that of a single leg, has a version."""

import json
from typing import Any

import pytest

from sequence.sandbox import Sandbox


def _frames(sandbox: Sandbox) -> list[dict[str, Any]]:
    rows = sandbox.runtime.engine.take_frames().rows()
    return [json.loads(data) for _, topic, _, _, data in rows if topic == "orders"]


def test_a_cancel_that_overtakes_an_amend_ends_one_form_of_the_order() -> None:
    small, large = (10_000_000, 40_000 * 10**9), (20_000_000, 41_000 * 10**9)
    with Sandbox(preset="optimistic", market="manual", clock="manual") as sandbox:
        client, ends = sandbox.client(), set[tuple[int, int | None]]()
        for _ in range(25):
            sandbox.market.snapshot("binance", "BTC-USDT", [(50_000, 10)], [(50_010, 10)])
            order = client.buy("BTC-USDT", "0.1", limit_price=40_000, venue="binance")
            sandbox.clock.advance(seconds=2)
            client.amend(order.id, new_qty="0.2", new_price=41_000)
            client.cancel(order.id)
            sandbox.clock.advance(seconds=2)
            row = client.order(order.id)
            assert row.status == "CANCELLED"
            leg = row.legs[0]
            assert (leg.qty_1e8, leg.limit_price_1e9) == (row.qty_1e8, row.limit_price_1e9)
            ends.add((row.qty_1e8, row.limit_price_1e9))
        assert ends == {small, large}


@pytest.mark.parametrize("seed", range(6))
def test_a_leg_that_changes_alone_is_a_new_version_and_a_frame(seed: int) -> None:
    with Sandbox(seed=seed, preset="realistic", market="manual", clock="manual") as sandbox:
        for venue, bid in (("binance", 99), ("okx", 99), ("bybit", 99)):
            sandbox.market.snapshot(venue, "BTC-USDT", [(bid, 5)], [(100, "0.5")])
        client, runtime = sandbox.client(), sandbox.runtime
        client.sandbox.reset()
        runtime.engine.listen(enabled=True)
        order = client.buy("BTC-USDT", 3, limit_price=100)
        for venue in ("okx", "bybit"):
            # What it was sent for is gone when it arrives: it rests, and is only acknowledged.
            sandbox.market.snapshot(venue, "BTC-USDT", [(99, 5)], [(105, 5)])
        shown = _frames(sandbox)[-1]
        assert len(shown["legs"]) > 1
        alone = 0
        for _ in range(1_500):
            sandbox.clock.advance(ms=1)
            frames = _frames(sandbox)
            page = runtime.engine.orders(runtime.local.account, limit=1, offset=0)
            row = page["orders"][0]
            legs = [dict(leg) for leg in row["legs"]]
            if legs != shown["legs"]:
                assert row["version"] > shown["version"]
                assert frames[-1]["legs"] == legs
                filled = row["filled_qty_1e8"] != shown["filled_qty_1e8"]
                alone += row["status"] == shown["status"] and not filled
            if frames:
                shown = frames[-1]
        assert order.refresh().row.version == shown["version"]
        assert alone
