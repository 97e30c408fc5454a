"""What a caller gives is read the same in process and over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from sequence import Sequence, streams
from sequence.errors import ValidationError
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
