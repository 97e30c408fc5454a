"""Prices around orders and fills, and the course of an account: noted as time passes."""

import pytest

from sequence.sandbox import Sandbox

SECOND = 10**9


def feed(sandbox, mid):
    sandbox.client().sandbox.book("kraken", "BTC-USD", bids=[(mid - 1, 5)], asks=[(mid + 1, 5)])


@pytest.fixture
def sandbox():
    with Sandbox(clock="manual", market="manual", preset="instant") as made:
        feed(made, 100)
        yield made


def mark(sandbox):
    return sandbox.client().sandbox.marks().marks[0]


def test_a_fill_is_followed_for_a_minute(sandbox):
    client = sandbox.client()
    client.buy("BTC-USD", 1)
    # At one second, ten and sixty after the fill the book is another one each time.
    for seconds, mid in ((0.5, 101), (5, 102), (30, 103)):
        sandbox.clock.advance(seconds=seconds)
        feed(sandbox, mid)
    assert mark(sandbox).after_10s_1e9 == 102 * SECOND
    assert mark(sandbox).after_60s_1e9 is None
    sandbox.clock.advance(seconds=60)
    found = mark(sandbox)
    assert found.arrival_mid_1e9 == 100 * SECOND
    assert found.after_1s_1e9 == 101 * SECOND
    assert found.after_10s_1e9 == 102 * SECOND
    assert found.after_60s_1e9 == 103 * SECOND


def test_fills_of_before_a_reset_have_no_marks_any_more(sandbox):
    client = sandbox.client()
    client.buy("BTC-USD", 1)
    sandbox.clock.advance(seconds=5)
    taken = client.sandbox.snapshot()
    client.sandbox.reset()
    assert client.sandbox.marks().marks == []
    client.buy("BTC-USD", 1)
    assert [row.fill_id for row in client.sandbox.marks().marks] == [
        row.fill_id for row in client.fills().fills
    ]
    sandbox.client(account="other").sandbox.reset()
    client.sandbox.restore(taken.snapshot_id)
    assert [row.fill_id for row in client.sandbox.marks().marks] == [
        row.fill_id for row in client.fills().fills
    ]
    assert mark(sandbox).after_1s_1e9 == 100 * SECOND


def test_the_price_of_a_horizon_is_that_of_its_own_instant(sandbox):
    sandbox.client().buy("BTC-USD", 1)
    sandbox.clock.advance(seconds=1)
    feed(sandbox, 200)  # at the instant itself, but after it was noted
    sandbox.clock.advance(seconds=1)
    assert mark(sandbox).after_1s_1e9 == 100 * SECOND


def test_a_resting_order_keeps_the_price_of_its_arrival():
    with Sandbox(clock="manual", market="manual", preset="instant") as sandbox:
        feed(sandbox, 100)
        client = sandbox.client()
        client.buy("BTC-USD", 1, limit_price=99)
        sandbox.clock.advance(seconds=30)
        feed(sandbox, 90)
        sandbox.clock.advance(seconds=2)
        assert mark(sandbox).arrival_mid_1e9 == 100 * SECOND
        assert mark(sandbox).after_1s_1e9 == 90 * SECOND


def test_where_no_book_is_live_there_is_no_price(sandbox):
    sandbox.client().buy("BTC-USD", 1)
    sandbox.client().sandbox.book("kraken", "BTC-USD", bids=[], asks=[(101, 5)])
    sandbox.clock.advance(seconds=2)
    assert mark(sandbox).after_1s_1e9 is None


@pytest.mark.parametrize("step_ms", [100, 700, 5_000, 70_000])
def test_how_time_is_cut_changes_no_note(step_ms):
    with Sandbox(clock="manual", seed=5) as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.5")
        client.sell("ETH-USD-PERP", 2)
        for _ in range(70_000 // step_ms):
            sandbox.clock.advance(ms=step_ms)
        sandbox.clock.advance(ms=70_000 % step_ms)
        marks = client.sandbox.marks()
        curve = client.portfolio_snapshots()
        found = marks.model_dump(), curve.model_dump()
    with Sandbox(clock="manual", seed=5) as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.5")
        client.sell("ETH-USD-PERP", 2)
        sandbox.clock.advance(ms=70_000)
        assert (
            client.sandbox.marks().model_dump(),
            client.portfolio_snapshots().model_dump(),
        ) == found
    assert len(marks.marks) > 1
    assert len(curve.snapshots) > 60


def test_pages_of_marks_join_without_a_gap(sandbox):
    client = sandbox.client()
    for _ in range(5):
        client.buy("BTC-USD", "0.1")
    whole = client.sandbox.marks()
    first = client.sandbox.marks(limit=2)
    rest = client.sandbox.marks(before_seq=first.next)
    assert whole.next is None
    assert len(whole.marks) == 5
    assert [*first.marks, *rest.marks] == whole.marks


def test_an_account_sees_its_own_marks_and_course_only(sandbox):
    sandbox.client().buy("BTC-USD", 1)
    other = sandbox.client(account="other")
    other.positions()
    sandbox.clock.advance(seconds=2)
    assert other.sandbox.marks().marks == []
    assert other.portfolio_snapshots().max_drawdown_usd_1e9 == 0
    assert sandbox.client().portfolio_snapshots().max_drawdown_usd_1e9 > 0


def test_the_course_begins_before_the_first_order_and_knows_its_deepest_fall(sandbox):
    client = sandbox.client()
    rows = [{"venue": "kraken", "kind": "fiat", "symbol": "USD", "qty": "1000"}]
    client.sandbox.set_positions(rows, replace=True)
    client.buy("BTC-USD", 5)
    # Worth 5 x mid: up to 120, down to 90, up again.
    for mid in (110, 120, 90, 130):
        feed(sandbox, mid)
        sandbox.clock.advance(seconds=1)
    found = client.portfolio_snapshots()
    fees = client.positions().totals.fees_usd_1e9
    assert found.snapshots[0].nav_usd_1e9 == 1000 * SECOND
    assert found.snapshots[-1].nav_usd_1e9 == (1000 - 5 * 101 + 5 * 130) * SECOND - fees
    assert found.peak_nav_usd_1e9 == found.snapshots[-1].nav_usd_1e9
    assert found.max_drawdown_usd_1e9 == 5 * (120 - 90) * SECOND


def test_a_reset_begins_a_new_course(sandbox):
    client = sandbox.client()
    client.buy("BTC-USD", 5)
    sandbox.clock.advance(seconds=2)
    client.sandbox.reset()
    client.buy("BTC-USD", "0.1")
    sandbox.clock.advance(seconds=2)
    found = client.portfolio_snapshots()
    assert found.snapshots[-1].epoch == 2
    assert found.max_drawdown_usd_1e9 < SECOND
