"""Ordinary changes are read by the core, all others by their model, and an answer that waits for
nothing is written by the core: what is told never differs."""

import json
import random
from collections.abc import Callable
from typing import Any, Final

import pytest
from pydantic import ValidationError

from sequence import _core
from sequence._operations import AMEND_ORDER, SUBMIT_ORDER
from sequence.errors import SequenceError
from sequence.sandbox import Sandbox
from sequence.sandbox.call import Call
from sequence.sandbox.handlers import HANDLERS
from sequence.sandbox.refuse import invalid_body
from sequence.server.endpoint import build_router
from sequence.server.limits import Limits
from sequence.server.request import parse_json
from sequence.types import AmendRequest

LIMITS: Final = Limits()
BODIES: Final = 1_500
VALUES: Final[dict[str, tuple[str, ...]]] = {
    "new_qty_1e8": ("100000000", "200000000", "300000000", "1", "null", "9000000000000000000"),
    "reduce_by_1e8": ("1", "50000000", "100000000", "200000000", "null"),
    "new_constraints": (
        "{}", "null", '{"max_price_1e9":99000000000}', '{"max_price_1e9":98500000000}',
        '{"max_price_1e9":99000000001}', '{"max_price_1e9":null}', '{ "max_price_1e9" : 1 }',
    ),
    "expected_version": ("0", "1", "2", "null"),
}  # fmt: skip
ODD: Final = (
    "0", "-1", "-0", "1.0", "1e8", "1e400", "01", "+1", ".5", "9000000000000000001", "1" * 700,
    "4294967294", "4294967295", "4294967296", "-9999999999", "true", "[]", "[1]", '"1"', '""',
    '{"max_price_1e9":0}', '{"max_price_1e9":1.5}', '{"max_price_1e9":"1"}', '{"min_price":1}',
    '{"max_price_1e9":1,"max_price_1e9":2}', '{"max_price_1e9":{}}', '{"max\\u005fprice_1e9":1}',
    "nul", '"open', "NaN", '{"max_price_1e9":1',
)  # fmt: skip
"""Values that some key or every key refuses, or that are no JSON."""


def bodies(count: int) -> list[bytes]:
    """Changes of every kind, and most kinds of broken ones."""
    draw = random.Random(11)  # noqa: S311 - the same bodies in every run
    found = []
    for _ in range(count):
        size = draw.choice(("new_qty_1e8", "reduce_by_1e8", "new_constraints"))
        others = [key for key in VALUES if key != size]
        keys = [size, *draw.sample(others, draw.choice((0, 0, 0, 1, 1, 2, 3)))]
        members = [(key, draw.choice(VALUES[key])) for key in keys]
        fate, at = draw.random(), draw.randrange(len(members))
        if fate < 0.25:
            members[at] = members[at][0], draw.choice(ODD)
        elif fate < 0.29:
            members.append(draw.choice(members))
        elif fate < 0.33:
            members.append((draw.choice(("nope", "price", "qty", "")), draw.choice(ODD)))
        draw.shuffle(members)
        space = draw.choice(("", " ", "\n\t"))
        inner = f",{space}".join(f'"{key}":{space}{value}' for key, value in members)
        frame = draw.choice(("{%s}",) * 30 + ("{%s", "{%s},", "[{%s}]", "\ufeff{%s}", "{%s} "))
        found.append((frame % inner).encode())
    return [*found, b"", b"{}", b"null", b"[]", b"\xff", b"[" * 40]


def by_model(raw: bytes) -> Any:
    """A body as its model reads it."""
    value = parse_json(raw, LIMITS)
    try:
        return AMEND_ORDER.read_body(value)
    except ValidationError as error:
        raise invalid_body(error) from None


def by_endpoint(raw: bytes) -> Any:
    """A body as the server reads it."""
    found = build_router().find(b"/v1/orders/an-id")
    assert found is not None
    return found[0].endpoints["PATCH"].read_body(raw, LIMITS)


class Twin:
    """A sandbox whose changes come as bodies, read in one of two ways."""

    def __init__(self, read: Callable[[bytes], Any], form: Any, preset: Any) -> None:
        self.sandbox = Sandbox(preset=preset, market="manual", clock="manual", seed=5)
        self.sandbox.market.snapshot("binance", "BTC-USDT", [(100, 50)], [(101, 50)])
        self.client = self.sandbox.client()
        self._read, self._form = read, form
        principal = self.sandbox.runtime.keys.find(self.sandbox.test_key.encode())
        assert principal is not None
        self._principal: Final = principal

    def order(self) -> tuple[str, str]:
        """A new order that rests, and its graph."""
        order = self.client.buy("BTC-USDT", 2, limit_price=99)
        self.sandbox.clock.advance(seconds=1)
        return order.id, order.graph_id

    def ask(self, name: str, id_: str, raw: bytes | None = None) -> tuple[Any, ...]:
        """What somebody is told who asks for a change, or a cancel without a body."""
        runtime = self.sandbox.runtime
        try:
            body = None if raw is None else self._read(raw)
            path = {"node_order_id": id_}
            call: Call[Any, Any] = Call(runtime, self._principal, path, None, body, form=self._form)
            found = runtime.run(HANDLERS[name], call)
        except SequenceError as error:
            return error.status, error.code, error.message, error.details
        return 200, found.to_json()


@pytest.mark.parametrize("preset", ["instant", "realistic"])
def test_thousands_of_changes_and_cancels_are_answered_as_if_their_models_had_been_there(
    preset: str,
) -> None:
    read = build_router().find(b"/v1/orders/an-id")
    assert read is not None
    endpoint = read[0].endpoints["PATCH"]
    new = Twin(lambda raw: endpoint.read_body(raw, LIMITS), "text", preset)
    old = Twin(by_model, "model", preset)
    statuses: dict[int, int] = {}
    cancels: set[int] = set()
    for number, raw in enumerate(bodies(BODIES)):
        id_, graph_id = new.order()
        assert (id_, graph_id) == old.order()
        told = new.ask("amend_order", id_, raw)
        assert told == old.ask("amend_order", id_, raw), raw
        statuses[told[0]] = statuses.get(told[0], 0) + 1
        named = graph_id if number % 7 == 0 else id_
        for _ in range(2):
            told = new.ask("cancel_order", named)
            assert told == old.ask("cancel_order", named), named
            cancels.add(told[0])
        for twin in (new, old):
            twin.sandbox.clock.advance(seconds=1)
        assert new.ask("cancel_order", id_) == old.ask("cancel_order", id_)
    assert new.sandbox.event_hash() == old.sandbox.event_hash()
    assert cancels == {200}
    assert statuses[200] > BODIES / 6
    assert statuses[422] > BODIES / 8
    assert statuses[400] > BODIES / 50
    new.sandbox.close()
    old.sandbox.close()


def test_the_core_reads_most_changes_and_none_that_the_model_refuses() -> None:
    read = 0
    for raw in bodies(BODIES):
        body = _core.AmendBody.read(raw, LIMITS.json_string_bytes)
        if body is None:
            continue
        read += 1
        model = by_model(raw)
        assert isinstance(model, AmendRequest)
        assert (body.new_qty_1e8, body.reduce_by_1e8) == (model.new_qty_1e8, model.reduce_by_1e8)
        assert (body.price_1e9, body.expected_version) == (model.price_1e9, model.expected_version)
    assert read > BODIES / 3


@pytest.mark.parametrize("key", sorted(VALUES))
def test_each_value_that_is_refused_is_refused_in_the_words_of_its_model(key: str) -> None:
    plain = {"new_qty_1e8": "1"}
    for value in (*ODD, *VALUES[key]):
        members = plain | {key: value}
        raw = ("{" + ",".join(f'"{name}":{text}' for name, text in members.items()) + "}").encode()
        words = []
        for read in (by_endpoint, by_model):
            try:
                read(raw)
                words.append(None)
            except SequenceError as error:
                words.append((error.status, error.code, error.message, error.details))
        assert words[0] == words[1], raw


def test_limits_of_an_order_are_those_of_the_core_in_its_model_too() -> None:
    for key, most in (
        ("max_slippage_bps", _core.MAX_SLIPPAGE_BPS),
        ("horizon_ms", _core.MAX_HORIZON_MS),
    ):
        for value, is_read in ((most, True), (most + 1, False)):
            order = {"symbol": "BTC-USDT", "side": "buy", "qty": 1, key: value}
            found = _core.OrderBody.read(json.dumps(order).encode(), LIMITS.json_string_bytes)
            assert (found is not None) == is_read
            if is_read:
                SUBMIT_ORDER.read_body(order)
                continue
            with pytest.raises(ValidationError, match=str(most)):
                SUBMIT_ORDER.read_body(order)
