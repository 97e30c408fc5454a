"""A stored sandbox goes back to a copy, and a restart finds the state of the copy."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sequence import Sequence
from sequence.errors import ServiceUnavailableError
from sequence.sandbox import Sandbox
from sequence.store.check import verify_database
from sequence.store.left import LeftWays
from sequence.store.memory import MemoryStore

PRICE = "67000"


def told(sandbox: Sandbox) -> list[object]:
    """Everything that the accounts can see of their present life."""
    found: list[object] = []
    for client in (sandbox.client(), sandbox.client(account="alice")):
        orders = [
            (row.graph_id, row.status, row.filled_qty_1e8, row.version)
            for row in client.orders().orders
        ]
        fills = [(row.fill_id, row.price_1e9, row.qty_1e8) for row in client.fills().fills]
        found += [
            client.positions().positions,
            client.positions().totals.nav_usd_1e9,
            orders,
            fills,
        ]
    return found


def open_order(client: Sequence, name: str, price: int = 1000) -> None:
    client.buy("BTC-USD", "0.4", venue="kraken", limit_price=price, graph_id=name)


def begun(reopen: Callable[..., Sandbox]) -> None:
    """A first life: something ended and something open in both accounts, then a stop."""
    with reopen() as sandbox:
        for client in (sandbox.client(), sandbox.client(account="alice")):
            client.buy("BTC-USD", "0.1", graph_id="early")
            open_order(client, "waits")


def test_a_restart_finds_the_state_of_the_copy(database: Path, reopen: Callable[..., Sandbox]):
    begun(reopen)
    with reopen() as sandbox:
        client, alice = sandbox.client(), sandbox.client(account="alice")
        wealth = sandbox.client(account="carol").positions().totals.nav
        client.buy("BTC-USD", "0.2", graph_id="second")
        name = sandbox.snapshot()
        there = told(sandbox)
        # A way that is left: new orders, an order of the copy that ends, a position that closes,
        # a symbol and an account that the copy does not know.
        client.sell("BTC-USD", "0.3", graph_id="third")
        client.cancel_all()
        alice.buy("ETH-USD", 1, graph_id="other")
        open_order(alice, "left-open")
        sandbox.client(account="bob").buy("BTC-USD", "0.1")
        sandbox.restore(name)
        assert told(sandbox) == there
        bob = sandbox.client(account="bob")
        assert (bob.orders().total, bob.positions().totals.nav) == (0, wealth), "as never used"
        assert sandbox.check_invariants() == []
        state, epoch = sandbox.state_hash(), client.account().sandbox_epoch
        assert epoch == 2
    assert verify_database(database) == []
    with reopen() as sandbox:
        assert told(sandbox) == there
        assert sandbox.state_hash() == state
        client = sandbox.client()
        assert client.account().sandbox_epoch == epoch
        assert client.order("graph:early:order:1").status == "FILLED", "of before the first start"
        assert client.buy("BTC-USD", "0.1", graph_id="early").graph_id == "early", "told again"
        assert client.orders().total == 3
        client.cancel_all()
        client.sell("BTC-USD", "0.3", graph_id="third")
        after = told(sandbox)
    assert verify_database(database) == []
    with reopen() as sandbox:
        assert told(sandbox) == after


def test_back_and_forth_between_copies(database: Path, reopen: Callable[..., Sandbox]):
    begun(reopen)
    with reopen() as sandbox:
        client = sandbox.client()
        seen: dict[str, list[object]] = {}
        for at in range(3):
            open_order(client, f"order-{at}", 1000 + at)
            client.buy("BTC-USD", "0.1", graph_id=f"bought-{at}")
            seen[sandbox.snapshot()] = told(sandbox)
        names = list(seen)
        for name in (names[1], names[2], names[0], names[2]):
            client.cancel_all()
            client.buy("BTC-USD", "0.1")
            sandbox.restore(name)
            assert told(sandbox) == seen[name]
    assert verify_database(database) == []
    with reopen() as sandbox:
        assert told(sandbox) == seen[names[2]]
        assert sandbox.check_invariants() == []


def test_two_returns_share_one_commit(database: Path, reopen: Callable[..., Sandbox]):
    begun(reopen)
    with reopen() as sandbox:
        client = sandbox.client()
        first = sandbox.snapshot()
        there = told(sandbox)
        with sandbox.group():
            client.buy("BTC-USD", "0.1")
            second = sandbox.snapshot()
            client.sell("BTC-USD", "0.1")
            sandbox.restore(second)
            client.cancel_all()
            sandbox.restore(first)
    assert verify_database(database) == []
    with reopen() as sandbox:
        assert told(sandbox) == there


def test_a_return_that_cannot_be_stored_leaves_the_old_way_on_the_disk(
    database: Path, reopen: Callable[..., Sandbox]
):
    begun(reopen)
    with reopen() as sandbox:
        client = sandbox.client()
        name = sandbox.snapshot()
        client.sell("BTC-USD", "0.1", graph_id="sold")
        there = told(sandbox)
        with closing(sqlite3.connect(database, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ServiceUnavailableError, match="not stored"):
                client.sandbox.restore(name)
    assert verify_database(database) == []
    with reopen() as sandbox:
        assert told(sandbox) == there


def test_delays_are_those_of_the_copied_epoch_after_a_restart_too(tmp_path: Path):
    def drawn(back: str) -> object:
        store = tmp_path / f"{back}.db"
        with Sandbox(store=store, clock="manual") as sandbox:
            sandbox.client().buy("BTC-USD", "0.1")
            sandbox.clock.advance(seconds=1)
            if back == "back":
                sandbox.restore(sandbox.snapshot())
        with Sandbox(store=store, clock="manual") as sandbox:
            order = sandbox.client().buy("BTC-USD", "0.1", venue="kraken")
            sandbox.clock.advance(seconds=1)
            proof = order.fills()[0].evidence
            return proof.latency.z_q32, proof.rng.stream_key

    assert drawn("back") == drawn("straight on")


def test_a_store_in_memory_leaves_the_same_rows():
    store = MemoryStore()
    with Sandbox(store=store, clock="manual", preset="instant") as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", "0.1")
        sandbox.client(account="alice").positions()
        name = sandbox.snapshot()
        there = told(sandbox)
        client.buy("ETH-USD", 1)
        sandbox.restore(name)
    with Sandbox(store=store, clock="manual", preset="instant") as sandbox:
        assert told(sandbox) == there


@pytest.mark.parametrize(("returns", "left"), [
    ([], []),
    ([(9, 4)], [5, 6, 7, 8]),
    # The second goes back before the first.
    ([(6, 4), (9, 2)], [3, 4, 5, 6, 7, 8]),
    # The second goes back into the way that the first had left: that is the way gone on.
    ([(7, 3), (9, 5)], [6, 7, 8]),
    ([(5, 3), (9, 7)], [4, 8]),
])  # fmt: skip
def test_which_events_were_left(returns: list[tuple[int, int]], left: list[int]):
    ways = LeftWays(returns)
    assert [number for number in range(1, 11) if number in ways] == left
