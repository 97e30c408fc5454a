"""Pages of orders and fills over a restart are those of one list, however they are asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from sequence.sandbox import Sandbox
from sequence.store.memory import MemoryStore

Reopen = Callable[..., Sandbox]


def trade(sandbox: Sandbox, first: int, count: int) -> None:
    client = sandbox.client()
    for number in range(first, first + count):
        name = f"n{number}"
        if number % 5 == 0:
            client.buy("BTC-USD", "0.01", limit_price=str(1_000 + number), tif="gtc", graph_id=name)
        elif number % 7 == 0:
            client.sell("ETH-USD", "0.1", graph_id=name)
        else:
            client.buy("BTC-USD", "0.01", graph_id=name)


@pytest.fixture(params=["file", "file with few marks", "memory"])
def traded(request: pytest.FixtureRequest, reopen: Reopen, monkeypatch: pytest.MonkeyPatch) -> Any:
    """23 orders of before a restart and 12 of after it; open ones of before end after it."""
    store = MemoryStore()
    if request.param == "file with few marks":
        monkeypatch.setattr("sequence.store.reading._EVERY", 4)

    def opened() -> Sandbox:
        if request.param != "memory":
            return reopen()
        return Sandbox(store=store, clock="manual", preset="instant")

    with opened() as sandbox:
        trade(sandbox, 0, 23)
    sandbox = opened()
    trade(sandbox, 23, 12)
    sandbox.client().cancel("graph:n5:order:1")
    sandbox.client().cancel("graph:n15:order:1")
    yield sandbox
    sandbox.close()


FILTERS: list[dict[str, Any]] = [
    {},
    {"symbol": "BTC-USD"},
    {"symbol": "ETH-USD"},
    {"status": ["FILLED"]},
    {"status": ["CANCELLED", "ACCEPTED"]},
    {"side": "buy"},
    {"graph_id": "n3"},
    {"open": True},
]


@pytest.mark.parametrize("filters", FILTERS)
def test_pages_of_orders_add_up_to_the_list(traded: Sandbox, filters: dict[str, Any]):
    client = traded.client()
    whole = client.orders(limit=500, **filters)
    names = [row.node_order_id for row in whole.orders]
    assert whole.total == len(names)
    for limit in (1, 3, 8, 50):
        for offset in range(len(names) + 2):
            page = client.orders(limit=limit, offset=offset, **filters)
            assert [row.node_order_id for row in page.orders] == names[offset : offset + limit]
            assert page.total == len(names)
            assert page.has_more == (offset + limit < len(names))


def test_all_orders_are_there(traded: Sandbox):
    shown = [row.graph_id for row in traded.client().orders(limit=500).orders]
    assert shown == [f"n{number}" for number in reversed(range(35))]


@pytest.mark.parametrize("filters", [{}, {"symbol": "BTC-USD"}])
def test_pages_by_cursor_are_the_rest_of_the_list(traded: Sandbox, filters: dict[str, Any]):
    client = traded.client()
    names = [row.node_order_id for row in client.orders(limit=500, **filters).orders]
    seen = set[int]()
    for seq in range(1, 250, 3):
        page = client.orders(limit=4, before_seq=seq, **filters)
        seen.add(page.total)
        assert [row.node_order_id for row in page.orders] == names[len(names) - page.total :][:4]
    assert len(seen) > 10


@pytest.mark.parametrize(
    "filters", [{}, {"symbol": "ETH-USD"}, {"node_order_id": "graph:n1:order:1"}]
)
def test_pages_of_fills_add_up_to_the_list(traded: Sandbox, filters: dict[str, Any]):
    client = traded.client()
    whole = client.fills(limit=500, **filters)
    ids = [row.fill_id for row in whole.fills]
    assert len(set(ids)) == len(ids) == whole.total
    for limit in (1, 4, 50):
        for offset in range(len(ids) + 2):
            page = client.fills(limit=limit, offset=offset, **filters)
            assert [row.fill_id for row in page.fills] == ids[offset : offset + limit]
            assert page.total == len(ids)
