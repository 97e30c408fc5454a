"""The answer of a submit says the same in each form it can be asked for in."""

import json
from typing import Any, Final, Literal

import pytest

from sequence import _core

NOW: Final = 1_700_000_000_000_000_000
Form = Literal["row", "late", "text"]


def answered(form: Form, limit_1e9: int | None) -> list[tuple[Any, bool]]:
    """An order and the same once more, which is given the first answer again."""
    engine = _core.Engine(seed=7)
    engine.start_demo(NOW)
    account = engine.account("client")
    engine.reset(account, 10**17, NOW)
    submit: Any = engine.submit
    asked = {"symbol": "BTC-USD", "side": "buy", "qty_1e8": 1_000_000, "price_1e9": limit_1e9}
    return [submit(account, NOW, graph_id="twice", form=form, **asked) for _ in range(2)]


@pytest.mark.parametrize(("limit_1e9", "status"), [(None, "FILLED"), (10**12, "ACCEPTED")])
def test_each_form_of_an_answer_says_the_same(limit_1e9: int | None, status: str):
    rows, lates, texts = (answered(form, limit_1e9) for form in ("row", "late", "text"))
    for (row, replayed), (late, _), ((text, opened), text_replayed) in zip(
        rows, lates, texts, strict=True
    ):
        order = row["orders"][0]
        assert order["status"] == status
        assert (json.loads(text), text_replayed) == (row, replayed)
        assert list(json.loads(text)["orders"][0]) == list(order), "keys in the order of the wire"
        assert late.row() == row
        known = (order["node_order_id"], order["symbol"])
        assert opened == (known if status == "ACCEPTED" else None)
        assert late.open() == ([known] if status == "ACCEPTED" else [])
    assert [replayed for _, replayed in rows] == [False, True]
