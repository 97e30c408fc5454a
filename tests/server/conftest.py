"""A running server with a plain HTTP client, and the same sandbox without a wire."""

import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest

from sequence.sandbox import Sandbox
from sequence.sandbox.keys import Client
from sequence.server import Limits, parsers, serving

_numbers = count()

FAST = Limits(
    header_timeout_s=0.3,
    body_timeout_s=0.3,
    idle_timeout_s=1.0,
    connections=40,
    connections_per_address=30,
)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def code(self) -> str | None:
        return self.json["error"]["code"] if self.status >= 400 else None

    @property
    def message(self) -> str:
        return self.json["error"]["message"]


class Api:
    """Speaks HTTP to one server; bodies are sent as they are."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox = sandbox
        self.client = sandbox.runtime.local
        self.keys = {"test": sandbox.test_key, "live": sandbox.live_key}
        self.url = url
        self.host = urlsplit(url).hostname or ""
        self.port = urlsplit(url).port or 0

    def __call__(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        *,
        key: str | None = "test",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        sent = dict(headers or {})
        if key is not None:
            sent.setdefault("Authorization", f"Bearer {self.keys.get(key, key)}")
        raw = body.encode() if isinstance(body, str) else body
        try:
            connection.request(method, path, raw, sent)
            response = connection.getresponse()
            answer = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, answer, response.read())
        finally:
            connection.close()

    @property
    def state(self) -> str:
        return self.sandbox.state_hash()

    def with_new_client(self) -> "Api":
        """The same server, seen by a client that was never here."""
        runtime = self.sandbox.runtime
        number = next(_numbers)
        client = Client(
            client_id=f"client_{number}",
            label=f"client {number}",
            tier="local",
            rate_limit_qps=None,
            created_at_ns=0,
            account=runtime.engine.account(f"client_{number}"),
        )
        api = Api(self.sandbox, self.url)
        api.client = client
        api.keys = {
            name: runtime.keys.create(client, mode, f"key_{number}_{name}", is_admin=True)
            for name, mode in (("test", "sandbox"), ("live", "live"))
        }
        return api


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """One server for a module; its local client is for requests that are refused, or read."""
    with Sandbox(clock="manual", preset="instant") as sandbox, serving(sandbox) as url:
        api = Api(sandbox, url)
        api("POST", "/v1/sandbox/reset")
        yield api


@pytest.fixture
def fresh(api: Api) -> Iterator[Api]:
    """A client of its own, not used yet."""
    yield api.with_new_client()
    assert api.sandbox.check_invariants() == []


@pytest.fixture(params=["httptools", pytest.param("h11", marks=pytest.mark.full)])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both HTTP parsers: the fast one, and the one where it cannot be installed."""

    def not_installed() -> None:
        raise ImportError

    if request.param == "h11":
        monkeypatch.setattr(parsers, "_guarded_httptools", not_installed)
    return request.param


@pytest.fixture
def start() -> Iterator[Callable[[Limits], Api]]:
    """Starts servers with other limits."""
    stack: list[Any] = []

    def run(limits: Limits = FAST) -> Api:
        sandbox = Sandbox(clock="manual", preset="instant")
        context = serving(sandbox, limits=limits)
        url = context.__enter__()
        stack.append(context)
        return Api(sandbox, url)

    yield run
    for context in reversed(stack):
        context.__exit__(None, None, None)
