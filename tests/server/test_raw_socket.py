"""Byte by byte: slow, split, smuggled, endless and pipelined requests."""

import contextlib
import json
import socket
import time

import pytest

from sequence.server import Limits

pytestmark = pytest.mark.usefixtures("parser")

LIVE = b"GET /v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /v1/orders HTTP/1.1\r\nHost: localhost\r\n"


def dial(api):
    return socket.create_connection(("127.0.0.1", api.port), timeout=10)


def read_all(connection):
    """Everything until the server closes; a reset counts as closed."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def exchange(api, data):
    with dial(api) as connection:
        connection.sendall(data)
        return read_all(connection)


@pytest.mark.parametrize(
    "data",
    [
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: abc\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
        POST + b"X-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n",
        POST + b"Bad Header: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"hello\r\n\r\n",
    ],
)
def test_malformed_requests_are_400_and_closed(start, data):
    api = start()
    answer = exchange(api, data)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"BAD_REQUEST"' in answer
    assert answer.count(b"HTTP/1.1 ") == 1
    head, body = answer.split(b"\r\n\r\n", 1)
    id_ = json.loads(body)["error"]["request_id"]
    assert f"\r\nx-request-id: {id_}\r\n" in head.decode() + "\r\n"
    assert api("GET", "/v1/health/live").status == 200


@pytest.mark.parametrize("verb", [b"FOO", b"get", b"PROPFIND", b"M-SEARCH", b"QUERY", b"X" * 64])
def test_a_verb_that_nobody_knows_is_405_with_those_that_are_allowed(start, verb):
    api = start()
    ask = verb + b" %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
    answer = exchange(api, ask % b"/v1/orders" + LIVE)
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"\r\nallow: GET, POST\r\n" in answer
    # The request after it is read as one, so the body of the first was.
    assert answer.count(b"HTTP/1.1 200 ") == 1
    assert exchange(api, ask % b"/v1/nothing").startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"other"])
@pytest.mark.parametrize("pieces", [1, 2, 400])
def test_a_request_whose_upgrade_is_not_offered_keeps_its_body(start, protocol, pieces):
    api = start()
    ask = b"Authorization: Bearer " + api.sandbox.test_key.encode() + b"\r\n"
    ask += b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: " + protocol + b"\r\n"
    order = b'{"symbol":"BTC-USD","side":"buy","qty":%s}'
    one, two = order % b"0.001", order % b"0.002"
    data = POST + ask + b"Content-Length: %d\r\n\r\n" % len(one) + one
    data += POST + ask + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(two) + two
    data += b"\r\n0\r\n\r\n" + LIVE.replace(b"\r\n\r\n", b"\r\n" + ask + b"\r\n") + LIVE
    size = len(data) // pieces + 1
    with dial(api) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), size):
            connection.sendall(data[at : at + size])
        answer = read_all(connection)
    assert answer.count(b"HTTP/1.1 200 ") == 4
    assert answer.count(b"HTTP/1.1 ") == 4
    orders = api.sandbox.client().orders().orders
    assert sorted(str(row.qty) for row in orders) == ["0.00100000", "0.00200000"]


def test_what_follows_a_body_is_no_header(start):
    api = start()
    key = b"Authorization: Bearer " + api.sandbox.test_key.encode() + b"\r\n"
    head = POST + b"Transfer-Encoding: chunked\r\n%s\r\n2\r\n{}\r\n0\r\n%s\r\n"
    assert exchange(api, head % (b"", key)).startswith(b"HTTP/1.1 401 ")
    assert exchange(api, head % (key, key)).startswith(b"HTTP/1.1 422 ")


@pytest.mark.parametrize(
    "target",
    [
        b"http://evil.example/v1/health/live",
        b"http://evil.example:80/v1/health/live",
        b"https://localhost.evil.example/v1/health/live",
        b"http://localhost@evil.example/v1/health/live",
        b"http://evil.example?x=/v1/health/live",
    ],
)
def test_a_target_of_another_host_is_400_whatever_the_host_header_says(start, target):
    data = b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert exchange(start(), data).startswith(b"HTTP/1.1 400 ")


def test_clients_that_leave_while_they_pipeline_leave_no_trace(start, caplog):
    api = start()
    for _ in range(20):
        connection = dial(api)
        connection.sendall(LIVE * 200)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()
    assert api("GET", "/v1/health/live").status == 200
    assert [record.getMessage() for record in caplog.records] == []


def test_headers_that_do_not_come_are_408(start):
    api = start()
    began = time.monotonic()
    answer = exchange(api, b"GET /v1/health/live HTTP/1.1\r\nHost: loc")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 3


def test_headers_that_trickle_do_not_win_time(start):
    api = start()
    with dial(api) as connection:
        connection.settimeout(0.05)
        answer = b""
        for byte in LIVE[:-2] * 3:
            try:
                connection.sendall(bytes([byte]))
                answer += connection.recv(1000)
            except TimeoutError:
                continue
            except OSError:
                break
            if answer:
                break
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_does_not_come_is_408(start):
    api = start()
    key = api.sandbox.test_key.encode()
    head = POST + b"Authorization: Bearer " + key + b"\r\nContent-Length: 100\r\n\r\n{"
    answer = exchange(api, head)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"REQUEST_TIMEOUT"' in answer


def test_a_body_that_nobody_waits_for_gets_no_second_answer(start):
    api = start()
    answer = exchange(api, LIVE[:-2] + b"Content-Length: 5\r\n\r\n1")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_an_idle_connection_is_closed_without_a_word(start):
    api = start()
    assert exchange(api, b"") == b""
    with dial(api) as connection:
        connection.sendall(LIVE)
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_slow_connections_do_not_hold_up_others(start):
    api = start(Limits(header_timeout_s=0.3, connections=600, connections_per_address=600))
    slow = [dial(api) for _ in range(300)]
    for connection in slow:
        connection.sendall(b"GET /v1/health/live HTTP/1.1\r\n")
    assert api("GET", "/v1/health/live").status == 200
    for connection in slow:
        with connection:
            assert read_all(connection).startswith(b"HTTP/1.1 408 ")


def pour(connection, start, piece):
    """Sends pieces for as long as the server takes them, 4 MB at most; what it answered."""
    sent = 0
    with contextlib.suppress(OSError):
        connection.sendall(start)
        while sent < 4_000_000:
            sent += connection.send(piece)
    return read_all(connection), sent


def test_an_endless_head_is_431_long_before_it_ends(start):
    api = start(Limits(header_timeout_s=10))
    with dial(api) as connection:
        head = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
        answer, sent = pour(connection, head, b"X-Filler: " + b"a" * 1000 + b"\r\n")
    # The connection may be gone before the answer is read.
    assert answer.startswith(b"HTTP/1.1 431 ") or sent < 4_000_000


def test_a_large_head_in_one_piece_is_431(start):
    api = start()
    head = b"GET /v1/health/live HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 65_536
    assert exchange(api, head + b"\r\n\r\n").startswith(b"HTTP/1.1 431 ")


def test_an_endless_url_is_414(start):
    api = start(Limits(header_timeout_s=10))
    with dial(api) as connection:
        answer, sent = pour(connection, b"GET /", b"a" * 1024)
    assert answer.startswith(b"HTTP/1.1 414 ") or sent < 4_000_000


def test_a_body_longer_than_it_said_is_never_a_second_request(start):
    api = start()
    key = api.sandbox.test_key.encode()
    head = POST + b"Authorization: Bearer " + key + b"\r\nContent-Length: 2\r\n\r\n"
    answer = exchange(api, head + b"{}garbage")
    assert answer.count(b"HTTP/1.1 200 ") == 0
    assert b"HTTP/1.1 422 " in answer


def test_pipelined_requests_are_answered_in_order(start):
    api = start()
    requests = b"".join(
        b"GET /v1/health/live HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: r%d\r\n\r\n" % n
        for n in range(20)
    )
    answer = exchange(api, requests)
    at = [answer.index(b"x-request-id: r%d\r\n" % n) for n in range(20)]
    assert at == sorted(at)


def test_too_many_connections_are_503(start):
    api = start(Limits(connections=5, connections_per_address=5))
    held = [dial(api) for _ in range(5)]
    answer = exchange(api, LIVE)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in answer
    for connection in held:
        connection.close()


def test_a_client_that_leaves_in_the_middle_costs_nothing(start):
    api = start()
    api("POST", "/v1/sandbox/reset")
    before = api.state
    key = api.sandbox.test_key.encode()
    head = POST + b"Authorization: Bearer " + key + b"\r\nContent-Length: 100\r\n\r\n{"
    for _ in range(20):
        with dial(api) as connection:
            connection.sendall(head)
    assert api("GET", "/v1/health/live").status == 200
    assert api.state == before
