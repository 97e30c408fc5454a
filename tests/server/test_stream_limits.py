"""What a socket may not do, and what the server does about it."""

import base64
import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from sequence.sandbox import Sandbox
from sequence.server import Limits, serving
from tests.server.streaming import WAIT_S, Reader, reader

ROOMY = Limits(socket_controls_per_second=10_000, socket_control_burst=10_000)


@contextmanager
def served(limits: Limits | None = None) -> Iterator[tuple[Sandbox, str]]:
    with (
        Sandbox(preset="instant", market="manual") as sandbox,
        serving(sandbox, limits=limits) as url,
    ):
        sandbox.market.snapshot("binance", "BTC-USDT", [(100, 500)], [(101, 500)])
        yield sandbox, url


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Sandbox, str]]:
    with served() as found:
        yield found


@contextmanager
def raw_socket(url: str, key: str, *lines: str, version: str = "13") -> Iterator[socket.socket]:
    """A socket after an upgrade request made by hand."""
    nonce = base64.b64encode(os.urandom(16)).decode()
    head = [
        "GET /v1/stream HTTP/1.1",
        "Host: localhost",
        "Connection: Upgrade",
        "Upgrade: websocket",
        f"Sec-WebSocket-Key: {nonce}",
        f"Sec-WebSocket-Version: {version}",
        f"Authorization: Bearer {key}",
        *lines,
    ]
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=WAIT_S) as made:
        # A head that is refused early may not be taken to its end.
        offer(made, "\r\n".join([*head, "", ""]).encode())
        yield made


def read_head(made: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += made.recv(1)
    return data


def offer(made: socket.socket, data: bytes) -> None:
    """Sends to a server that may close before it has taken everything."""
    with suppress(BrokenPipeError, ConnectionResetError):
        made.sendall(data)


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True) -> bytes:
    head = bytes([(0x80 if fin else 0) | opcode])
    bit = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        head += bytes([bit | size])
    elif size < 1 << 16:
        head += bytes([bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def read_exactly(made: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = made.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def close_code(made: socket.socket) -> int:
    """Reads frames up to the close frame."""
    while True:
        first, second = read_exactly(made, 2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack("!H", read_exactly(made, 2))[0]
        payload = read_exactly(made, size)
        if first & 0x0F == 8:
            return int(struct.unpack("!H", payload[:2])[0])


def refusal(url: str, key: str | None, query: str = "", **headers: str) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as caught, reader(url, key, query, headers=headers):
        pass
    return caught.value


def test_a_handshake_of_another_version_is_told_to_upgrade(place: tuple[Sandbox, str]) -> None:
    with raw_socket(place[1], place[0].test_key, version="8") as made:
        assert read_head(made).startswith(b"HTTP/1.1 426 ")


def test_a_handshake_without_its_headers_is_malformed(place: tuple[Sandbox, str]) -> None:
    with raw_socket(place[1], place[0].test_key, "Sec-WebSocket-Key: twice") as made:
        assert read_head(made).startswith(b"HTTP/1.1 400 ")


def test_an_endless_head_is_refused(place: tuple[Sandbox, str]) -> None:
    with raw_socket(place[1], place[0].test_key, "X-Long: " + "a" * 20_000) as made:
        assert read_head(made).startswith(b"HTTP/1.1 431 ")


def test_a_plain_get_is_told_to_upgrade(place: tuple[Sandbox, str]) -> None:
    parts = urlsplit(place[1])
    with socket.create_connection((parts.hostname, parts.port), timeout=WAIT_S) as made:
        key = place[0].test_key
        lines = ["GET /v1/stream HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}"]
        made.sendall("\r\n".join([*lines, "", ""]).encode())
        assert read_head(made).startswith(b"HTTP/1.1 426 ")


def test_web_pages_stay_out_unless_they_are_listed() -> None:
    with served(Limits(socket_origins=frozenset({"https://good.example"}))) as (sandbox, url):
        response = refusal(url, sandbox.test_key, Origin="https://evil.example").response
        assert response.status_code == 403
        with reader(url, sandbox.test_key, headers={"Origin": "https://good.example"}) as stream:
            assert stream.subscribe("orders")["subscribed"] == ["orders"]


def test_the_page_of_this_server_opens_its_stream(place: tuple[Sandbox, str]) -> None:
    sandbox, url = place
    with reader(url, sandbox.test_key, headers={"Origin": url}) as stream:
        assert stream.subscribe("orders")["subscribed"] == ["orders"]
    for origin in ("http://localhost:1", url + ".evil.example", "null", ""):
        response = refusal(url, sandbox.test_key, Origin=origin).response
        assert response.status_code == 403


@pytest.mark.parametrize("key", [None, "seq_test_" + "0" * 64, "nonsense"])
def test_without_a_key_nobody_gets_in(place: tuple[Sandbox, str], key: str | None) -> None:
    response = refusal(place[1], key, **{"X-Request-Id": "mine"}).response
    assert response.status_code == 401
    error = json.loads(response.body or b"")["error"]
    assert (error["code"], error["request_id"]) == ("UNAUTHORIZED", "mine")
    assert response.headers["x-request-id"] == "mine"


def test_a_ticket_lets_one_socket_in(place: tuple[Sandbox, str]) -> None:
    sandbox, url = place
    principal = sandbox.runtime.keys.find(sandbox.test_key.encode())
    assert principal is not None
    ticket = sandbox.runtime.tickets.issue(principal)
    with reader(url, None, f"?ticket={ticket}&symbols=BTC-USD") as stream:
        assert stream.subscribe("orders")["subscribed"] == ["orders"]
    assert refusal(url, None, f"?ticket={ticket}").response.status_code == 401


def test_compression_is_not_negotiated(place: tuple[Sandbox, str]) -> None:
    with reader(place[1], place[0].test_key, compression="deflate") as stream:
        assert stream.socket.response is not None
        assert "Sec-WebSocket-Extensions" not in stream.socket.response.headers


def test_a_large_message_ends_the_stream(place: tuple[Sandbox, str]) -> None:
    with reader(place[1], place[0].test_key) as stream:
        with suppress(ConnectionClosed):
            stream.send(json.dumps({"subscribe": ["x" * (64 * 1024)]}))
        assert stream.close_code() == 1009


def test_a_message_in_too_many_pieces_ends_the_stream(place: tuple[Sandbox, str]) -> None:
    with raw_socket(place[1], place[0].test_key) as made:
        read_head(made)
        offer(made, frame(1, b"{", fin=False) + frame(0, b" ", fin=False) * 1_000)
        assert close_code(made) == 1009


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(1, b"{}", masked=False), 1002),
        (frame(3, b"{}"), 1002),
        (frame(1, b"\xff\xfe"), 1007),
        (frame(8, struct.pack("!H", 1005)), 1002),
    ],
    ids=["unmasked", "bad opcode", "bad UTF-8", "bad close code"],
)
def test_what_is_no_websocket_frame_ends_the_stream(
    place: tuple[Sandbox, str], sent: bytes, code: int
) -> None:
    with raw_socket(place[1], place[0].test_key) as made:
        read_head(made)
        offer(made, sent)
        assert close_code(made) == code


BAD_MESSAGES = [
    "not json",
    "{}",
    "[]",
    "null",
    '{"publish": []}',
    '{"subscribe": "orders"}',
    '{"subscribe": [1]}',
    '{"subscribe": [], "unsubscribe": []}',
    '{"subscribe": ["orders"], "from_seq": {"orders": -1}}',
    '{"subscribe": ["orders"], "from_seq": {"orders": true}}',
    '{"subscribe": ["orders"], "from_seq": {"fills": 1}}',
    '{"subscribe": ["orders"], "from_seq": []}',
    '{"unsubscribe": ["orders"], "from_seq": {}}',
    '{"subscribe": [], "subscribe": []}',
]


def test_bad_messages_are_answered_and_twenty_end_the_stream() -> None:
    with served(ROOMY) as (sandbox, url), reader(url, sandbox.test_key) as stream:
        for message in BAD_MESSAGES:
            stream.send(message)
            answer = stream.next()
            assert set(answer) == {"error"}, message
            assert answer["error"]["code"] == "VALIDATION_ERROR"
        assert stream.subscribe("orders")["subscribed"] == ["orders"]
        for _ in range(20 - len(BAD_MESSAGES)):
            stream.send("{")
        assert stream.close_code() == 1008


def test_a_socket_holds_a_thousand_subscriptions_and_counts_each_once() -> None:
    with served(ROOMY) as (sandbox, url), reader(url, sandbox.test_key) as stream:
        topics = [f"prices:T{number}-USD" for number in range(1_001)]
        ack = stream.subscribe(*topics, *topics[:500])
        assert ack["subscribed"] == topics[:1_000]
        assert ack["reasons"] == {topics[1_000]: "too many subscriptions"}
        assert stream.subscribe(topics[0])["subscribed"] == [topics[0]]


def test_too_many_control_messages_end_the_stream(place: tuple[Sandbox, str]) -> None:
    with reader(place[1], place[0].test_key) as stream:
        with suppress(ConnectionClosed):
            for _ in range(15):
                stream.send({"subscribe": ["orders"]})
                stream.send({"unsubscribe": ["orders"]})
        assert stream.close_code() == 1008


def test_a_flood_of_pings_ends_the_stream(place: tuple[Sandbox, str]) -> None:
    with raw_socket(place[1], place[0].test_key) as made:
        read_head(made)
        offer(made, frame(9, b"?") * 30)
        assert close_code(made) == 1008


def test_silence_after_pings_ends_the_stream() -> None:
    quick = Limits(socket_ping_s=0.1, socket_pong_s=0.5)
    with served(quick) as (sandbox, url), raw_socket(url, sandbox.test_key) as made:
        read_head(made)
        assert close_code(made) == 1008


def test_pongs_keep_a_quiet_stream_open() -> None:
    quick = Limits(socket_ping_s=0.1, socket_pong_s=0.6)
    with served(quick) as (sandbox, url), reader(url, sandbox.test_key) as stream:
        stream.subscribe("prices:ETH-USDT")
        with pytest.raises(TimeoutError):
            stream.socket.recv(timeout=1.2)
        sandbox.market.snapshot("binance", "ETH-USDT", [(10, 5)], [(11, 5)])
        assert stream.next()["channel"] == "prices:ETH-USDT"


def test_a_reader_that_stops_reading_is_closed_and_nobody_waits_for_it() -> None:
    quick = Limits(socket_queue_events=50, socket_pause_s=0.2, socket_stall_s=2.0)
    with served(quick) as (sandbox, url), ExitStack() as stack:
        made = stack.enter_context(raw_socket(url, sandbox.test_key))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        read_head(made)
        made.sendall(frame(1, b'{"subscribe": ["orders", "routing"]}'))
        lively = stack.enter_context(reader(url, sandbox.test_key))
        lively.subscribe("fills")
        client = sandbox.client()
        runtime = sandbox.runtime
        seq = 0
        ends = time.monotonic() + 20
        while len(runtime.hub.sessions()) > 1 and time.monotonic() < ends:
            client.buy("BTC-USDT", 0.1)
            seq += 1
            assert lively.event("fills")["seq"] == seq
            sandbox.market.snapshot("binance", "BTC-USDT", [(100, 500)], [(101, 500)])
        assert len(runtime.hub.sessions()) == 1


def test_market_data_of_a_slow_reader_is_the_latest_and_its_queue_stays_short() -> None:
    with served() as (sandbox, url), raw_socket(url, sandbox.test_key) as made:
        read_head(made)
        made.sendall(frame(1, b'{"subscribe": ["book:BTC-USDT"]}'))
        for step in range(300):
            bids = [(100 - level / 100 - step / 10_000, 5) for level in range(100)]
            sandbox.market.snapshot("binance", "BTC-USDT", [(round(p, 4), q) for p, q in bids], [])
        # The socket was open all the time, and the last state arrives.
        made.settimeout(WAIT_S)
        text = b""
        while b"99.9701" not in text:
            text = (text + made.recv(1 << 16))[-(1 << 17) :]


def test_one_socket_too_many_of_a_client_is_refused() -> None:
    with served(Limits(sockets_per_client=2)) as (sandbox, url), ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(reader(url, sandbox.test_key))
        response = refusal(url, sandbox.live_key).response
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "1"


def test_closed_sockets_make_room_for_new_ones() -> None:
    with served(Limits(sockets_per_client=1, connections_per_address=5)) as (sandbox, url):
        hub = sandbox.runtime.hub
        for _ in range(12):
            ends = time.monotonic() + WAIT_S
            while hub.sessions() and time.monotonic() < ends:
                os.sched_yield()
            with reader(url, sandbox.test_key) as stream:
                assert stream.subscribe("orders")["subscribed"] == ["orders"]


def test_a_key_that_ends_closes_its_sockets() -> None:
    with served() as (sandbox, url):
        keys, client = sandbox.runtime.keys, sandbox.runtime.local
        raw = keys.create(client, "sandbox", "key_other", is_admin=False)
        with reader(url, raw) as stream, reader(url, sandbox.test_key) as other:
            stream.subscribe("fills")
            other.subscribe("fills")
            row = keys.row(client, "key_other")
            assert row is not None
            began = time.monotonic()
            keys.revoke(row, 0)
            assert stream.close_code() == 1008
            assert time.monotonic() - began < 1.0
            sandbox.client().buy("BTC-USDT", 0.1)
            assert other.event("fills")["seq"] == 1


def test_a_stopping_server_says_goodbye() -> None:
    with ExitStack() as stack:
        with served() as (sandbox, url):
            stream: Reader = stack.enter_context(reader(url, sandbox.test_key))
            stream.subscribe("orders")
        assert stream.close_code() == 1001


def test_a_thousand_topics_of_numbers_are_valid_json() -> None:
    with served(ROOMY) as (sandbox, url), reader(url, sandbox.test_key) as stream:
        sandbox.market.snapshot("binance", "SMALL-USDT", [("0.000000001", 1)], [("9000000", 1)])
        stream.subscribe("prices:SMALL-USDT", "book:SMALL-USDT")
        tick = stream.next()["data"]
        assert (tick["bid"], tick["ask"], tick["spread_bps"]) == (1e-9, 9e6, 20000.0)
        assert stream.next()["data"]["asks"] == [[9e6, 1.0]]
