"""What a caller gives is read the same in process and over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from sequence import Sequence, streams
from sequence.errors import UnprocessableError, ValidationError
from sequence.sandbox import Sandbox
from tests.doors import DOORS, door

SYMBOL = "BTC-USDT"
NODE = {
    "node_id": "a",
    "instrument": {"symbol": SYMBOL, "type": "spot"},
    "side": "buy",
    "quantity": {"fixed": {"qty_1e8": 10**8}},
}


@pytest.fixture(params=DOORS)
def client(request: pytest.FixtureRequest) -> Iterator[Sequence]:
    with Sandbox(preset="instant", market="manual") as sandbox:
        for venue in ("binance", "bybit"):
            sandbox.market.snapshot(venue, SYMBOL, [(100, 500)], [(101, 500)])
        sandbox.market.snapshot("binance", "ETH-USDT", [(10, 500)], [(11, 500)])
        with door(sandbox, request.param) as made:
            yield made


def test_one_text_is_one_name(client: Sequence) -> None:
    order = client.buy(SYMBOL, 1)
    assert [row.symbol for row in client.quotes(SYMBOL).quotes] == [SYMBOL]
    assert len(client.quotes([SYMBOL, "ETH-USDT"]).quotes) == 2
    assert len(client.quotes_batch(SYMBOL).quotes) == 1
    assert {row.venue for row in client.positions(venues="kraken").positions} == {"kraken"}
    assert client.positions(kinds="fiat").positions == client.positions(kinds=["fiat"]).positions
    assert [row.node_order_id for row in client.orders(status="FILLED").orders] == [order.id]
    assert client.orders(status="REJECTED").orders == []
    with client.stream("fills") as stream:
        client.buy(SYMBOL, 1)
        assert isinstance(stream.next(timeout=10), streams.FillEvent)


def test_an_empty_filter_is_refused(client: Sequence) -> None:
    with pytest.raises(ValidationError, match="symbols: must not be empty"):
        client.quotes([])
    with pytest.raises(ValidationError, match="venues: must not be empty"):
        client.positions(venues=[])
    with pytest.raises(ValidationError, match="kinds: must not be empty"):
        client.positions(kinds=())
    with pytest.raises(ValidationError, match="status: must not be empty"):
        client.orders(status=[])


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize("depth", [32, 100, 100_000])
def test_metadata_that_is_nested_too_deeply_is_refused(client: Sequence, depth: int) -> None:
    with pytest.raises(ValidationError, match="nested deeper than 32"):
        client.submit_graph([NODE], metadata=nested(depth))


def test_metadata_as_deep_as_json_may_be_is_taken(client: Sequence) -> None:
    graph = client.submit_graph([NODE], metadata=nested(31))
    assert client.graph_status(graph.graph_id).metadata == nested(31)


@pytest.mark.parametrize("metadata", [{"a": "\ud800"}, {"\udfff": 1}, {"a": [{"b": "x\ud800"}]}])
def test_half_a_character_is_refused(client: Sequence, metadata: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="lone surrogate"):
        client.submit_graph([NODE], metadata=metadata)


def test_a_filter_with_an_empty_name_is_refused(client: Sequence) -> None:
    for call in (
        lambda: client.quotes(""),
        lambda: client.quotes([SYMBOL, ""]),
        lambda: client.fees(SYMBOL, venues=["binance", ""]),
    ):
        with pytest.raises(ValidationError, match="has an empty element"):
            call()


def test_one_venue_of_fees_is_a_name_and_not_its_letters(client: Sequence) -> None:
    assert [row.venue for row in client.fees(SYMBOL, venues="binance").fees] == ["binance"]


WRONG: list[Any] = [
    lambda c: c.intel(None),
    lambda c: c.fees(None),
    lambda c: c.fees(SYMBOL, venues=5),
    lambda c: c.redeem("a-market", None),
    lambda c: c.redeem("a-market", 5),
    lambda c: c.markets(venue=5),
    lambda c: c.markets(venue=["kalshi"]),
    lambda c: c.market(5),
    lambda c: c.market(None),
    lambda c: c.quotes(5),
    lambda c: c.quotes_batch(5),
    lambda c: c.quotes_batch(None),
    lambda c: c.positions(venues=5),
    lambda c: c.orders(status=5),
]


@pytest.mark.parametrize("call", WRONG)
def test_a_value_of_another_kind_is_refused_in_a_sentence(client: Sequence, call: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        call(client)
    assert "pydantic" not in str(caught.value)


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u2028", "\x1b", "\x9f"])
def test_what_turns_the_rest_of_a_line_around_is_no_label(client: Sequence, mark: str) -> None:
    with pytest.raises(ValidationError, match="label: must be without control characters"):
        client.api_key_create(f"my{mark}key")
    with pytest.raises(ValidationError, match="reason: must be without control characters"):
        client.kill_switch_engage(f"my{mark}reason")
    assert client.api_key_create("é \u05d0 😀").label == "é \u05d0 😀"


@pytest.mark.parametrize("way", DOORS)
def test_a_decrease_that_cannot_be_speaks_of_the_new_total(way: str) -> None:
    with Sandbox(preset="instant") as sandbox, door(sandbox, way) as client:
        order = client.buy(SYMBOL, "0.01", limit_price=60_000, venue="kraken")
        for by, why in (("0.000001", "off the lot"), ("0.00999", "worth 0.6, below")):
            with pytest.raises(UnprocessableError, match="the new total is " + why) as caught:
                client.decrease(order.id, by)
            assert [row["field"] for row in caught.value.details] == ["reduce_by_1e8"]


@pytest.mark.parametrize("name", [".", "..", "", "\ud800"])
def test_an_id_that_no_path_can_hold_is_refused(client: Sequence, name: str) -> None:
    with pytest.raises(ValidationError):
        client.order(name)
    with pytest.raises(ValidationError):
        client.quote(name)
    with pytest.raises(ValidationError):
        client.graph_status(name)
    with pytest.raises(ValidationError):
        client.kill_switch_engage("\ud800")
    with pytest.raises(ValidationError):
        client.orders(symbol="\ud800")
