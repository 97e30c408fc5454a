"""An answer in process becomes a model when it is looked at, and then is one like any other."""

import copy
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.types import SubmitResponse
from sequence.types._late import LateSubmit


@pytest.fixture
def client() -> Iterator[Sequence]:
    with Sandbox(clock="manual", preset="instant", market="manual") as sandbox:
        sandbox.market.snapshot("kraken", "BTC-USD", [(100, 50)], [(101, 50)])
        yield sandbox.client()


def test_id_and_status_make_no_model(client: Sequence) -> None:
    order = client.buy("BTC-USD", 1)
    assert (order.status, order.is_terminal) == ("FILLED", True)
    assert order.graph_id in order.id
    assert type(order.submitted) is LateSubmit
    assert client.last_graph_id == order.graph_id
    assert order.row.filled_qty == order.qty
    assert type(order.submitted) is SubmitResponse
    assert (order.id, order.status) == (order.row.node_order_id, order.row.status)


USES: dict[str, Callable[[SubmitResponse], Any]] = {
    "field": lambda answer: answer.graph_id,
    "class": lambda answer: issubclass(answer.__class__, SubmitResponse),
    "repr": repr,
    "str": str,
    "dump": lambda answer: answer.model_dump(),
    "json": lambda answer: answer.to_json(),
    "copy": copy.copy,
    "deep copy": copy.deepcopy,
    "model copy": lambda answer: answer.model_copy(),
    "pickle": lambda answer: pickle.loads(pickle.dumps(answer)),  # noqa: S301 - our own
    "fields": list,
    "names": lambda answer: sorted(dir(answer)),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_whatever_is_done_with_an_answer_finds_the_model(
    client: Sequence, use: Callable[[SubmitResponse], Any]
) -> None:
    answer = client.buy("BTC-USD", 1, limit_price=90).submitted
    assert type(answer) is LateSubmit
    whole = client.buy("BTC-USD", 1, limit_price=90, graph_id=answer.of_first("graph_id")).submitted
    assert type(answer) is LateSubmit
    expected = SubmitResponse.from_json(whole.to_json())
    assert use(answer) == use(expected)
    assert answer == expected
    assert expected == answer


def test_threads_may_look_at_one_answer_together(client: Sequence) -> None:
    with ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            order = client.buy("BTC-USD", 1, limit_price=90)
            asked = ["status", "id", "qty", "graph_id", "row", "is_terminal"] * 4
            told = list(pool.map(partial(getattr, order), asked))
            assert told == [getattr(order, name) for name in asked]
