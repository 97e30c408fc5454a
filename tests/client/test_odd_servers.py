"""Servers that break off, pack, warn and lie: every transport makes the same of them."""

import gzip
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import sequence
from sequence import errors

KEY = "seq_test_" + "c" * 64
ACCOUNT = (
    b'{"client_id":"c1","label":"local","mode":"sandbox","key_id":"k1","is_admin":true,'
    b'"tier":"local","rate_limit_qps":null,"rate_limit_burst":null,"kill_switch":false,'
    b'"sandbox_epoch":1,"live_trading":false,"created_at_ns":1}'
)
EVENTUALLY_S = 20.0


class Bytes:
    """A server that answers every request with the same bytes, and then keeps or ends the line."""

    def __init__(self) -> None:
        self.answer = b""
        self.keeps = True
        self.reads_body = True
        self.requests: list[bytes] = []
        self.open: list[socket.socket] = []
        self.ended: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # Closing alone leaves a thread that waits for a connection where it is.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self.open:
            line.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.open.append(line)
            thread = threading.Thread(target=self._serve, args=(line,), daemon=True)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        try:
            while self._take(line):
                line.sendall(self.answer)
                if not self.keeps:
                    line.shutdown(socket.SHUT_WR)
                    while line.recv(65_536):
                        pass
                    break
        except OSError:
            pass
        line.close()
        self.ended.append(threading.current_thread())

    def _take(self, line: socket.socket) -> bool:
        found = b""
        while b"\r\n\r\n" not in found:
            piece = line.recv(65_536)
            if not piece:
                return False
            found += piece
        self.requests.append(found)
        return True


@pytest.fixture
def server() -> Iterator[Bytes]:
    made = Bytes()
    yield made
    made.close()


@pytest.fixture(params=[None, "fast"], ids=["httpx", "fast"])
def ask(request: pytest.FixtureRequest, server: Bytes) -> Callable[..., Any]:
    def call(times: int = 1, **options: Any) -> Any:
        options = {"max_retries": 0, "timeout": EVENTUALLY_S} | options
        with sequence.Sequence(
            KEY, base_url=server.url, transport=request.param, **options
        ) as client:
            return [client.account().client_id for _ in range(times)]

    return call


def answer(*headers: bytes, body: bytes = ACCOUNT, status: bytes = b"200 OK") -> bytes:
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join((b"HTTP/1.1 " + status, *headers, length, b"", body))


def test_an_answer_that_was_packed_unasked_is_unpacked(server: Bytes, ask: Callable[..., Any]):
    server.answer = answer(b"Content-Encoding: gzip", body=gzip.compress(ACCOUNT))
    assert ask(times=2) == ["c1", "c1"]


@pytest.mark.parametrize("status", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_what_comes_before_an_answer_is_no_answer(
    server: Bytes, ask: Callable[..., Any], status: bytes
):
    first = b"HTTP/1.1 " + status + b"\r\nLink: </a>\r\n\r\n"
    server.answer = first + first + answer()
    assert ask(times=3) == ["c1"] * 3


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nX-A: 1\r\n",
        b"HTTP/1.1 200 O",
    ],
)
def test_an_answer_cut_in_its_head_is_a_network_error_and_tried_again(
    server: Bytes, ask: Callable[..., Any], head: bytes, monkeypatch: pytest.MonkeyPatch
):
    pauses: list[float] = []
    monkeypatch.setattr("sequence._client.sync.base.sleep", pauses.append)
    server.answer, server.keeps = head, False
    with pytest.raises(errors.NetworkError, match="network: "):
        ask(max_retries=2)
    assert (len(server.requests), len(pauses)) == (3, 2)


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: abc",
        b"Content-Length: -5",
        b"Content-Length: 5\r\nContent-Length: %d" % len(ACCOUNT),
        b"Transfer-Encoding: gzip, chunked",
    ],
)
def test_a_length_that_is_none_is_a_network_error_at_once(
    server: Bytes, ask: Callable[..., Any], headers: bytes
):
    server.answer = b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n\r\n" + ACCOUNT
    with pytest.raises(errors.NetworkError) as caught:
        ask()
    assert not isinstance(caught.value, errors.TimeoutError)


@pytest.mark.parametrize("size", [b"zz", b"-5"])
def test_a_chunk_that_is_none_is_a_network_error(
    server: Bytes, ask: Callable[..., Any], size: bytes
):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.answer = chunked + size + b"\r\nhello\r\n0\r\n\r\n"
    with pytest.raises(errors.NetworkError):
        ask()


@pytest.mark.parametrize("line", [b"hello world", b"HTTP/2 200 OK", b"HTTP/1.1 99 X"])
def test_what_is_no_answer_of_http_is_a_network_error_that_shows_it(
    server: Bytes, ask: Callable[..., Any], line: bytes
):
    server.answer = line + b"\r\n\r\n"
    with pytest.raises(errors.NetworkError, match=line.split()[0].decode()):
        ask()


def test_a_switch_of_protocols_is_a_network_error(server: Bytes, ask: Callable[..., Any]):
    server.answer = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    with pytest.raises(errors.NetworkError):
        ask()


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("X-Request-Id: rü".encode(), "rü"),
        ("X-Request-Id: rü".encode("latin-1"), "rü"),
        (b"X-Request-Id: r1\r\nX-Request-Id: r2", "r1, r2"),
    ],
)
def test_a_header_is_read_as_it_was_meant(
    server: Bytes, ask: Callable[..., Any], header: bytes, found: str
):
    server.answer = answer(header, body=b"oops", status=b"500 No")
    with pytest.raises(errors.InternalServerError) as caught:
        ask()
    assert caught.value.request_id == found


@pytest.mark.parametrize("transport", [None, "fast"])
def test_an_answer_that_comes_before_the_body_was_taken_is_the_answer(transport: Any):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            line, _ = listener.accept()
            line.recv(1)
            body = b'{"error":{"code":"PAYLOAD_TOO_LARGE","message":"too big"}}'
            line.sendall(answer(b"Connection: close", body=body, status=b"413 Too Large"))
            # Whoever sends on now is told that nobody listens.
            line.close()

        thread = threading.Thread(target=refuse)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with sequence.Sequence(KEY, base_url=url, transport=transport, max_retries=0) as client:
            with pytest.raises(errors.PayloadTooLargeError, match="too big") as caught:
                client.send(sequence_operation(), body=Large(), graph_id="g1")  # type: ignore[arg-type]
            assert caught.value.graph_id == "g1"
        thread.join(EVENTUALLY_S)


class Large:
    """More than any buffer between two sockets."""

    def to_json(self) -> bytes:
        return b'"' + b"x" * 32_000_000 + b'"'


def sequence_operation() -> Any:
    from sequence._operations import SUBMIT_ORDER

    return SUBMIT_ORDER


@pytest.mark.parametrize("transport", [None, "fast"])
def test_a_base_url_may_have_a_folder_that_is_not_ascii(server: Bytes, transport: Any):
    server.answer = answer()
    url = f"{server.url}/früh"
    with sequence.Sequence(KEY, base_url=url, transport=transport, max_retries=0) as client:
        assert client.account().client_id == "c1"
    assert server.requests[0].startswith(b"GET /fr%C3%BCh/v1/account HTTP/1.1\r\n")


def test_the_connection_of_a_thread_ends_with_the_thread(server: Bytes):
    server.answer = answer()
    with sequence.Sequence(KEY, base_url=server.url, transport="fast") as client:
        for _ in range(5):
            thread = threading.Thread(target=client.account)
            thread.start()
            thread.join(EVENTUALLY_S)
        # All of them, while the client is still in use.
        ends_s = time.monotonic() + EVENTUALLY_S
        while len(server.ended) < 5 and time.monotonic() < ends_s:
            os.sched_yield()
        assert (len(server.open), len(server.ended)) == (5, 5)
        assert client.account().client_id == "c1"


def test_the_fast_transport_names_its_host_as_others_do(server: Bytes, ask: Callable[..., Any]):
    server.answer = answer()
    ask()
    host = server.url.removeprefix("http://").encode()
    assert b"\r\nhost: " + host + b"\r\n" in server.requests[0].lower()
