"""Lists to their end: nothing twice, nothing missed, whatever happens meanwhile."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequence import AsyncSequence, Sequence
from sequence.sandbox import Sandbox

ROWS = 23
PAGE = 5


@pytest.fixture(params=["memory", "file"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    store = "memory" if request.param == "memory" else tmp_path / "sandbox.db"
    with Sandbox(preset="instant", market="manual", store=store) as made:
        made.market.snapshot("kraken", "BTC-USD", [(100, 500)], [(101, 500)])
        yield made


def rest(client: Sequence, number: int) -> str:
    return client.buy("BTC-USD", 1, limit_price=50 + number, venue="kraken").id


def test_pages_reach_the_end_with_amends_and_new_orders_between(client: Sequence):
    placed = [rest(client, number) for number in range(ROWS)]
    seen: list[str] = []
    before_seq: int | None = None
    for _ in range(ROWS):
        page = client.orders(limit=PAGE, before_seq=before_seq)
        seen += [row.node_order_id for row in page.orders]
        # Rows of every page, of this one too, change; and new ones come.
        client.amend(placed[0], new_price=40)
        client.amend(placed[-1], new_qty=2)
        client.cancel(placed[len(seen) % ROWS])
        rest(client, 30)
        before_seq = page.next
        assert (before_seq is None) is (not page.has_more)
        if before_seq is None:
            break
    assert seen == placed[::-1]


def test_fills_come_page_by_page(client: Sequence):
    for _ in range(ROWS):
        client.buy("BTC-USD", 1)
    seen: list[str] = []
    for fill in client.fills_iter(page_size=PAGE):
        seen.append(fill.fill_id)
        if len(seen) % PAGE == 1:
            client.buy("BTC-USD", 1)
    assert len(seen) == len(set(seen)) == ROWS
    assert client.fills(limit=500).next is None


def test_cancel_all_leaves_nothing_open_and_takes_what_ended_as_done(client: Sequence):
    for number in range(ROWS):
        rest(client, number)
    client.buy("BTC-USD", 1)
    answers = client.cancel_all()
    assert {row.status for row in answers} == {"CANCELLED"}
    assert len(answers) == ROWS
    assert client.orders(open=True).total == 0
    assert client.cancel_all() == []


def test_the_same_for_asyncio(sandbox: Sandbox):
    async def read(client: AsyncSequence) -> tuple[int, int]:
        for number in range(7):
            await client.buy("BTC-USD", 1, limit_price=50 + number, venue="kraken")
        rows = [row async for row in client.orders_iter(open=True, page_size=2)]
        return len(rows), len(await client.cancel_all(venue="kraken"))

    assert asyncio.run(read(sandbox.async_client())) == (7, 7)
