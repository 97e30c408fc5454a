"""A sandbox with a store that keeps its newest orders in memory answers as one that keeps all."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sequence import Sequence, _core
from sequence.errors import ConflictError, NotFoundError
from sequence.sandbox import Sandbox
from sequence.store.memory import MemoryStore

KEEP = 3
Open = Callable[[int | None], Sandbox]


def _book(sandbox: Sandbox) -> None:
    sandbox.market.snapshot("kraken", "BTC-USD", [("10000", "1000")], [("10001", "1000")])
    sandbox.market.snapshot("kraken", "ETH-USD", [("1000", "1000")], [("1001", "1000")])


@pytest.fixture(params=["file", "file with few marks", "memory"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the store of a number of kept orders again and again."""
    stores: dict[int | None, MemoryStore] = {}
    if request.param == "file with few marks":
        monkeypatch.setattr("sequence.store.reading._EVERY", 4)

    def again(keep: int | None) -> Sandbox:
        store: Any = tmp_path / f"{keep}.db"
        if request.param == "memory":
            store = stores.setdefault(keep, MemoryStore())
        sandbox = Sandbox(
            store=store, clock="manual", preset="instant", market="manual", seed=1, keep=keep
        )
        _book(sandbox)
        return sandbox

    return again


def _trade(client: Sequence, first: int, count: int) -> None:
    for number in range(first, first + count):
        name = f"n{number}"
        limit = str(5_000 + number)
        if number % 5 == 0:
            client.buy("BTC-USD", "0.01", limit_price=limit, venue="kraken", graph_id=name)
        elif number % 7 == 0:
            client.buy("ETH-USD", "0.1", venue="kraken", graph_id=name)
        elif number % 11 == 0:
            client.sell("ETH-USD", "100", venue="kraken", graph_id=name)
        else:
            client.buy("BTC-USD", "0.01", venue="kraken", graph_id=name)


def _pages(client: Sequence, what: str, **filters: Any) -> list[dict[str, Any]]:
    """All rows, in pages of three and in one."""
    whole = getattr(client, what)(limit=100, **filters).model_dump()
    rows: list[dict[str, Any]] = []
    for offset in range(0, whole["total"] + 1, 3):
        page = getattr(client, what)(limit=3, offset=offset, **filters).model_dump()
        assert page["total"] == whole["total"]
        rows += page[what]
    assert rows == whole[what]
    assert len(rows) == whole["total"]
    return rows


FILTERS: list[dict[str, Any]] = [
    {},
    {"symbol": "ETH-USD"},
    {"status": ["CANCELLED", "REJECTED"]},
    {"side": "sell"},
    {"graph_id": "n3"},
    {"open": True},
]


def _seen(client: Sequence) -> list[Any]:
    """Whatever tells of orders, as plain values."""
    orders = [_pages(client, "orders", **filters) for filters in FILTERS]
    fills = [_pages(client, "fills", **filters) for filters in ({}, {"symbol": "ETH-USD"})]
    graphs = [_pages(client, "graphs"), _pages(client, "graphs", status=["COMPLETED"])]
    report = client.analytics_execution().model_dump()
    one = client.order("n1").model_dump()
    return [orders, fills, graphs, report, one, client.positions()]


def test_lists_and_reports_are_those_of_a_sandbox_that_keeps_all(opened: Open) -> None:
    seen: dict[int | None, list[Any]] = {}
    for keep in (None, KEEP, 0):
        told = seen[keep] = []
        for start, resting in ((0, "n5"), (23, "n25")):
            with opened(keep) as sandbox:
                client = sandbox.client()
                _trade(client, start, 23)
                told.append(_seen(client))
                client.cancel(resting)
                _trade(client, start + 100, 8)
                told.append(_seen(client))
                assert sandbox.check_invariants() == []
    assert seen[KEEP] == seen[None]
    assert seen[0] == seen[None]


def test_memory_holds_the_newest_and_what_is_open(opened: Open) -> None:
    with opened(KEEP) as sandbox:
        client = sandbox.client()
        _trade(client, 0, 40)
        sandbox.clock.advance(seconds=1)
        journal = _core.Journal(sandbox.runtime.engine)
        held = [number for number in range(40) if journal.holds_order(number)]
        resting = range(0, 40, 5)
        assert held[-KEEP:] == [37, 38, 39]
        assert set(resting) <= set(held)
        assert len(held) <= len(resting) + 2 * KEEP + 2
        client.orders(limit=100)
        assert sandbox.check_invariants() == []


@pytest.fixture
def forgetful(opened: Open) -> Iterator[Sandbox]:
    with opened(0) as sandbox:
        _trade(sandbox.client(), 0, 12)
        yield sandbox


def test_a_graph_id_of_an_order_that_left_memory_gives_its_answer_and_no_second_order(
    forgetful: Sandbox,
) -> None:
    client = forgetful.client()
    held = client.positions()
    again = client.buy("BTC-USD", "0.01", venue="kraken", graph_id="n1")
    assert again.graph_id == "n1"
    with pytest.raises(ConflictError):
        client.buy("BTC-USD", "0.02", venue="kraken", graph_id="n2")
    assert client.positions() == held
    assert client.orders().total == 12


def test_what_left_memory_is_named_as_before(forgetful: Sandbox) -> None:
    client = forgetful.client()
    assert client.order("n3").status == "FILLED"
    assert client.graph_status("n3").status == "COMPLETED"
    with pytest.raises(ConflictError, match="order is FILLED"):
        client.cancel("n3")
    with pytest.raises(ConflictError, match="FILLED"):
        client.amend("graph:n3:order:1", new_price="9000")
    assert [fill.graph_id for fill in client.fills(graph_id="n3").fills] == ["n3"]
    with pytest.raises(NotFoundError, match=r'no order or graph "never"'):
        client.order("never")


def test_a_return_to_a_snapshot_and_a_reset_leave_lists_whole(opened: Open) -> None:
    with opened(KEEP) as sandbox:
        client = sandbox.client()
        _trade(client, 0, 14)
        before = _seen(client)
        copy = sandbox.snapshot()
        _trade(client, 100, 14)
        sandbox.restore(copy)
        assert _seen(client) == before
        _trade(client, 200, 14)
        assert client.orders().total == 28
        client.sandbox.reset()
        assert client.orders().total == 0
        _trade(client, 300, 14)
        assert client.orders().total == 14
        assert sandbox.check_invariants() == []


def test_the_file_is_that_of_a_sandbox_that_keeps_all(tmp_path: Path) -> None:
    hashes = set[tuple[str, int]]()
    for keep in (0, None):
        path = tmp_path / f"{keep}.db"
        with Sandbox(
            store=path, clock="manual", preset="instant", market="manual", seed=1, keep=keep
        ) as sandbox:
            _book(sandbox)
            _trade(sandbox.client(), 0, 30)
            engine = sandbox.runtime.engine
            hashes.add((engine.state_hash(), engine.last_seq))
            assert sandbox.runtime.keeper is not None
            assert sandbox.runtime.keeper.store.verify() == []
    assert len(hashes) == 1
