"""Trading on live books: through gaps, silence and steps of the machine's clock."""

import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from sequence import PlacedGraph, Sequence
from sequence.errors import UnprocessableError
from sequence.fakes import Fake
from sequence.fakes.book import Change
from sequence.feeds.live import Live
from sequence.sandbox import Sandbox
from tests.feeds.live.conftest import World, settle, status_of, until, wrong_books

STEP_S = 3_600
PAIR = "BTC-USDT"
SIZE = Decimal("0.03")


def jump(fake: Fake, ticks: int) -> None:
    """Moves all levels of the pair by so many ticks, in one message."""
    book, done = fake.books[PAIR], []
    real = book.move

    def move() -> list[Change]:
        if done:
            return real()
        done.append(True)
        before: list[Change] = [
            *(("bid", level, 0) for level in book.bids),
            *(("ask", level, 0) for level in book.asks),
        ]
        for held in (book.bids, book.asks):
            moved = {level + ticks: lots for level, lots in held.items()}
            held.clear()
            held.update(moved)
        after: list[Change] = [
            *(("bid", level, lots) for level, lots in book.bids.items()),
            *(("ask", level, lots) for level, lots in book.asks.items()),
        ]
        kept = {(side, level) for side, level, _ in after}
        book.last_print = None
        return [row for row in before if row[:2] not in kept] + after

    book.move = move  # type: ignore[method-assign]
    until(lambda: bool(done), "the price jumps")


def lose(sandbox: Sandbox, fake: Fake) -> None:
    """Loses a message and waits until the books are whole again."""
    status = status_of(sandbox, fake.name)
    gaps = sum(book.gaps for book in status.books.values())
    fake.faults.append("drop")
    until(lambda: sum(book.gaps for book in status.books.values()) > gaps, "the loss is noticed")
    until(lambda: status.is_live, f"and healed: {status}")


def over(graph: PlacedGraph) -> bool:
    graph.refresh()
    return graph.is_terminal


def bracket(client: Sequence) -> PlacedGraph:
    """Enters, and leaves with a profit of a thousand or a loss of as much."""
    return client.bracket(PAIR, "buy", SIZE, take_profit="66000", stop_loss="64000", venue="okx")


def trailing(client: Sequence) -> PlacedGraph:
    """Holds, and leaves when the price comes back by a hundred from its best."""
    assert client.buy(PAIR, SIZE, venue="okx").wait().status == "FILLED"
    return client.trailing_stop(PAIR, "sell", SIZE, distance="100", venue="okx")


@pytest.mark.parametrize(
    ("begin", "ticks", "least", "most"),
    [
        (bracket, [10_500], "66000", "67000"),
        (bracket, [-10_500], "63000", "64000"),
        (trailing, [10_000, -3_000], "65500", "65900"),
    ],
    ids=["profit", "loss", "trail"],
)
def test_what_waits_for_a_price_lives_through_a_lost_book(
    world: World,
    begin: Callable[[Sequence], PlacedGraph],
    ticks: list[int],
    least: str,
    most: str,
) -> None:
    fake = world.fake("okx")
    sandbox = world.sandbox()
    until(lambda: status_of(sandbox, "okx").is_live, "live")
    with sandbox.client() as client:
        graph = begin(client)
        for by in ticks:
            lose(sandbox, fake)
            assert not over(graph)
            jump(fake, by)
            lose(sandbox, fake)
        until(lambda: over(graph), "it is over")
        sold = [fill for fill in client.fills(limit=50).fills if fill.side == "sell"]
        assert sum(fill.qty for fill in sold) == SIZE
        assert all(Decimal(least) <= fill.price <= Decimal(most) for fill in sold)
    assert sandbox.check_invariants() == []


def test_slices_fill_on_whole_books_alone(world: World) -> None:
    fake = world.fake("okx")
    sandbox = world.sandbox()
    until(lambda: status_of(sandbox, "okx").is_live, "live")
    with sandbox.client() as client:
        made = client.twap(PAIR, "buy", SIZE, num_slices=3, interval_ms=500, venue="okx")
        while not over(made):
            lose(sandbox, fake)
        rows = [client.order(row.node_order_id) for row in client.orders(limit=10).orders]
        assert {(row.status, row.done_reason) for row in rows} <= {
            ("FILLED", "FILLED"),
            ("REJECTED", "STALE_VENUE"),
        }
        filled = sum(row.status == "FILLED" for row in rows)
        assert sum(fill.qty for fill in client.fills(limit=50).fills) == filled * SIZE / 3
        assert len(rows) == 3
    assert sandbox.check_invariants() == []


def test_a_venue_that_falls_silent_fills_nothing(world: World) -> None:
    fake = world.fake("okx")
    venue = world.venues["okx"]
    # The connection would be given up, and its books with it.
    venue.silence_s = 60.0
    with Sandbox(preset="realistic", market=Live([venue])) as sandbox, sandbox.client() as client:
        status = status_of(sandbox, "okx")
        until(lambda: status.is_live, "live")
        worst = fake.books[PAIR].price(fake.books[PAIR].levels("bid")[-1][0])
        rests = client.buy(PAIR, "0.01", limit_price=worst, venue="okx")
        settle(sandbox, fake)
        for listener in list(fake._clients):
            listener.silent = True
        with sandbox.runtime.turn() as now_ns:
            sandbox.runtime.clock.begin_at(now_ns + 30 * 10**9)
        row = client.quote(PAIR).venues["okx"]
        assert (row.status, row.reason) == ("STALE", "nothing was heard of it for too long")
        assert row.age_ms >= 30_000
        with pytest.raises(UnprocessableError, match="market buy requires a live ask"):
            client.buy(PAIR, "0.01", venue="okx")
        assert client.order(rests.id).status == "ACCEPTED"
        assert [row.status for row in client.venues().venues if row.venue == "okx"] == ["stale"]
    assert status.reconnects == 0


@pytest.mark.parametrize("by_s", [STEP_S, -STEP_S])
def test_a_step_of_the_machines_clock_moves_nothing(
    world: World, by_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = world.fake("okx")
    sandbox = world.sandbox()
    status = status_of(sandbox, "okx")
    until(lambda: status.is_live, "live")
    real, before_ns, opened = time.time_ns, sandbox.clock.now_ns, status.reconnects
    monkeypatch.setattr(time, "time_ns", lambda: real() + by_s * 10**9)
    frames = status.frames
    until(lambda: status.frames > frames + 30, "frames go on")
    assert status.reconnects == opened
    assert status.is_live
    assert 0 <= sandbox.clock.now_ns - before_ns < STEP_S * 10**9 // 2
    with sandbox.client() as client:
        assert client.buy("BTC-USDT", "0.01", venue="okx").wait().status == "FILLED"
    settle(sandbox, fake)
    assert wrong_books(sandbox, fake) == []
    assert sandbox.check_invariants() == []
