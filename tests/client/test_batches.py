"""Many orders in one call: each item has its answer, and a bad one spoils no other."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sequence import OrderItem, Sequence, SequenceError
from sequence.sandbox import Sandbox
from sequence.server import serving

GOOD: OrderItem = {"side": "buy", "symbol": "BTC-USD", "qty": 1, "limit_price": 90}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="instant", market="manual") as made:
        made.market.snapshot("kraken", "BTC-USD", [(100, 500)], [(101, 500)])
        yield made


@pytest.fixture(params=["process", "http", "fast"])
def client(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Sequence]:
    with ExitStack() as stack:
        if request.param == "process":
            yield sandbox.client()
            return
        url = stack.enter_context(serving(sandbox))
        transport = "fast" if request.param == "fast" else None
        yield stack.enter_context(Sequence(sandbox.test_key, base_url=url, transport=transport))


BAD: list[tuple[Any, str]] = [
    ({**GOOD, "symbol": "NOPE-USD"}, "NotFoundError|UnprocessableError"),
    ({**GOOD, "qty": -1}, "ValidationError"),
    ({**GOOD, "side": "hold"}, "ValidationError"),
    ({**GOOD, "side": ["buy"]}, "ValidationError"),
    ({**GOOD, 5: 6, "colour": "red"}, "ValidationError"),
    ({**GOOD, "limit_price": 0}, "ValidationError"),
    ({**GOOD, "colour": "red"}, "ValidationError"),
    ({"side": "buy", "qty": 1}, "ValidationError"),
    ("BTC-USD", "ValidationError"),
    ({**GOOD, "tif": "soon"}, "ValidationError|UnprocessableError"),
]


def test_a_bad_item_is_refused_alone_and_says_which(client: Sequence):
    items = [GOOD, *(item for item, _ in BAD), {**GOOD, "side": "sell", "limit_price": 110}]
    answers = client.submit_many(items)
    assert len(answers) == len(items)
    for at, (_, kind) in enumerate(BAD, start=1):
        error = answers[at]
        assert isinstance(error, SequenceError)
        assert type(error).__name__ in kind.split("|"), error
        assert error.message.startswith(f"item {at}: ")
        assert f"item {at}: " in str(error)
    first, last = answers[0], answers[-1]
    assert not isinstance(first, SequenceError)
    assert not isinstance(last, SequenceError)
    # A sale without inventory is no exception, as with `sell`.
    assert (first.status, last.status) == ("ACCEPTED", "REJECTED")
    assert [row.node_order_id for row in client.orders(open=True).orders] == [first.id]

    ended = client.cancel_many([first.id, "nobody", last.id])
    assert not isinstance(ended[0], SequenceError)
    assert [type(answer).__name__ for answer in ended[1:]] == ["NotFoundError", "ConflictError"]
    assert [str(answer).count(f"item {at}: ") for at, answer in enumerate(ended)] == [0, 1, 1]
    assert client.orders(open=True).orders == []


def test_a_batch_is_the_same_orders_one_after_the_other(sandbox: Sandbox):
    items: list[OrderItem] = [{**GOOD, "limit_price": 90 + at} for at in range(3)]
    kept = [dict(item) for item in items]
    client = sandbox.client()
    answers = client.submit_many(item for item in items)
    assert items == kept, "what was given stays as it was"
    assert client.submit_many([]) == client.cancel_many([]) == []
    rows = client.orders(open=True).orders
    ids = [answer.id for answer in answers if not isinstance(answer, SequenceError)]
    assert [row.node_order_id for row in rows[::-1]] == ids
    assert [row.limit_price_1e9 for row in rows[::-1]] == [(90 + at) * 10**9 for at in range(3)]


def test_the_asyncio_client_does_the_same(sandbox: Sandbox):
    async def batch() -> tuple[list[Any], list[Any]]:
        async with sandbox.async_client() as client:
            answers = await client.submit_many([GOOD, {**GOOD, "qty": 0}])
            first = answers[0]
            assert not isinstance(first, SequenceError)
            return answers, await client.cancel_many([first.id, first.id + "0"])

    answers, ended = asyncio.run(batch())
    assert str(answers[1]).count("item 1: ") == 1
    assert isinstance(ended[1], SequenceError)
    assert not isinstance(ended[0], SequenceError)
