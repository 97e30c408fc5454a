"""A snapshot says what stands now: also where the size is that of before and prints took some."""

import pytest

from sequence.sandbox import Sandbox

LEVELS = {"buy": (100, 110), "sell": (110, 100)}


def feed(sandbox, venue, own_side, learn):
    """A good book, with the order of trade and depth learnt where `learn` says so."""
    show(sandbox, venue, own_side)
    price = LEVELS[own_side][0]
    for _ in range(100 if learn else 0):
        sandbox.clock.advance(seconds=1)
        halves = [
            lambda: sandbox.market.trade(venue, "BTC-USD", price, 7, hit_by(own_side)),
            lambda: change(sandbox, venue, own_side, price, 43),
        ]
        for half in halves if learn == "trade_first" else reversed(halves):
            half()
        change(sandbox, venue, own_side, price, 50)
    sandbox.clock.advance(seconds=1)


def hit_by(own_side):
    return "sell" if own_side == "buy" else "buy"


def change(sandbox, venue, own_side, price, size):
    side = "bids" if own_side == "buy" else "asks"
    sandbox.market.delta(venue, "BTC-USD", **{side: [(price, size)]})


def show(sandbox, venue, own_side, size=50):
    near, far = LEVELS[own_side]
    own, other = [(near, size)], [(far, 50)]
    bids, asks = (own, other) if own_side == "buy" else (other, own)
    sandbox.market.snapshot(venue, "BTC-USD", bids, asks)


def join(sandbox, venue, own_side):
    """Size ahead of a new order."""
    client = sandbox.client()
    send = client.buy if own_side == "buy" else client.sell
    order = send("BTC-USD", 1, limit_price=LEVELS[own_side][0], venue=venue)
    sandbox.clock.advance(seconds=2)
    return order


def ahead(order):
    return order.refresh().evidence["v_now_1e8"] // 10**8


def prints(sandbox, venue, own_side, many=60):
    for _ in range(many):
        sandbox.market.trade(venue, "BTC-USD", LEVELS[own_side][0], 1, hit_by(own_side))


@pytest.fixture(params=["instant", "realistic"])
def sandbox(request):
    positions = [
        {"venue": venue, "kind": "crypto", "symbol": "BTC", "qty": 100}
        for venue in ("kraken", "coinbase")
    ]
    with Sandbox(clock="manual", market="manual", preset=request.param, seed=7) as made:
        made.client().sandbox.set_positions(positions)
        yield made


@pytest.mark.parametrize(
    ("venue", "learn"),
    [("kraken", None), ("kraken", "trade_first"), ("kraken", "depth_first"), ("coinbase", None)],
)
@pytest.mark.parametrize("own_side", ["buy", "sell"])
def test_an_equal_snapshot_shows_what_came_back_after_prints(sandbox, own_side, venue, learn):
    feed(sandbox, venue, own_side, learn)
    prints(sandbox, venue, own_side)
    show(sandbox, venue, own_side)
    assert ahead(join(sandbox, venue, own_side)) == 50
    assert sandbox.check_invariants() == []


@pytest.mark.parametrize("own_side", ["buy", "sell"])
def test_an_order_that_waits_keeps_what_prints_gave_it_and_others_join_behind(sandbox, own_side):
    feed(sandbox, "kraken", own_side, None)
    first = join(sandbox, "kraken", own_side)
    prints(sandbox, "kraken", own_side, 20)
    show(sandbox, "kraken", own_side)
    assert ahead(first) == 30
    assert ahead(join(sandbox, "kraken", own_side)) == 50


@pytest.mark.parametrize("own_side", ["buy", "sell"])
def test_what_came_back_can_be_taken(sandbox, own_side):
    feed(sandbox, "kraken", own_side, None)
    prints(sandbox, "kraken", own_side)
    show(sandbox, "kraken", own_side)
    client = sandbox.client()
    take = client.sell if own_side == "buy" else client.buy
    order = take("BTC-USD", 5, limit_price=LEVELS[own_side][0], venue="kraken", tif="IOC")
    sandbox.clock.advance(seconds=2)
    assert order.refresh().filled_qty == 5


@pytest.mark.parametrize("own_side", ["buy", "sell"])
def test_a_resync_shows_the_same(sandbox, own_side):
    feed(sandbox, "kraken", own_side, None)
    prints(sandbox, "kraken", own_side)
    sandbox.market.status("kraken", "BTC-USD", "resync")
    show(sandbox, "kraken", own_side)
    assert ahead(join(sandbox, "kraken", own_side)) == 50


def test_a_restart_shows_the_same(tmp_path):
    for _ in range(2):
        with Sandbox(store=tmp_path / "s.db", clock="manual", market="manual", seed=7) as sandbox:
            feed(sandbox, "kraken", "buy", None)
            prints(sandbox, "kraken", "buy")
            show(sandbox, "kraken", "buy")
            assert ahead(join(sandbox, "kraken", "buy")) == 50
