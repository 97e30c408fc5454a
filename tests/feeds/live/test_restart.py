"""A server that comes back subscribes by itself what was subscribed on first use and is needed."""

from pathlib import Path

import pytest

from sequence.sandbox import Sandbox
from tests.feeds.live.conftest import CASES, World, status_of, until

NEEDS = [
    *((name, "order") for name in CASES),
    *((name, needs) for needs in ("graph", "holding") for name in ("okx", "hyperliquid", "kalshi")),
]


def begun(world: World, tmp_path: Path, name: str) -> Sandbox:
    """A stored sandbox that subscribes the first symbol of a fake."""
    world.venues[name].symbols = [CASES[name].symbols[0]]
    return world.sandbox(store=str(tmp_path / "live.db"))


@pytest.mark.parametrize(("name", "needs"), NEEDS)
def test_a_restart_subscribes_what_orders_graphs_and_holdings_need(
    world: World, tmp_path: Path, name: str, needs: str
) -> None:
    book, cold = world.fake(name).books[CASES[name].symbols[1]], CASES[name].symbols[1]
    sandbox = begun(world, tmp_path, name)
    first = status_of(sandbox, name)
    until(lambda: first.is_live, "the first book")
    # An order waits for the book itself, but not for longer than a slow machine may need.
    sandbox.runtime.want(cold)
    until(lambda: cold in first.books and first.is_live, "the second one")
    qty, rests = ("5", "0.01") if CASES[name].kind == "prediction" else ("1", "60000")
    with sandbox.client() as client:
        if needs == "order":
            placed = client.buy(cold, qty, limit_price=rests, venue=name)
            assert client.order(placed.id).status == "ACCEPTED"
        elif needs == "holding":
            assert client.buy(cold, qty, venue=name).wait().status == "FILLED"
        else:
            far = book.price(book.levels("ask")[-1][0])
            client.stop(cold, "buy", qty, stop_price=far, venue=name)
    sandbox.close()
    again = begun(world, tmp_path, name)
    status = status_of(again, name)
    until(lambda: cold in status.books and status.is_live, f"it has its book: {status}")
    assert again.check_invariants() == []


def test_a_restart_subscribes_nothing_that_nobody_needs(world: World, tmp_path: Path) -> None:
    world.fake("okx")
    first, cold = CASES["okx"].symbols
    sandbox = begun(world, tmp_path, "okx")
    status = status_of(sandbox, "okx")
    until(lambda: status.is_live, "the first book")
    sandbox.runtime.want(cold)
    until(lambda: cold in status.books and status.is_live, "the second one")
    with sandbox.client() as client:
        client.buy(cold, "0.1", limit_price="60000", venue="okx").cancel()
    sandbox.close()
    again = begun(world, tmp_path, "okx")
    until(lambda: status_of(again, "okx").is_live, "live")
    assert list(status_of(again, "okx").books) == [first]
