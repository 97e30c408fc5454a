"""Ordinary orders are read by the core, all others by their models: the answers never differ."""

import json
import random
from collections.abc import Callable
from typing import Any, Final

import pytest
from pydantic import ValidationError

from sequence import _core
from sequence._operations import SUBMIT_ORDER
from sequence.errors import SequenceError
from sequence.sandbox import Sandbox
from sequence.sandbox.call import Call
from sequence.sandbox.handlers import HANDLERS
from sequence.sandbox.handlers.order import Replay
from sequence.sandbox.refuse import invalid_body
from sequence.server.endpoint import Endpoint, build_router
from sequence.server.limits import Limits
from sequence.server.request import parse_json
from sequence.types import VENUES, SimpleOrderRequest
from sequence.types._words import GRAPH_ID

LIMITS: Final = Limits()
BODIES: Final = 4_000
SYMBOLS: Final = ("BTC-USDT", "ETH-USDT", "BTC-USDT-PERP", "BTC/USDT", "btc-usdt", "X" * 128)
AMOUNTS: Final = ("1", "0.1", "2.5e-1", "1E1", "100", "3.00000000", "0.00000001", "12.345678")
VALUES: Final[dict[str, tuple[str, ...]]] = {
    "symbol": tuple(map(json.dumps, SYMBOLS)),
    "side": ('"buy"', '"sell"'),
    "qty": AMOUNTS,
    "notional": AMOUNTS,
    "price": ("100", "101", "99.5", "1e2", "0.000000001"),
    "order_type": ('"market"', '"limit"'),
    "venue": ('"binance"', '"kraken"', '"nowhere"', "null"),
    "graph_id": ('"a"', '"b.c-d_e"', '"' + "x" * 128 + '"', "null"),
    "instrument_type": ('"spot"', '"perp"', '"prediction"'),
    "policy": ('"sor"', '"aggressive_chase"'),
    "urgency": ('"low"', '"medium"', '"high"'),
    "max_slippage_bps": ("1", "50", "10000"),
    "horizon_ms": ("1", "60000", "2592000000"),
    "tif": ('"gtc"', '"IOC"', '"fok"', '"Post_Only"', '"day"', "null"),
    "reduce_only": ("true", "false"),
    "tag": ('"maker"', '"a b"', '"{}"', '"' + "y" * 64 + '"'),
    "wallet_id": ('"w"', '"hot wallet 7"'),
    "sandbox": ("true", "false", "null"),
    "is_sandbox": ("true", "false"),
    "metadata": ('{"note":1.50}', "{}", "null"),
}
ODD: Final = (
    "null", "0", "-1", "1.0", "1e400", "1e-400", "0e99999999999", "-0", "9000000000",
    "9000000000.000000001", "90000000000", "1.000000001", "1.0000000001",
    "1." + "0" * 70, "1" * 700, "1" * 5_000, "true", "[]", "{}", '""', '"graph"', '"1"',
    '"\\u0062uy"', '"BUY"', '"a\\"b"', '"a\\\\b"', '" "', '"\\n"', '"ü"', '"\x7f"',
    '"\\ud83d\\ude00"', '"x\\u0000"', '"' + "z" * 129 + '"', '"' + "z" * 513 + '"',
    '"https://polymarket.com/event/x"', '"-BTC"', '"ftp://x"', "nul", "01", "+1", ".5", "1.",
    '"open', "NaN", '"İOC"', "10001", "2592000001",
)  # fmt: skip
"""Values that some key or every key refuses, or that are no JSON."""


def bodies(count: int) -> list[bytes]:
    """Orders of every kind: most as a client would send them, and most kinds of broken ones."""
    draw = random.Random(7)  # noqa: S311 - the same bodies in every run
    found = []
    for _ in range(count):
        size = draw.choice(("qty", "qty", "notional"))
        keys = ["symbol", "side", size]
        if draw.random() < 0.4:
            keys.append("price")
        others = [key for key in VALUES if key not in keys]
        keys += draw.sample(others, draw.choice((0, 0, 1, 1, 2, 3, 6)))
        members = [(key, draw.choice(VALUES[key])) for key in keys]
        fate = draw.random()
        at = draw.randrange(len(members))
        if fate < 0.3:
            members[at] = members[at][0], draw.choice(ODD)
        elif fate < 0.34:
            members.append(draw.choice(members))
        elif fate < 0.38:
            del members[at]
        elif fate < 0.42:
            members.append((draw.choice(("nope", "Side", "nodes", "pacing", "")), draw.choice(ODD)))
        draw.shuffle(members)
        space = draw.choice(("", " ", "\n\t"))
        inner = f",{space}".join(f'"{key}":{space}{value}' for key, value in members)
        text = (
            draw.choice(("{%s}",) * 40 + ("{%s", "{%s},", "[{%s}]", "\ufeff{%s}", "{%s} ")) % inner
        )
        found.append(text.encode("utf-8", "surrogatepass"))
    return [*found, b"", b"{}", b"null", b"\xff", b'{"symbol":"\xff"}', b"[" * 40]


class Twin:
    """A sandbox whose orders come as bodies, read in one of two ways."""

    def __init__(self, read: Callable[[bytes], Any], form: Any) -> None:
        self.sandbox = Sandbox(preset="instant", market="manual", clock="manual", seed=5)
        for symbol in SYMBOLS[:3]:
            self.sandbox.market.snapshot("binance", symbol, [(100, 50)], [(101, 50)])
        self._read, self._form = read, form
        runtime = self.sandbox.runtime
        principal = runtime.keys.find(self.sandbox.test_key.encode())
        assert principal is not None
        self.principal: Final = principal

    def answer(self, raw: bytes) -> tuple[Any, ...]:
        """What a sender of this body is told."""
        runtime = self.sandbox.runtime
        try:
            body = self._read(raw)
            call: Call[Any, Any] = Call(runtime, self.principal, {}, None, body, form=self._form)
            found = runtime.run(HANDLERS["submit_order"], call)
        except SequenceError as error:
            return error.status, error.code, error.message, error.details
        if isinstance(found, Replay):
            return 200, True, found.response.to_json()
        return 200, False, found.to_json()


def submits() -> Endpoint:
    """The endpoint that takes orders."""
    found = build_router().find(b"/v1/orders")
    assert found is not None
    return found[0].endpoints["POST"]


def by_model(raw: bytes) -> Any:
    """A body as its model reads it."""
    value = parse_json(raw, LIMITS)
    try:
        return SUBMIT_ORDER.read_body(value)
    except ValidationError as error:
        raise invalid_body(error) from None


def test_thousands_of_bodies_are_answered_as_if_their_models_had_read_them() -> None:
    endpoint = submits()
    new = Twin(lambda raw: endpoint.read_body(raw, LIMITS), "text")
    old = Twin(by_model, "model")
    statuses: dict[int, int] = {}
    for raw in bodies(BODIES):
        told = new.answer(raw)
        assert told == old.answer(raw), raw
        statuses[told[0]] = statuses.get(told[0], 0) + 1
    assert new.sandbox.event_hash() == old.sandbox.event_hash()
    assert statuses[200] > BODIES / 8
    assert statuses[422] > BODIES / 5
    assert statuses[400] > BODIES / 50
    new.sandbox.close()
    old.sandbox.close()


def test_the_core_reads_most_orders_and_none_that_its_model_refuses() -> None:
    read = 0
    for raw in bodies(BODIES):
        body = _core.OrderBody.read(raw, LIMITS.json_string_bytes)
        if body is None:
            continue
        read += 1
        model = by_model(raw)
        assert isinstance(model, SimpleOrderRequest)
        assert (body.symbol, body.venue) == (model.symbol, model.venue)
        assert body.instrument_type == model.instrument_type
        assert (body.graph_id, body.wants_sandbox) == (model.graph_id, model.wants_sandbox)
    assert read > BODIES / 3


@pytest.mark.parametrize("key", sorted(VALUES))
def test_each_value_that_is_refused_is_refused_in_the_words_of_its_model(key: str) -> None:
    endpoint = submits()
    plain = {"symbol": '"BTC-USDT"', "side": '"buy"', "qty": "1"}
    for value in (*ODD, *VALUES[key]):
        members = plain | {key: value}
        raw = ("{" + ",".join(f'"{name}":{text}' for name, text in members.items()) + "}").encode()
        words = []
        for read in (lambda raw: endpoint.read_body(raw, LIMITS), by_model):
            try:
                read(raw)
                words.append(None)
            except SequenceError as error:
                words.append((error.status, error.code, error.message, error.details))
        assert words[0] == words[1], raw


def test_the_core_knows_the_venues_and_ids_of_the_models() -> None:
    for venue in VENUES:
        body = b'{"symbol":"BTC-USD","side":"buy","qty":1,"venue":"%s"}' % venue.encode()
        found = _core.OrderBody.read(body, 512)
        assert found is not None
        assert found.venue == venue
    for code in range(128):
        text = f"a{chr(code)}"
        raw = json.dumps({"symbol": "BTC-USD", "side": "buy", "qty": 1, "graph_id": text}).encode()
        found = _core.OrderBody.read(raw, 512)
        assert (found is not None) == (GRAPH_ID.fullmatch(text) is not None), text
