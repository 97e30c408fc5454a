"""A transport made of plain Python, and one way to drive both clients."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

import sequence
from sequence._client.ask.options import _KEY_VARIABLES, _URL_VARIABLE
from sequence.sandbox import Sandbox
from sequence.server import serving
from sequence.types import Order, SubmitResponse

ORDER: dict[str, Any] = {
    "node_order_id": "graph:g1:order:1",
    "graph_id": "g1",
    "node_id": "order",
    "seq": 1,
    "symbol": "BTC-USD",
    "side": "buy",
    "venue": "binance",
    "instrument_type": "spot",
    "order_type": "market",
    "limit_price_1e9": None,
    "tif": "ioc",
    "policy": "sor",
    "urgency": "medium",
    "max_slippage_bps": None,
    "horizon_ms": None,
    "qty_1e8": 10_000_000,
    "filled_qty_1e8": 10_000_000,
    "remaining_qty_1e8": 0,
    "notional_usd_1e9": None,
    "avg_price_1e9": 74_349_450_000_000,
    "filled_notional_usd_1e9": 7_434_945_000_000,
    "fees_usd_1e9": 7_434_945_000,
    "reserved": None,
    "status": "FILLED",
    "failure_reason": None,
    "failure_message": None,
    "done_reason": "FILLED",
    "constraints": {
        "max_price_1e9": None,
        "urgency": "medium",
        "horizon_ms": None,
        "participation_limit_bps": None,
    },
    "legs": [
        {
            "venue": "binance",
            "qty_1e8": 10_000_000,
            "filled_qty_1e8": 10_000_000,
            "avg_price_1e9": 74_349_450_000_000,
            "status": "FILLED",
        }
    ],
    "version": 4,
    "event_seq": 1042,
    "evidence": None,
    "is_sandbox": True,
    "created_unix_ns": 1_776_657_000_000_000_000,
    "updated_unix_ns": 1_776_657_000_000_000_000,
}


def order(**changes: object) -> Order:
    return Order.model_validate(ORDER | changes)


def submitted(**changes: object) -> SubmitResponse:
    return SubmitResponse(
        graph_id="g1",
        status="COMPLETED",
        node_count=1,
        edge_count=0,
        is_sandbox=True,
        orders=[order(**changes)],
    )


@dataclass
class Script:
    """Answers that a transport gives in turn, and what it was asked."""

    lossy: bool = True
    answers: list[Any] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    closed: int = 0

    def answer(self, operation: Any, **request: Any) -> Any:
        self.sent.append({"operation": operation.name, **request})
        found = self.answers.pop(0)
        if isinstance(found, BaseException):
            raise found
        return found


class PlainTransport:
    def __init__(self, script: Script) -> None:
        self.script = script

    @property
    def lossy(self) -> bool:
        return self.script.lossy

    def send(self, operation: Any, **request: Any) -> Any:
        return self.script.answer(operation, **request)

    def close(self) -> None:
        self.script.closed += 1


class AsyncPlainTransport(PlainTransport):
    async def send(self, operation: Any, **request: Any) -> Any:
        return self.script.answer(operation, **request)

    async def close(self) -> None:
        self.script.closed += 1


class Driver:
    """One of the two clients, called without knowing which."""

    def __init__(self, kind: str, script: Script, **options: Any) -> None:
        self.kind = kind
        self.script = script
        if kind == "sync":
            self.client: Any = sequence.Sequence(transport=PlainTransport(script), **options)
        else:
            transport = AsyncPlainTransport(script)
            self.client = sequence.AsyncSequence(transport=transport, **options)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        target = self.client
        *groups, verb = name.split(".")
        for group in groups:
            target = getattr(target, group)
        return self.run(getattr(target, verb), *args, **kwargs)

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not inspect.iscoroutinefunction(function):
            return function(*args, **kwargs)
        return asyncio.run(function(*args, **kwargs))


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("SEQUENCE_HOME", str(tmp_path_factory.getbasetemp() / "no-home"))
    for name in (*_KEY_VARIABLES, _URL_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["sync", "async"])
def drive(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Driver]]:
    """Makes drivers whose pauses are recorded instead of slept."""
    slept: list[float] = []

    async def async_sleep(seconds: float) -> None:
        slept.append(seconds)

    for module in ("base", "order"):
        monkeypatch.setattr(f"sequence._client.sync.{module}.sleep", slept.append)
        monkeypatch.setattr(f"sequence._client.async_.{module}.async_sleep", async_sleep)

    def make(*answers: Any, lossy: bool = True, **options: Any) -> Driver:
        script = Script(lossy=lossy, answers=list(answers), slept=slept)
        return Driver(request.param, script, **options)

    yield make
    slept.clear()


@pytest.fixture(params=["process", "http"])
def client(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[sequence.Sequence]:
    """A client of the sandbox of the module, by both doors; it sends nothing twice."""
    if request.param == "process":
        yield sandbox.client()
        return
    with (
        serving(sandbox) as url,
        sequence.Sequence(sandbox.test_key, base_url=url, max_retries=0) as found,
    ):
        yield found


@pytest.fixture
def make_order() -> Callable[..., Order]:
    return order


@pytest.fixture
def make_submitted() -> Callable[..., SubmitResponse]:
    return submitted
