"""The HTTP transport against a server on loopback that answers what it is told."""

import asyncio
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

import sequence
from sequence import errors

KEY = "seq_test_" + "c" * 64
Reply = tuple[int, dict[str, str], bytes]
ACCOUNT = (
    b'{"client_id":"c1","label":"local","mode":"sandbox","key_id":"k1","is_admin":true,'
    b'"tier":"local","rate_limit_qps":null,"rate_limit_burst":null,"kill_switch":false,'
    b'"sandbox_epoch":1,"live_trading":false,"created_at_ns":1}'
)


class Told:
    """A server and what it received."""

    def __init__(self) -> None:
        self.replies: list[Reply | None] = []
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        told = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                told.received.append(
                    (f"{self.command} {self.path}", headers, self.rfile.read(size))
                )
                reply = told.replies.pop(0)
                if reply is None:
                    self.close_connection = True
                    return
                status, extra, body = reply
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | extra).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    thread = threading.Thread(target=told.server.serve_forever, args=(0.01,))
    thread.start()
    yield told
    told.server.shutdown()
    told.server.server_close()
    thread.join(timeout=10)


Ask = Callable[..., Any]


@pytest.fixture(params=["sync", "async", "fast"])
def ask(request: pytest.FixtureRequest, told: Told) -> Ask:
    """Calls one verb of a fresh client against the server."""

    def call(name: str, *args: Any, **options: Any) -> Any:
        if request.param == "fast":
            options["transport"] = "fast"
        if request.param != "async":
            with sequence.Sequence(KEY, base_url=told.url, **options) as client:
                return getattr(client, name)(*args)

        async def run() -> Any:
            async with sequence.AsyncSequence(KEY, base_url=told.url, **options) as client:
                return await getattr(client, name)(*args)

        return asyncio.run(run())

    return call


def test_a_call_goes_out_with_its_key_and_comes_back_as_a_model(told: Told, ask: Ask):
    told.replies = [(200, {"X-Request-Id": "r1"}, ACCOUNT)]
    assert ask("account").client_id == "c1"
    [(line, headers, body)] = told.received
    assert (line, headers["authorization"], body) == ("GET /v1/account", f"Bearer {KEY}", b"")


def test_a_body_goes_out_as_json_with_exact_digits(told: Told, ask: Ask):
    told.replies = [(422, {}, b'{"error":{"code":"VALIDATION_ERROR","message":"no"}}')]
    with pytest.raises(errors.UnprocessableError) as caught:
        ask("buy", "BTC-USD", 0.29)
    [(line, headers, body)] = told.received
    assert (line, headers["content-type"]) == ("POST /v1/orders", "application/json")
    assert b'"qty":0.29' in body
    assert json.loads(body) == {
        "graph_id": caught.value.graph_id,
        "symbol": "BTC-USD",
        "side": "buy",
        "qty": 0.29,
    }


def test_a_lost_connection_is_a_network_error_without_httpx_in_its_chain(told: Told, ask: Ask):
    told.replies = [None]
    with pytest.raises(errors.NetworkError, match="network: ") as caught:
        ask("account", max_retries=0)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_server_that_is_silent_is_a_timeout(told: Told, ask: Ask):
    told.replies = [(200, {"Content-Length": "500"}, b"{")]
    with pytest.raises(errors.TimeoutError, match=r"no answer within 0\.1 s"):
        ask("account", max_retries=0, timeout=0.1)


def test_an_answer_that_ends_early_is_a_network_error(told: Told, ask: Ask):
    told.replies = [(200, {"Content-Length": "500", "Connection": "close"}, b"{}")]
    with pytest.raises(errors.NetworkError, match="network: "):
        ask("account", max_retries=0)


def test_a_redirect_is_not_followed_and_the_key_stays(told: Told, ask: Ask):
    told.replies = [(307, {"Location": f"{told.url}/elsewhere"}, b"")]
    with pytest.raises(errors.ApiError, match="redirects are not followed"):
        ask("account")
    assert len(told.received) == 1


def test_an_html_error_page_is_a_typed_error(told: Told, ask: Ask):
    told.replies = [(500, {"X-Request-Id": "r9"}, b"<html>oops</html>")]
    with pytest.raises(errors.InternalServerError) as caught:
        ask("account")
    assert (caught.value.message, caught.value.request_id) == ("<html>oops</html>", "r9")


def test_an_answer_beyond_the_limit_is_refused(
    told: Told, ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sequence._client.carry.http.MAX_BODY_BYTES", 100)
    monkeypatch.setattr("sequence._client.carry.answer.MAX_BODY_BYTES", 100)
    told.replies = [(200, {}, ACCOUNT)]
    with pytest.raises(errors.DeserializeError, match="larger than 100 bytes"):
        ask("account")


@pytest.mark.parametrize(("status", "up"), [(200, True), (204, True), (404, False), (503, False)])
def test_health_is_any_2xx_and_sends_no_key(told: Told, ask: Ask, status: int, up: bool):
    told.replies = [(status, {}, b"" if status == 204 else b"fine")]
    assert ask("health") is up
    [(line, headers, _)] = told.received
    assert line == "GET /v1/health/live"
    assert "authorization" not in headers


def test_an_own_http_client_is_used_and_stays_open(told: Told):
    told.replies = [(200, {}, ACCOUNT), (200, {}, ACCOUNT)]
    with httpx.Client(headers={"X-Team": "desk"}) as http_client:
        with sequence.Sequence(KEY, base_url=told.url, http_client=http_client) as client:
            client.account()
        assert not http_client.is_closed
    assert told.received[0][1]["x-team"] == "desk"


@pytest.mark.parametrize("transport", [None, "fast"])
def test_a_retry_over_http_sends_the_same_bytes(
    told: Told, monkeypatch: pytest.MonkeyPatch, transport: Any
):
    monkeypatch.setattr("sequence._client.sync.base.sleep", lambda _seconds: None)
    told.replies = [None, (503, {}, b"{}"), (409, {}, b"{}")]
    client = sequence.Sequence(KEY, base_url=told.url, transport=transport)
    with client, pytest.raises(errors.ConflictError):
        client.buy("BTC-USD", 1)
    bodies = {body for _, _, body in told.received}
    assert (len(told.received), len(bodies)) == (3, 1)


def test_the_fast_transport_keeps_its_connection_and_opens_another_when_it_was_closed(told: Told):
    told.replies = [(200, {}, ACCOUNT)] * 3 + [(200, {"Connection": "close"}, ACCOUNT)] * 2
    told.replies += [None, (200, {}, ACCOUNT)]
    opened: list[Any] = []
    take = told.server.get_request
    told.server.get_request = lambda: opened.append(1) or take()  # type: ignore[func-returns-value]
    with sequence.Sequence(KEY, base_url=told.url, transport="fast", max_retries=0) as client:
        for _ in range(4):
            assert client.account().client_id == "c1"
        assert len(opened) == 1
        client.account()
        assert len(opened) == 2
        with pytest.raises(errors.NetworkError):
            client.account()
        assert client.account().client_id == "c1"
    assert len(opened) == 4


def test_the_fast_transport_serves_threads_side_by_side(told: Told):
    told.replies = [(200, {}, ACCOUNT)] * 40
    found: list[str] = []
    with sequence.Sequence(KEY, base_url=told.url, transport="fast") as client:
        work = [
            threading.Thread(
                target=lambda: found.extend(client.account().client_id for _ in range(10))
            )
            for _ in range(4)
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join(timeout=30)
    assert found == ["c1"] * 40


def test_a_transport_that_is_none_is_refused_before_anything_is_sent(told: Told):
    with pytest.raises(errors.ValidationError, match="must be None or 'fast'"):
        sequence.Sequence(KEY, base_url=told.url, transport="slow")  # type: ignore[arg-type]
    with pytest.raises(errors.ValidationError, match="blocks"):
        sequence.AsyncSequence(KEY, base_url=told.url, transport="fast")
    with httpx.Client() as given, pytest.raises(errors.ValidationError, match="give one of them"):
        sequence.Sequence(KEY, base_url=told.url, transport="fast", http_client=given)


def test_the_fast_transport_loads_no_httpx_and_no_asyncio(told: Told):
    import subprocess
    import sys

    told.replies = [(200, {}, ACCOUNT)]
    program = (
        f"import sys; from sequence import Sequence\nc = Sequence({KEY!r}, base_url={told.url!r}, "
        "transport='fast')\nprint(c.account().client_id, *{'httpx', 'asyncio'} & {*sys.modules})"
    )
    run = subprocess.run(  # noqa: S603 - a fixed program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "c1\n"
