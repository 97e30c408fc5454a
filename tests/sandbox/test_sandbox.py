"""The embedded sandbox: one object, a client without a wire, books fed by hand."""

import asyncio
from decimal import Decimal

import pytest

from sequence.errors import (
    ConflictError,
    ForbiddenError,
    ServiceUnavailableError,
    UnauthorizedError,
    UnprocessableError,
)
from sequence.sandbox import Sandbox


@pytest.fixture
def sandbox():
    with Sandbox(clock="manual", preset="instant", market="manual") as sandbox:
        yield sandbox
        assert sandbox.check_invariants() == []


def feed(sandbox):
    sandbox.market.snapshot(
        "kraken",
        "BTC-USD",
        bids=[("67000.00", "0.50")],
        asks=[("67010.00", 0.40), (Decimal("67020"), 1)],
    )


def test_a_hand_fed_book_is_what_a_client_sees(sandbox):
    feed(sandbox)
    quote = sandbox.client().quote("BTC-USD")
    assert (quote.nbbo.bid, quote.nbbo.ask) == (67000.0, 67010.0)
    assert quote.book is not None
    assert quote.book.asks == [(67010.0, 0.4), (67020.0, 1.0)]
    sandbox.market.delta("kraken", "BTC-USD", asks=[("67010.00", 0)])
    assert sandbox.client().quote("BTC-USD").nbbo.ask == 67020.0


def test_a_hand_fed_book_never_goes_stale(sandbox):
    feed(sandbox)
    sandbox.clock.advance(seconds=100_000)
    client = sandbox.client()
    assert client.quote("BTC-USD").nbbo.live
    assert client.health_report().status == "ok"


def test_a_hand_fed_book_goes_stale_when_it_is_told_to(sandbox):
    with pytest.raises(UnprocessableError, match="no book yet"):
        sandbox.market.set_max_age("kraken", "BTC-USD", 2)
    feed(sandbox)
    client = sandbox.client()
    sandbox.market.set_max_age("kraken", "BTC-USD", 2)
    resting = client.buy("BTC-USD", "0.1", limit_price="66000", venue="kraken")
    sandbox.clock.advance(seconds=2)
    assert client.quote("BTC-USD").nbbo.live
    sandbox.clock.advance(ns=1)
    assert not client.quote("BTC-USD").nbbo.live
    with pytest.raises(UnprocessableError, match="live ask"):
        client.buy("BTC-USD", "0.1")
    assert resting.refresh().status == "ACCEPTED"
    sandbox.market.delta("kraken", "BTC-USD", asks=[("67010.00", "0.2")])
    assert client.buy("BTC-USD", "0.1").status == "FILLED"
    sandbox.market.set_max_age("kraken", "BTC-USD", None)
    sandbox.clock.advance(seconds=100)
    assert client.quote("BTC-USD").nbbo.live
    with pytest.raises(ValueError, match="above 0"):
        sandbox.market.set_max_age("kraken", "BTC-USD", 0)


def test_an_order_walks_the_book_that_was_fed(sandbox):
    feed(sandbox)
    order = sandbox.client().buy("BTC-USD", "0.5")
    assert (order.status, order.filled_qty) == ("FILLED", Decimal("0.5"))
    assert order.avg_price == Decimal("67012")
    fills = sandbox.client().fills().fills
    assert sorted(fill.price for fill in fills) == [Decimal(67010), Decimal(67020)]


def test_a_resting_order_fills_when_the_market_trades_through_it(sandbox):
    feed(sandbox)
    client = sandbox.client()
    order = client.buy("BTC-USD", "0.1", limit_price="66990", venue="kraken")
    assert order.status == "ACCEPTED"
    sandbox.market.snapshot("kraken", "BTC-USD", bids=[("66000", 1)], asks=[("66980", 5)])
    sandbox.market.trade("kraken", "BTC-USD", "66980", "5", "sell")
    sandbox.clock.advance(seconds=1)
    assert client.order(order.id).status == "FILLED"


def test_a_symbol_without_a_book_has_no_market_order(sandbox):
    sandbox.market.snapshot("kraken", "BTC-USD", bids=[("67000", 1)])
    with pytest.raises(UnprocessableError, match="market buy requires a live ask"):
        sandbox.client().buy("BTC-USD", 1)


def test_a_halted_market_says_so(sandbox):
    feed(sandbox)
    sandbox.market.status("kraken", "BTC-USD", "halted")
    with pytest.raises(UnprocessableError, match="live ask"):
        sandbox.client().buy("BTC-USD", 1)
    with pytest.raises(ValueError, match="unknown market status"):
        sandbox.market.status("kraken", "BTC-USD", "open-ish")


@pytest.mark.parametrize("price", [True, "x", float("nan"), float("inf"), "1e-10", None])
def test_prices_that_are_no_exact_numbers_are_refused(sandbox, price):
    with pytest.raises((ValueError, TypeError), match=r"bids\[0\] price"):
        sandbox.market.snapshot("kraken", "BTC-USD", bids=[(price, 1)])


def test_only_a_manual_market_is_fed_by_hand():
    with Sandbox(clock="manual") as sandbox, pytest.raises(ConflictError, match="manual"):
        sandbox.market.snapshot("kraken", "BTC-USD")


def test_clients_of_one_sandbox_share_its_accounts(sandbox):
    feed(sandbox)
    first, second = sandbox.client(), sandbox.client()
    id_ = first.buy("BTC-USD", "0.1").id
    assert second.order(id_).node_order_id == id_


def test_the_key_is_checked_on_the_first_request(sandbox):
    client = sandbox.client(key="seq_test_" + "0" * 64)
    with pytest.raises(UnauthorizedError):
        client.positions()


def test_a_live_key_needs_the_flag(sandbox):
    feed(sandbox)
    live = sandbox.client(key=sandbox.live_key)
    assert live.buy("BTC-USD", "0.1", sandbox=True).submitted.is_sandbox
    with pytest.raises(ForbiddenError, match="live routing is not available"):
        live.buy("BTC-USD", "0.1", sandbox=False)
    with pytest.raises(ForbiddenError):
        live.sandbox.reset()


def test_the_async_client_is_the_same_sandbox(sandbox):
    feed(sandbox)

    async def trade():
        async with sandbox.async_client() as client:
            order = await client.buy("BTC-USD", "0.1")
            return order.id

    id_ = asyncio.run(trade())
    assert sandbox.client().order(id_).status == "FILLED"


def test_equal_histories_have_equal_states():
    def run() -> tuple[str, str, list[str]]:
        with Sandbox(seed=7, clock="manual", preset="instant") as sandbox:
            client = sandbox.client()
            ids = []
            for _ in range(5):
                sandbox.clock.advance(seconds=3)
                ids.append(client.buy("BTC-USD", "0.01").id)
            return sandbox.state_hash(), sandbox.world_hash(), ids

    assert run() == run()


def test_a_closed_sandbox_refuses_to_work():
    sandbox = Sandbox(clock="manual")
    client = sandbox.client()
    sandbox.close()
    sandbox.close()
    with pytest.raises(ServiceUnavailableError, match="closed"):
        client.positions()


def test_a_closed_client_leaves_the_sandbox_open(sandbox):
    with sandbox.client() as client:
        client.positions()
    with pytest.raises(ValueError, match="closed"):
        client.positions()
    assert sandbox.client().positions().totals.nav_usd == "15000000000.000000000"


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"clock": "sundial"}, ValueError, "unknown clock"),
        ({"market": "flea"}, ValueError, "unknown market"),
        ({"preset": "dreamy"}, ValueError, "preset"),
        ({"market": "replay:nowhere.bin"}, ValueError, "belong together"),
        ({"clock": "replay"}, ValueError, "belong together"),
        ({"market": "replay:nowhere.bin", "clock": "replay"}, FileNotFoundError, "nowhere"),
        ({"market": [], "clock": "replay"}, ValueError, "at least one file"),
    ],
)
def test_options_that_cannot_work_are_refused_at_once(options, error, says):
    with pytest.raises(error, match=says):
        Sandbox(**options)


def test_the_repr_shows_settings_and_no_key(sandbox):
    assert repr(sandbox) == ("Sandbox(seed=42, clock='manual', preset='instant', market='manual')")
