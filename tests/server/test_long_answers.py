"""Answers that take long are made in parts, so that nobody else waits for the whole."""

import asyncio
from collections.abc import Iterator

import pytest

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.sandbox.call import Call, Pending
from sequence.sandbox.handlers import HANDLERS
from sequence.server import serving
from sequence.types import QuotesBatchRequest

NAMES = [f"X{number}-USD" if number % 3 else "BTC-USD" for number in range(2_000)]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="instant", market="manual") as made:
        made.market.snapshot("kraken", "BTC-USD", [(100, 5), (99, 5)], [(101, 5)])
        yield made


@pytest.mark.parametrize(("depth", "most"), [(10, 200), (100, 20), (1, 2_000)])
def test_a_batch_of_quotes_is_made_some_rows_at_a_time(
    sandbox: Sandbox, depth: int, most: int
) -> None:
    runtime = sandbox.runtime
    principal = runtime.keys.find(sandbox.test_key.encode())
    assert principal is not None
    body = QuotesBatchRequest(symbols=NAMES, depth=depth)
    call = Call(runtime, principal, {}, None, body)
    answer, parts = runtime.run(HANDLERS["quotes_batch"], call), 1
    while isinstance(answer, Pending):
        assert answer.pause_s == 0
        answer, parts = runtime.run(answer.again, call), parts + 1
    assert parts == -(-len(NAMES) // most)
    assert answer.count == len(NAMES)


def test_the_whole_is_one_answer_in_the_order_of_the_request(sandbox: Sandbox) -> None:
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as remote:
        for client in (sandbox.client(), remote):
            rows = client.quotes_batch(NAMES).quotes
            assert [row.symbol for row in rows] == NAMES


def test_the_same_for_asyncio(sandbox: Sandbox) -> None:
    async def names() -> list[str]:
        async with sandbox.async_client() as client:
            return [row.symbol for row in (await client.quotes_batch(NAMES)).quotes]

    assert asyncio.run(names()) == NAMES
