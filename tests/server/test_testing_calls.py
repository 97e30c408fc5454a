"""The extensions for tests of bots: market events, clock, faults, event log, snapshots."""

import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import RemoteDisconnected
from pathlib import Path
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import ApiError, ConflictError, NetworkError
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.server.conftest import Answer, Api
from tests.server.streaming import WAIT_S, reader

Post = Callable[[str, object], Answer]


@contextmanager
def served(**options: Any) -> Iterator[Api]:
    settings = {"preset": "instant", "market": "manual", "clock": "manual"} | options
    with Sandbox(**settings) as sandbox, serving(sandbox) as url:
        yield Api(sandbox, url)


@pytest.fixture
def api() -> Iterator[Api]:
    with served() as made:
        yield made


def post(api: Api, path: str, body: object = None) -> Answer:
    return api("POST", f"/v1/sandbox/{path}", json.dumps({} if body is None else body))


BOOK: dict[str, Any] = {
    "venue": "binance",
    "symbol": "BTC-USDT",
    "type": "snapshot",
    "bids": [["100", "5"], {"price_1e9": 99_000_000_000, "qty_1e8": 500_000_000}],
    "asks": [["101.5", "5.25"]],
}


def test_market_events_are_applied_in_order(api: Api) -> None:
    events = [
        BOOK,
        BOOK | {"type": "delta", "bids": [["100", "0"]], "asks": []},
        {"venue": "binance", "symbol": "BTC-USDT", "type": "trade", "price": "101.5", "qty": "0.5"},
        {"venue": "binance", "symbol": "BTC-USDT", "type": "status", "status": "open"},
    ]
    assert post(api, "market/events", {"events": events}).json == {"applied": 4}
    book = api("GET", "/v1/quotes/BTC-USDT").json["book"]
    assert book == {"bids": [[99.0, 5.0]], "asks": [[101.5, 5.25]]}


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (BOOK | {"bids": [["x", "1"]]}, "events[1].bids[0]"),
        (BOOK | {"bids": [["1", "-1"]]}, "events[1].bids[0]"),
        (BOOK | {"bids": [["1"]]}, "events[1].bids[0]"),
        (BOOK | {"type": "trade", "price": "1"}, "events[1]"),
        (BOOK | {"type": "status"}, "events[1]"),
        (BOOK | {"type": "nonsense"}, "events[1].type"),
        (BOOK | {"venue": "nowhere"}, "events[1].venue"),
        (BOOK | {"more_or_less": 1}, "events[1].more_or_less"),
        (BOOK | {"symbol": "ETH-USDT", "type": "delta"}, "events[1].symbol"),
    ],
)
def test_one_bad_market_event_changes_nothing(api: Api, bad: dict[str, Any], field: str) -> None:
    before = api.sandbox.state_hash()
    answer = post(api, "market/events", {"events": [BOOK, bad]})
    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    assert field in answer.message
    assert api.sandbox.state_hash() == before
    assert api("GET", "/v1/quotes/BTC-USDT").status == 404


def test_more_than_two_thousand_market_events_are_refused(api: Api) -> None:
    row = {"venue": "binance", "symbol": "B-USDT", "type": "snapshot"}
    assert post(api, "market/events", {"events": [row] * 2_000}).json == {"applied": 2_000}
    assert post(api, "market/events", {"events": [row] * 2_001}).status == 422


def test_a_market_that_feeds_itself_takes_no_events() -> None:
    with served(market="demo") as api:
        answer = post(api, "market/events", {"events": [BOOK]})
        assert (answer.status, answer.code) == (409, "CONFLICT")


def test_a_manual_clock_moves_forward_only(api: Api) -> None:
    now = api("GET", "/v1/sandbox/clock").json
    assert now["clock"] == "manual"
    assert post(api, "clock/advance", {"ms": 5}).json["now_ns"] == now["now_ns"] + 5_000_000
    later = now["now_ns"] + 10**9
    body = json.dumps({"now_ns": later})
    moved = api("PUT", "/v1/sandbox/clock", body).json
    assert (moved["clock"], moved["now_ns"]) == ("manual", later)
    earlier = json.dumps({"now_ns": now["now_ns"]})
    assert api("PUT", "/v1/sandbox/clock", earlier).status == 422
    assert post(api, "clock/advance", {"ms": 1, "ns": 1}).status == 422
    assert post(api, "clock/advance", {}).status == 422


def test_a_manual_clock_ends_and_takes_bounded_steps(api: Api) -> None:
    year_ms = 366 * 86_400 * 1_000
    assert post(api, "clock/advance", {"ms": year_ms + 1}).status == 422
    assert api("PUT", "/v1/sandbox/clock", '{"now_ns": 7258118400000000001}').status == 422
    answers = [post(api, "clock/advance", {"ms": year_ms}) for _ in range(175)]
    assert answers[0].status == 200
    assert (answers[-1].status, answers[-1].json["error"]["details"][0]["field"]) == (422, "ms")
    now = api("GET", "/v1/sandbox/clock").json["now_ns"]
    assert now < 7_258_118_400_000_000_000
    assert api("GET", "/v1/account").status == 200
    assert api.sandbox.check_invariants() == []


def test_the_demo_market_moves_an_hour_at_a_time() -> None:
    with served(clock="manual", market="demo") as api:
        assert post(api, "clock/advance", {"ms": 3_600_001}).status == 422
        assert post(api, "clock/advance", {"ms": 1_000}).status == 200


def test_a_wall_clock_cannot_be_moved() -> None:
    with served(clock="wall") as api:
        assert api("GET", "/v1/sandbox/clock").json["clock"] == "wall"
        assert post(api, "clock/advance", {"ms": 5}).status == 409
        assert api("PUT", "/v1/sandbox/clock", '{"now_ns": 1}').status == 409


def test_a_replay_that_stands_is_moved_like_a_manual_clock(tmp_path: Path) -> None:
    start_ns, second = 1_776_657_000_000_000_000, 10**9
    tape = tmp_path / "tape.jsonl"
    rows = [BOOK | {"ts_ns": start_ns + at * second} for at in range(5)]
    tape.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with served(market=f"replay:{tape}", clock="replay", preset="realistic") as api:
        order = api.sandbox.client().buy("BTC-USDT", 1)
        assert order.status == "NEW"
        assert post(api, "clock/advance", {"ms": 500}).json["now_ns"] == start_ns + second // 2
        assert order.refresh().status == "FILLED"
        body = json.dumps({"now_ns": start_ns + 9 * second})
        assert api("PUT", "/v1/sandbox/clock", body).json["now_ns"] == start_ns + 9 * second
        assert api("PUT", "/v1/sandbox/clock", json.dumps({"now_ns": start_ns})).status == 422
    with served(market=f"replay:{tape}", clock="replay", speed=1.0) as api:
        refused = post(api, "clock/advance", {"ms": 500})
        assert (refused.status, "change its speed" in refused.message) == (409, True)


def test_a_live_key_may_use_none_of_it(api: Api) -> None:
    for method, path in [
        ("POST", "market/events"),
        ("GET", "clock"),
        ("GET", "faults"),
        ("GET", "events"),
        ("POST", "snapshot"),
    ]:
        answer = api(method, f"/v1/sandbox/{path}", "{}" if method == "POST" else None, key="live")
        assert answer.status == 403, path


def test_refusals_on_demand_are_counted(api: Api) -> None:
    for kind, status in (("http_429", 429), ("http_503", 503)):
        fault = post(api, "faults", {"kind": kind, "count": 2}).json
        assert (fault["kind"], fault["left"]) == (kind, 2)
        assert [api("GET", "/v1/positions").status for _ in range(3)] == [status, status, 200]
    assert api("GET", "/v1/sandbox/faults").json == {"faults": []}


def test_a_fault_can_be_taken_back(api: Api) -> None:
    fault = post(api, "faults", {"kind": "http_503", "count": 100}).json
    assert api("GET", "/v1/positions").headers["retry-after"] == "1"
    assert api("GET", "/v1/sandbox/faults").json["faults"][0]["left"] == 99
    path = f"/v1/sandbox/faults/{fault['fault_id']}"
    assert api("DELETE", path).status == 200
    assert api("GET", "/v1/positions").status == 200
    assert api("DELETE", path).status == 404


def test_a_seed_decides_which_requests_are_hit(api: Api) -> None:
    def pattern() -> list[int]:
        fault = post(api, "faults", {"kind": "http_503", "count": 1_000, "seed": 7}).json
        found = [api("GET", "/v1/positions").status for _ in range(20)]
        api("DELETE", f"/v1/sandbox/faults/{fault['fault_id']}")
        return found

    first = pattern()
    assert first == pattern()
    assert set(first) == {200, 503}


def test_a_dropped_reply_had_its_effect(api: Api) -> None:
    post(api, "market/events", {"events": [BOOK]})
    post(api, "faults", {"kind": "drop_reply"})
    order = '{"symbol": "BTC-USDT", "side": "buy", "qty": 1, "graph_id": "once"}'
    with pytest.raises((RemoteDisconnected, ConnectionError)):
        api("POST", "/v1/orders", order)
    again = api("POST", "/v1/orders", order)
    assert (again.status, again.headers["idempotent-replayed"]) == (200, "true")


def test_a_dropped_reply_cuts_the_connection_once_the_order_is_stored(
    tmp_path: Path, parser: str
) -> None:
    del parser
    with served(store=tmp_path / "kept.db") as api:
        post(api, "market/events", {"events": [BOOK]})
        post(api, "faults", {"kind": "drop_reply"})
        order = b'{"symbol": "BTC-USDT", "side": "buy", "qty": 1, "graph_id": "once"}'
        head = f"POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(order)}\r\n"
        key = f"Authorization: Bearer {api.sandbox.test_key}\r\n\r\n"
        with socket.create_connection((api.host, api.port), timeout=WAIT_S) as made:
            made.sendall((head + key).encode() + order)
            with suppress(ConnectionResetError):
                assert made.recv(1) == b""
        with closing(sqlite3.connect(tmp_path / "kept.db")) as reader:
            assert reader.execute("SELECT count(*) FROM orders").fetchone() == (1,)
        answers = [api("POST", "/v1/orders", order) for _ in range(2)]
        assert [row.status for row in answers] == [200, 200]
        assert answers[0].raw == answers[1].raw
        assert answers[0].headers["idempotent-replayed"] == "true"
        assert answers[0].json["graph_id"] == "once"
        assert api("GET", "/v1/orders").json["total"] == 1


def test_a_client_recovers_from_a_dropped_reply(api: Api) -> None:
    post(api, "market/events", {"events": [BOOK]})
    post(api, "faults", {"kind": "drop_reply"})
    with Sequence(api.sandbox.test_key, base_url=api.url) as client:
        assert client.buy("BTC-USDT", 1).status == "FILLED"
        assert client.orders().total == 1


def test_the_next_orders_are_rejected_with_the_reason_asked_for(api: Api) -> None:
    post(api, "market/events", {"events": [BOOK]})
    asked = {"kind": "reject_next", "reason": "INSUFFICIENT_BALANCE", "count": 2}
    assert post(api, "faults", asked).json["left"] == 2
    client = api.sandbox.client()
    rejected = [client.buy("BTC-USDT", 1) for _ in range(2)]
    assert [row.row.failure_reason for row in rejected] == ["INSUFFICIENT_BALANCE"] * 2
    assert client.buy("BTC-USDT", 1).status == "FILLED"
    assert post(api, "faults", {"kind": "reject_next", "reason": "NO_SUCH"}).status == 422
    assert api.sandbox.check_invariants() == []


@pytest.mark.parametrize("kind", ["stale_venue", "halt_venue"])
def test_a_venue_stops_and_comes_back(api: Api, kind: str) -> None:
    post(api, "market/events", {"events": [BOOK]})
    fault = post(api, "faults", {"kind": kind, "venue": "binance", "ms": 50}).json
    assert fault["left"] is None
    nbbo = api("GET", "/v1/quotes/BTC-USDT").json["nbbo"]
    assert nbbo["live"] is False
    post(api, "clock/advance", {"ms": 51})
    assert api("GET", "/v1/quotes/BTC-USDT").json["nbbo"]["live"] is True
    assert api("GET", "/v1/sandbox/faults").json == {"faults": []}


def test_streams_can_be_cut(api: Api) -> None:
    with reader(api.url, api.sandbox.test_key) as stream:
        stream.subscribe("orders")
        assert post(api, "faults", {"kind": "disconnect_streams"}).json["left"] == 0
        assert stream.close_code() is None


def test_faults_are_the_same_in_this_process() -> None:
    with Sandbox(preset="instant", market="manual") as sandbox:
        sandbox.market.snapshot("binance", "BTC-USDT", [(100, 5)], [(101, 5)])
        client = sandbox.client()
        name = sandbox.faults.add("http_503", count=5)
        with pytest.raises(ApiError) as caught:
            client.positions()
        assert caught.value.status == 503
        # The client tried again, as over HTTP.
        assert [row["left"] for row in sandbox.faults] == [1]
        sandbox.faults.remove(name)
        sandbox.faults.add("drop_reply")
        with pytest.raises(NetworkError):
            client.buy("BTC-USDT", 1)
        assert client.orders().total == 1


def test_events_are_those_of_the_caller_with_the_hash_over_all(api: Api) -> None:
    post(api, "market/events", {"events": [BOOK]})
    api.sandbox.client().buy("BTC-USDT", 1)
    log = api("GET", "/v1/sandbox/events").json
    assert [row["type"] for row in log["events"]][:2] == ["account_reset", "order_changed"]
    assert log["hash"] == api.sandbox.runtime.engine.event_hash()
    last = log["events"][-1]["seq"]
    assert api("GET", f"/v1/sandbox/events?since_seq={last}").json["events"] == []
    assert len(api("GET", "/v1/sandbox/events?limit=1").json["events"]) == 1
    assert api("GET", "/v1/sandbox/events?limit=0").status == 400


def test_a_restored_snapshot_is_the_state_of_then_in_a_new_epoch(api: Api) -> None:
    post(api, "market/events", {"events": [BOOK]})
    client = api.sandbox.client()
    resting = client.buy("BTC-USDT", 1, limit_price=90)
    before = client.positions()
    taken = post(api, "snapshot").json
    later = client.buy("BTC-USDT", 1)
    assert later.status == "FILLED"
    with reader(api.url, api.sandbox.test_key) as stream:
        stream.subscribe("orders")
        restored = post(api, "restore", {"snapshot_id": taken["snapshot_id"]})
        assert restored.json["snapshot_id"] == taken["snapshot_id"]
        assert stream.until(lambda m: "epoch" in m) == {"epoch": 2}
        assert [row.node_order_id for row in client.orders().orders] == [resting.id]
        assert client.positions().totals == before.totals
        assert api("GET", f"/v1/orders/{later.id}").status == 404
        again = client.buy("BTC-USDT", 1)
        assert stream.event("orders")["seq"] == 1
    assert again.id != later.id
    assert client.account().sandbox_epoch == 2
    assert post(api, "restore", {"snapshot_id": taken["snapshot_id"]}).status == 200
    assert api.sandbox.check_invariants() == []


def test_an_unknown_snapshot_is_not_found_and_old_ones_make_room(api: Api) -> None:
    names = [post(api, "snapshot").json["snapshot_id"] for _ in range(17)]
    assert post(api, "restore", {"snapshot_id": names[0]}).status == 404
    assert post(api, "restore", {"snapshot_id": names[1]}).status == 200
    assert post(api, "restore", {"snapshot_id": "no"}).status == 404


def test_only_an_admin_turns_back_the_time_of_another_client(api: Api) -> None:
    post(api, "market/events", {"events": [BOOK]})
    sandbox = api.sandbox
    other = sandbox.client(account="alice")
    sandbox.client().buy("BTC-USDT", 1)
    mine = other.positions().positions
    with pytest.raises(ConflictError, match="use an admin key"):
        other.sandbox.snapshot()
    name = post(api, "snapshot").json["snapshot_id"]
    with pytest.raises(ConflictError, match="use an admin key"):
        other.sandbox.restore(name)
    other.buy("BTC-USDT", 1)
    assert post(api, "restore", {"snapshot_id": name}).status == 200
    assert (other.positions().positions, other.orders().total) == (mine, 0)


def test_a_snapshot_of_the_demo_market_turns_its_books_back() -> None:
    with Sandbox(market="demo", clock="manual", preset="instant") as sandbox:
        client = sandbox.client()
        name = sandbox.snapshot()
        sandbox.clock.advance(seconds=5)
        first = client.quote("BTC-USD", depth=5).book
        sandbox.restore(name)
        assert client.quote("BTC-USD", depth=5).book == first
        assert sandbox.check_invariants() == []
