"""`WS /v1/stream` over a real socket: topics, order, replay, and what GET says afterwards."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sequence.sandbox import Sandbox
from sequence.server import Limits, serving
from tests.server.streaming import Reader, reader

if TYPE_CHECKING:
    from sequence import Sequence

PRIVATE = ("orders", "fills", "graphs", "routing")


class Desk:
    """A served sandbox fed by hand, and a client of it in this process."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox, self.url = sandbox, url
        self.client: Sequence = sandbox.client()
        self.feed(100, 101)

    def feed(self, bid: float, ask: float, symbol: str = "BTC-USDT") -> None:
        self.sandbox.market.snapshot("binance", symbol, [(bid, 500)], [(ask, 500)])

    def reader(self, key: str | None = None, **options: Any) -> Any:
        return reader(self.url, key or self.sandbox.test_key, **options)


@pytest.fixture(params=["instant", "realistic"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with Sandbox(preset=request.param, market="manual") as sandbox, serving(sandbox) as url:
        yield Desk(sandbox, url)


@pytest.fixture
def instant() -> Iterator[Desk]:
    with Sandbox(preset="instant", market="manual") as sandbox, serving(sandbox) as url:
        yield Desk(sandbox, url)


def test_topics_are_acknowledged_with_the_reason_of_each_rejection(instant: Desk) -> None:
    with instant.reader() as stream:
        stream.send(
            {
                "subscribe": [
                    "orders",
                    "orders",
                    "nope",
                    "tca:x",
                    "funding:binance",
                    "prices:",
                    "book:a b",
                    "fills:sandbox",
                ]
            }
        )
        assert stream.next() == {
            "subscribed": ["orders"],
            "rejected": [
                "nope",
                "tca:x",
                "funding:binance",
                "prices:",
                "book:a b",
                "fills:sandbox",
            ],
            "reasons": {
                "nope": "unknown topic",
                "tca:x": "not available",
                "funding:binance": "not available",
                "prices:": "unknown topic",
                "book:a b": "unknown symbol",
                "fills:sandbox": "unknown topic",
            },
            "hints": {
                "prices:": "a symbol, as in prices:BTC-USD",
                "fills:sandbox": "did you mean fills?",
            },
        }
        stream.send({"unsubscribe": ["orders", "fills"]})
        ack = {"unsubscribed": ["orders"], "rejected": ["fills"]}
        assert stream.next() == ack | {"reasons": {"fills": "not subscribed"}}


def test_traces_of_anybody_are_rejected_alike(instant: Desk) -> None:
    with instant.reader() as stream:
        ack = stream.subscribe("traces:mine", "deployment:other", "traces:of-another-client")
        assert set(ack["reasons"].values()) == {"not available"}


def test_prices_and_books_begin_with_the_state_and_follow_every_change(instant: Desk) -> None:
    with instant.reader() as stream:
        stream.subscribe("prices:BTC-USDT", "book:BTC-USDT")
        price, book = stream.next(), stream.next()
        ts_ns = price["data"].pop("ts_ns")
        assert price == {
            "channel": "prices:BTC-USDT",
            "data": {
                "bid": 100.0,
                "ask": 101.0,
                "mid": 100.5,
                "spread_bps": 99.502,
                "bid_sz": 500.0,
                "ask_sz": 500.0,
            },
        }
        assert book["data"] == {"bids": [[100.0, 500.0]], "asks": [[101.0, 500.0]], "ts_ns": ts_ns}
        instant.feed(102, 103)
        assert stream.event("prices:BTC-USDT")["data"]["bid"] == 102.0
        assert stream.event("book:BTC-USDT")["data"]["asks"] == [[103.0, 500.0]]


def test_a_symbol_without_a_book_starts_with_its_first_snapshot(instant: Desk) -> None:
    with instant.reader() as stream:
        assert stream.subscribe("book:ETH-USDT", "prices:ETH-USDT")["rejected"] == []
        instant.feed(10, 11, "ETH-USDT")
        assert stream.event("book:ETH-USDT")["data"]["bids"] == [[10.0, 500.0]]


def test_the_channel_echoes_the_topic_as_it_was_subscribed(instant: Desk) -> None:
    with instant.reader() as stream:
        instant.sandbox.market.snapshot("hyperliquid", "ETH-USD-PERP", [(10, 5)], [(11, 5)])
        stream.subscribe("prices:ETH-PERP")
        assert stream.next()["channel"] == "prices:ETH-PERP"


def test_fair_prices_come_as_rows(instant: Desk) -> None:
    with instant.reader() as stream:
        stream.subscribe("fair_price:BTC")
        instant.sandbox.market.snapshot("coinbase", "BTC-USD", [(100, 5)], [(102, 5)])
        row = stream.event("fair_price:BTC")["data"]
        assert (row["underlying"], row["fair"], row["venues"]) == ("BTC", 101.0, ["coinbase"])


def test_every_private_topic_is_numbered_without_gaps(desk: Desk) -> None:
    with desk.reader() as stream:
        stream.subscribe(*PRIVATE)
        orders = [desk.client.buy("BTC-USDT", 0.5).wait(timeout=5) for _ in range(3)]
        resting = desk.client.buy("BTC-USDT", 1, limit_price=99)
        resting.cancel()
        resting.wait(timeout=5)
        seen: dict[str, list[dict[str, Any]]] = {name: [] for name in PRIVATE}

        def is_last(message: dict[str, Any]) -> bool:
            seen[message["channel"]].append(message)
            graph = message["data"]
            return message["channel"] == "graphs" and (
                graph["graph_id"] == resting.graph_id and graph["status"] == "CANCELLED"
            )

        stream.until(is_last)
    for name, events in seen.items():
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1)), name
    assert len(seen["routing"]) == len(orders) + 1
    assert len(seen["fills"]) == desk.client.fills().total
    assert [row["data"]["chosen"] for row in seen["routing"]] == [["binance"]] * 4


def test_the_newest_event_of_an_order_is_the_row_that_a_read_returns(desk: Desk) -> None:
    with desk.reader() as stream:
        stream.subscribe("orders")
        order = desk.client.buy("BTC-USDT", 7).wait(timeout=5)
        rows: list[dict[str, Any]] = []

        def is_done(message: dict[str, Any]) -> bool:
            rows.append(message["data"])
            return message["data"]["remaining_qty_1e8"] == 0 or message["data"]["done_reason"]

        stream.until(is_done)
    read = json.loads(desk.client.order(order.id).to_json())
    assert rows[-1] | {"evidence": None} == read | {"evidence": None}
    assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))


def test_a_read_after_a_frame_is_never_older_than_the_frame(desk: Desk) -> None:
    with desk.reader() as stream:
        stream.subscribe("fills")
        for _ in range(5):
            desk.client.buy("BTC-USDT", 0.1)
            fill = stream.event("fills")["data"]
            order = desk.client.order(fill["node_order_id"])
            assert order.event_seq >= fill["event_seq"]
            assert fill["fill_id"] in [row.fill_id for row in desk.client.fills().fills]


def test_a_reader_that_comes_back_gets_what_it_missed(instant: Desk) -> None:
    with instant.reader() as stream:
        stream.subscribe("fills")
        instant.client.buy("BTC-USDT", 0.1)
        seq = stream.event("fills")["seq"]
    for _ in range(300):
        instant.client.buy("BTC-USDT", 0.1)
    with instant.reader() as stream:
        stream.subscribe("fills", fills=seq)
        replayed = [event["seq"] for event in stream.events("fills", 300)]
        assert replayed == list(range(seq + 1, seq + 301))
        instant.client.buy("BTC-USDT", 0.1)
        assert stream.event("fills")["seq"] == seq + 301


def test_a_first_reader_gets_what_happened_before_it_came(instant: Desk) -> None:
    instant.client.buy("BTC-USDT", 0.1)
    with instant.reader() as stream:
        stream.subscribe("orders", orders=0)
        assert stream.event("orders")["seq"] == 1


def test_what_is_gone_is_an_explicit_gap_followed_by_open_rows(
    instant: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sequence.sandbox.stream.ring.Ring.__init__.__defaults__", (5,))
    instant.client.sandbox.reset()
    open_order = instant.client.buy("BTC-USDT", 1, limit_price=99)
    for _ in range(10):
        instant.client.buy("BTC-USDT", 0.1)
    with instant.reader() as stream:
        stream.subscribe("orders", "fills", orders=1, fills=1)
        gaps = {gap["topic"]: gap for gap in (stream.until(lambda m: "gap" in m)["gap"],)}
        assert gaps["orders"]["from_seq"] == 2
        row = stream.event("orders")
        assert row["snapshot"] is True
        assert row["data"]["node_order_id"] == open_order.id
        fills = stream.until(lambda m: "gap" in m)["gap"]
        assert fills == {"topic": "fills", "from_seq": 2, "next_seq": 6}
        assert [event["seq"] for event in stream.events("fills", 5)] == [6, 7, 8, 9, 10]
        instant.client.buy("BTC-USDT", 0.1)
        assert stream.event("orders")["seq"] == gaps["orders"]["next_seq"]


def test_a_number_of_the_future_is_an_error_frame(instant: Desk) -> None:
    with instant.reader() as stream:
        stream.subscribe("fills", fills=900)
        error = stream.until(lambda message: "error" in message)
        assert error["error"]["code"] == "INVALID_PARAMS"
        assert "channel" not in error
        instant.client.buy("BTC-USDT", 0.1)
        assert stream.event("fills")["seq"] == 1


def test_a_reset_begins_a_new_epoch_at_one(instant: Desk) -> None:
    with instant.reader() as stream:
        stream.subscribe("orders", "fills")
        instant.client.buy("BTC-USDT", 0.1)
        stream.event("fills")
        resting = instant.client.buy("BTC-USDT", 1, limit_price=99)
        instant.client.sandbox.reset()
        ended = stream.until(
            lambda m: m.get("channel") == "orders" and m["data"]["done_reason"] == "RESET"
        )
        assert ended["data"]["node_order_id"] == resting.id
        assert stream.next() == {"epoch": 2}
        instant.client.buy("BTC-USDT", 0.1)
        assert stream.event("fills")["seq"] == 1


def test_a_live_key_reads_paper_events_by_their_suffix_only(instant: Desk) -> None:
    with instant.reader(instant.sandbox.live_key) as stream:
        assert stream.subscribe("orders", "orders:sandbox", "fills:sandbox")["rejected"] == []
        instant.client.buy("BTC-USDT", 0.1)
        channels = {stream.next()["channel"] for _ in range(4)}
        assert channels == {"orders:sandbox", "fills:sandbox"}
    with instant.reader() as stream:
        assert stream.subscribe("orders:sandbox")["rejected"] == ["orders:sandbox"]


def test_delayed_answers_arrive_without_anybody_asking() -> None:
    with Sandbox(preset="realistic", market="manual") as sandbox, serving(sandbox) as url:
        desk = Desk(sandbox, url)
        with desk.reader() as stream:
            stream.subscribe("orders")
            order = desk.client.buy("BTC-USDT", 0.1)
            assert order.status == "NEW"
            done = stream.until(lambda m: m.get("data", {}).get("status") == "FILLED")
            assert done["data"]["node_order_id"] == order.id


def test_two_hundred_readers_each_get_every_event_in_order() -> None:
    limits = Limits(sockets_per_client=200, connections_per_address=300)
    with (
        Sandbox(preset="instant", market="manual") as sandbox,
        serving(sandbox, limits=limits) as url,
        ExitStack() as stack,
        ThreadPoolExecutor(16) as pool,
    ):
        desk = Desk(sandbox, url)
        contexts = [desk.reader() for _ in range(200)]
        readers: list[Reader] = list(pool.map(stack.enter_context, contexts))
        assert len(list(pool.map(lambda stream: stream.subscribe("fills"), readers))) == 200
        for _ in range(5):
            desk.client.buy("BTC-USDT", 0.1)
        for events in pool.map(lambda stream: stream.events("fills", 5), readers):
            assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]


def test_a_restart_is_a_gap_and_never_a_repeated_number(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.db"
    with Sandbox(preset="instant", market="manual", store=file) as sandbox, serving(sandbox) as url:
        desk = Desk(sandbox, url)
        with desk.reader() as stream:
            stream.subscribe("orders")
            desk.client.buy("BTC-USDT", 1)
            resting = desk.client.buy("BTC-USDT", 1, limit_price=90)
            seq = stream.until(lambda m: m["data"]["node_order_id"] == resting.id)["seq"]
    with Sandbox(preset="instant", market="manual", store=file) as sandbox, serving(sandbox) as url:
        desk = Desk(sandbox, url)
        with desk.reader() as stream:
            stream.subscribe("orders", orders=seq)
            gap = stream.until(lambda m: "gap" in m)["gap"]
            assert gap["from_seq"] == seq + 1
            row = stream.event("orders")
            assert (row["snapshot"], row["data"]["node_order_id"]) == (True, resting.id)
            desk.client.buy("BTC-USDT", 1)
            assert stream.event("orders")["seq"] == gap["next_seq"]
