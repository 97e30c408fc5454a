"""A head that came before on a connection is not read again: nobody may notice."""

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sequence.sandbox import Sandbox
from sequence.server import serving
from sequence.server.heads import Heads

ORDER = b'{"symbol":"BTC-USDT","side":"buy","qty":0.1}'
SHORT = b'{"symbol":"BTC-USDT","side":"buy","qty":1}'


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="instant", market="manual", clock="manual") as sandbox:
        sandbox.market.snapshot("binance", "BTC-USDT", [(100, 500)], [(101, 500)])
        yield sandbox


class Wire:
    """One connection on which bytes are sent as they are."""

    def __init__(self, url: str) -> None:
        port = int(url.rpartition(":")[2])
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._rest = b""

    def send(self, data: bytes) -> None:
        """Sends a piece."""
        self._socket.sendall(data)

    def answer(self) -> tuple[bytes, bytes]:
        """The next answer: its status line and its body."""
        while b"\r\n\r\n" not in self._rest:
            self._more()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[16:]) for line in lines if line.startswith(b"content-length: "))
        while len(self._rest) < length:
            self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        return lines[0], body

    def close(self) -> None:
        """Ends it."""
        self._socket.close()

    def _more(self) -> None:
        part = self._socket.recv(65536)
        assert part, self._rest
        self._rest += part


@pytest.fixture
def wire(sandbox: Sandbox) -> Iterator[Callable[[], Wire]]:
    made: list[Wire] = []
    with serving(sandbox) as url:

        def connect() -> Wire:
            made.append(Wire(url))
            return made[-1]

        yield connect
        for one in made:
            one.close()


def request(key: str, body: bytes, *lines: bytes, line: bytes = b"POST /v1/orders") -> bytes:
    head = [line + b" HTTP/1.1", b"Host: localhost", b"Authorization: Bearer " + key.encode()]
    head += [b"Content-Length: %d" % len(body), *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def status(answer: tuple[bytes, bytes]) -> int:
    return int(answer[0].split(b" ")[1])


def test_the_same_bytes_again_are_another_order(sandbox: Sandbox, wire: Callable[[], Wire]) -> None:
    one, key = wire(), sandbox.test_key
    made = set()
    for body in (ORDER, SHORT, ORDER, SHORT, SHORT, ORDER):
        one.send(request(key, body))
        found = one.answer()
        assert status(found) == 200
        made.add(json.loads(found[1])["orders"][0]["node_order_id"])
    assert len(made) == sandbox.client().orders().total == 6


@pytest.mark.parametrize("cut", [1, 20, -len(ORDER), -1])
def test_a_known_head_that_comes_in_pieces_is_read_as_ever(
    sandbox: Sandbox, wire: Callable[[], Wire], cut: int
) -> None:
    one, whole = wire(), request(sandbox.test_key, ORDER)
    for number in range(3):
        one.send(whole)
        assert status(one.answer()) == 200
        one.send(whole[:cut])
        sandbox.market.trade("binance", "BTC-USDT", 101, 1)
        one.send(whole[cut:] + whole)
        assert [status(one.answer()) for _ in range(2)] == [200, 200]
        assert sandbox.client().orders().total == 3 * number + 3


def test_what_follows_a_known_head_counts_as_it_always_did(
    sandbox: Sandbox, wire: Callable[[], Wire]
) -> None:
    key = sandbox.test_key
    order, read = request(key, ORDER), request(key, b"", line=b"GET /v1/orders?limit=1")
    chunked = order.replace(b"Content-Length: %d" % len(ORDER), b"Transfer-Encoding: chunked")
    chunked = chunked[: -len(ORDER)] + b"%x\r\n%s\r\n0\r\n\r\n" % (len(ORDER), ORDER)
    waits = request(key, ORDER, b"Expect: 100-continue")
    pieces = [
        order, order + order, read, order + read + order, chunked, chunked, order[:-1] + b"]",
        order, read, read, waits, waits, b"\r\n" + order, b"\r\n" + order, order,
        request(key, ORDER, line=b"POST http://localhost/v1/orders"),
        request(key, ORDER, line=b"POST http://evil.example/v1/orders"),
        request(key, ORDER, line=b"POST http://localhost/v1/orders"),
        request(key, ORDER, line=b"PUT /v1/orders"), request("seq_test_" + "0" * 64, ORDER), order,
        request(key, ORDER, b"X-Request-Id: a"), request(key, ORDER, b"X-Request-Id: b"),
        request(key, b"{", b"Host: evil.example"), request(key, b"{", b"Host: evil.example"), order,
    ]  # fmt: skip
    statuses: list[list[int]] = []
    for again in (False, True):
        told = []
        one = wire()
        for piece in pieces:
            if not again:
                one = wire()
            one.send(piece)
            count = piece.count(b" HTTP/1.1\r\n")
            found = [one.answer() for _ in range(count)]
            told += [status(answer) for answer in found]
        statuses.append(told)
    assert statuses[0] == statuses[1]
    assert set(statuses[0]) == {200, 400, 401, 405}


def test_a_body_too_many_is_no_known_request(sandbox: Sandbox, wire: Callable[[], Wire]) -> None:
    one, whole = wire(), request(sandbox.test_key, ORDER)
    for _ in range(2):
        one.send(whole)
        assert status(one.answer()) == 200
    one.send(whole + b"x")
    assert status(one.answer()) == 200
    with pytest.raises(AssertionError):
        # What began there is no request: nothing more is said.
        one.answer()
    assert sandbox.client().orders().total == 3


def test_how_often_a_client_asks_is_counted_whatever_is_known(
    sandbox: Sandbox, wire: Callable[[], Wire]
) -> None:
    key = sandbox.runtime.named_key("slow")
    sandbox.runtime.named_clients["slow"].rate_limit_qps = 1
    one, whole = wire(), request(key, ORDER)
    found = []
    for _ in range(4):
        one.send(whole)
        found.append(status(one.answer()))
    assert found[:2] == [200, 200]
    assert 429 in found[2:]


def test_what_a_connection_remembers_is_bounded() -> None:
    heads = Heads()
    scope: dict[str, Any] = {"type": "http", "headers": [], "state": {"x": 1}}
    kept = [heads.keep(b"GET /%d HTTP/1.1\r\n\r\n" % number, scope, 0) for number in range(20)]
    assert None not in kept
    known = [heads.find(b"GET /%d HTTP/1.1\r\n\r\n" % number) is not None for number in range(20)]
    assert known == [False] * 12 + [True] * 8
    assert Heads().keep(b"GET /" + b"x" * 2_000 + b" HTTP/1.1\r\n\r\n", scope, 0) is None
    assert Heads().keep(b"GET / HTTP/1.1\r\n\r\nbody", scope, 3) is None
    assert Heads().keep(b"GET / HTTP/1.1", scope, 0) is None
    assert Heads().find(b"") is None
    assert kept[0] is not None
    assert "state" not in kept[0].scope
