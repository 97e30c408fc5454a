"""Prices over time: bars of what was seen, the trades themselves, and what is not kept."""

from collections.abc import Iterator

import pytest

from sequence import Sequence, errors
from sequence.sandbox import Sandbox
from sequence.server import serving

SECOND = 10**9


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="manual", preset="instant", market="manual") as made:
        for venue in ("kraken", "coinbase"):
            made.market.snapshot(venue, "BTC-USD", [("100", "9")], [("101", "9")])
        made.market.snapshot("polymarket", "will-it", [("0.40", "900")], [("0.44", "900")])
        yield made


def trades(sandbox: Sandbox) -> None:
    for number in range(4):
        venue = ("kraken", "coinbase")[number % 2]
        sandbox.market.trade(venue, "BTC-USD", "100.5", f"0.{number + 1}", side="buy")
        sandbox.clock.advance(seconds=30)


def both(sandbox: Sandbox, **asked: object) -> object:
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as remote:
        here = sandbox.client().price_history("BTC-USD", **asked)
        assert here == remote.price_history("BTC-USD", **asked)
        return here


def test_no_bar_is_the_tape_itself(sandbox):
    start_ns = sandbox.clock.now_ns
    trades(sandbox)
    found = both(sandbox, fidelity_secs=0)
    assert [point.qty_1e8 for point in found.points] == [10**7, 2 * 10**7, 3 * 10**7, 4 * 10**7]
    assert [point.venue_id for point in found.points] == ["kraken", "coinbase"] * 2
    assert {point.side for point in found.points} == {"buy"}
    assert {point.price_1e9 for point in found.points} == {100_500_000_000}
    times = [(point.ts_ns - start_ns) // SECOND for point in found.points]
    assert times == [0, 30, 60, 90]
    assert [point.qty_1e8 for point in both(sandbox, fidelity_secs=0, limit=1).points] == [
        4 * 10**7
    ]


def test_one_venue_is_its_own_trades(sandbox):
    trades(sandbox)
    tape = both(sandbox, fidelity_secs=0, venue="kraken")
    assert {point.venue_id for point in tape.points} == {"kraken"}
    bars = both(sandbox, fidelity_secs=60, venue="kraken")
    assert (bars.venue, bars.count) == ("kraken", 2)
    assert b"qty_1e8" not in bars.to_json()
    assert both(sandbox, venue="okx").points == []


def test_times_go_before_the_range(sandbox):
    now = sandbox.clock.now_ns // SECOND
    trades(sandbox)
    found = both(sandbox, fidelity_secs=0, start_ts=now + 20, end_ts=now + 70)
    assert [point.qty_1e8 for point in found.points] == [2 * 10**7, 3 * 10**7]
    with pytest.raises(errors.UnprocessableError, match="start_ts"):
        both(sandbox, start_ts=now + 5, end_ts=now)


def test_no_buys_are_yes_sells(sandbox):
    sandbox.market.trade("polymarket", "will-it", "0.42", "5", side="buy")
    client = sandbox.client()
    [yes] = client.price_history("will-it:YES", fidelity_secs=0).points
    [no] = client.price_history("will-it:NO", fidelity_secs=0).points
    assert (yes.side, yes.price_1e9) == ("buy", 420_000_000)
    assert (no.side, no.price_1e9) == ("sell", 580_000_000)


def test_more_than_a_day_of_a_venue_is_said_to_be_missing(sandbox):
    with pytest.raises(errors.BadRequestError, match="venue"):
        both(sandbox, range="1w")
    with pytest.raises(errors.CapabilityMissingError) as missing:
        both(sandbox, range="1y", venue="kraken")
    assert (missing.value.verb, missing.value.venue) == ("price_history", "kraken")
    assert "candles" in missing.value.reason
    assert sandbox.client().price_history("will-it:YES", range="max").venue is None
    with pytest.raises(errors.NotFoundError):
        sandbox.client().price_history("NOPE-USD")


def test_only_the_newest_five_hundred_trades_are_kept(sandbox):
    for _ in range(510):
        sandbox.market.trade("kraken", "BTC-USD", "100.5", "0.1", side="sell")
    found = both(sandbox, fidelity_secs=0, limit=500)
    assert found.count == 500
    assert {point.side for point in found.points} == {"sell"}
