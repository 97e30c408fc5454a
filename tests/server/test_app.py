"""The application as a function: what needs no socket to be seen."""

import asyncio

import pytest

from sequence.sandbox import Sandbox
from sequence.server import App, Limits
from sequence.server.rate_limit import FailureThrottle, TokenBucket
from sequence.server.request import is_loopback_name, read_query
from sequence.server.router import Router


def request(app, sandbox, method, path, body=b"", **scope):
    """Status and headers of one request, given to the application directly."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    base = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "raw_path": path.encode(),
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [
            (b"host", b"localhost"),
            (b"authorization", f"Bearer {sandbox.test_key}".encode()),
            (b"content-length", str(len(body)).encode()),
        ],
    }
    asyncio.run(app(base | scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.fixture
def sandbox():
    with Sandbox(clock="manual", preset="instant") as sandbox:
        yield sandbox


def test_a_draining_server_refuses_writes_and_answers_reads(sandbox):
    app = App(sandbox.runtime)
    app.draining = True
    before = sandbox.state_hash()
    status, headers = request(app, sandbox, "POST", "/v1/sandbox/reset")
    assert (status, headers[b"retry-after"]) == (503, b"1")
    assert sandbox.state_hash() == before
    assert request(app, sandbox, "GET", "/v1/account")[0] == 200


def test_a_closed_sandbox_is_503_and_asks_to_come_back(sandbox):
    app = App(sandbox.runtime)
    sandbox.close()
    status, headers = request(app, sandbox, "GET", "/v1/account")
    assert (status, headers[b"retry-after"]) == (503, b"1")


def test_an_unforeseen_error_is_a_500_that_says_nothing(sandbox, monkeypatch, caplog):
    def explode(*_):
        raise ZeroDivisionError("secret /etc/passwd")

    monkeypatch.setattr(sandbox.runtime, "tick", explode)
    status, _ = request(App(sandbox.runtime), sandbox, "GET", "/v1/account")
    assert status == 500
    assert "unhandled error" in caplog.text


def test_a_server_for_other_machines_takes_any_host_name(sandbox):
    headers = [(b"host", b"paper.example"), (b"authorization", b"")]
    for loopback_only, status in ((True, 400), (False, 401)):
        app = App(sandbox.runtime, loopback_only=loopback_only)
        assert request(app, sandbox, "GET", "/v1/account", headers=headers)[0] == status


def test_addresses_other_than_loopback_are_throttled(sandbox):
    app = App(sandbox.runtime, Limits(auth_failures_per_minute=2), loopback_only=False)
    bad = [(b"host", b"x"), (b"authorization", b"Bearer nope")]
    attacker, friend = ("192.0.2.1", 1), ("192.0.2.2", 1)
    seen = [
        request(app, sandbox, "GET", "/v1/account", headers=bad, client=attacker)[0]
        for _ in range(4)
    ]
    assert seen == [401, 401, 401, 429]
    assert request(app, sandbox, "GET", "/v1/account", client=friend)[0] == 200
    forwarded = [*bad, (b"x-forwarded-for", b"192.0.2.9")]
    status, _ = request(app, sandbox, "GET", "/v1/account", headers=forwarded, client=attacker)
    assert status == 429


def test_a_bucket_holds_twice_its_rate_and_refills_with_time():
    bucket = TokenBucket(5, now_s=100.0)
    assert [bucket.take(100.0) for _ in range(10)] == [0] * 10
    assert bucket.take(100.0) == 1
    assert bucket.take(100.2) == 0
    assert bucket.take(100.2) == 1
    assert [bucket.take(1000.0) for _ in range(10)] == [0] * 10
    assert bucket.take(1000.0) == 1


def test_a_throttled_address_is_let_in_again_after_a_minute():
    throttle = FailureThrottle(per_minute=10)
    for _ in range(11):
        assert throttle.wait_s("a", 0.0) == 0
        throttle.record("a", 0.0)
    assert throttle.wait_s("a", 1.0) == 59
    assert throttle.wait_s("b", 1.0) == 0
    assert throttle.wait_s("a", 61.0) == 0


def test_the_throttle_remembers_a_bounded_number_of_addresses():
    throttle = FailureThrottle(per_minute=0)
    for number in range(10_050):
        throttle.record(str(number), 0.0)
    assert throttle.wait_s("0", 0.0) == 0
    assert throttle.wait_s("10049", 0.0) > 0


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        (b"localhost", True),
        (b"localhost:50052", True),
        (b"[::1]:1", True),
        (b"127.0.0.1", True),
        (b"localhost.", False),
        (b"[::1", False),
        (b"::1", False),
        (b"127.0.0.1@evil.example", False),
        (b"evil.example:127.0.0.1", False),
        (b"[::1].evil", False),
        (b"[::1]evil:80", False),
        (b"127.0.0.1:80:80", False),
        (b"localhost:80x", False),
        (b"localhost:-1", False),
        (b"localhost:123456", False),
        (b"local host", False),
        (b"localhost\n", False),
    ],
)
def test_only_names_of_this_machine_count_as_loopback(host, is_local):
    assert is_loopback_name(host) is is_local


def test_a_query_is_decoded_once():
    assert read_query(b"a=1&b=%2525&c=x+y&d&&e=%E2%82%AC") == {
        "a": "1",
        "b": "%25",
        "c": "x y",
        "d": "",
        "e": "\u20ac",
    }


def test_literal_paths_win_over_patterns_whatever_the_order():
    router = Router[str]()
    router.add("GET", "/v1/{id}", "pattern")
    router.add("POST", "/v1/preview", "literal")
    router.add("GET", "/v1/any/*", "rest")
    found = router.find(b"/v1/preview")
    assert found is not None
    assert found[0].endpoints == {"POST": "literal"}
    found = router.find(b"/v1/a%2Fb")
    assert found is not None
    assert found[1] == {"id": "a/b"}
    found = router.find(b"/v1/any/x/y")
    assert found is not None
    assert found[0].endpoints == {"GET": "rest"}
    assert router.find(b"/v1/") is None
    with pytest.raises(ValueError, match="twice"):
        router.add("GET", "/v1/{id}", "again")


def test_of_patterns_that_fit_the_one_with_fewer_ids_is_found_and_no_id_is_empty():
    router = Router[str]()
    for path in ("/{a}/{b}/{c}", "/x/{id}/{part}", "/x/{id}/y", "/{name}/z/y", "/{other}/z/y"):
        router.add("GET", path, path)
    asked = {
        b"/x/1/y": ("/x/{id}/y", {"id": "1"}),
        b"/x/z/y": ("/x/{id}/y", {"id": "z"}),
        b"/w/z/y": ("/{name}/z/y", {"name": "w"}),
        b"/x/1/2": ("/x/{id}/{part}", {"id": "1", "part": "2"}),
        b"/w/1/2": ("/{a}/{b}/{c}", {"a": "w", "b": "1", "c": "2"}),
        b"/x//y": None,
        b"/x/1": None,
        b"/x/1/y/": None,
    }
    for path, expected in asked.items():
        found = router.find(path)
        assert (found and (found[0].endpoints["GET"], found[1])) == expected, path
