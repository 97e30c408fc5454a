"""Fixtures for tests of bots; pytest finds them by itself once the package is installed.

A test that names `client` trades in a sandbox of its own, in its own process: no port, no file and
nothing shared, so tests may run in any order and side by side. The clock stands until the test
moves it. A test that fails shows what makes the run again: seed, preset, market, and its event log.

>>> @pytest.mark.sandbox(preset="realistic", seed=7)
... def test_my_bot_takes_what_is_offered(client, sandbox):
...     order = sandbox.advance_until(client.buy("BTC-USD", "0.1"))
...     assert order.status == "FILLED"
"""

import json
import socket
import sys
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sequence import AsyncSequence, Sequence
    from sequence.sandbox import Sandbox
    from sequence.sandbox.controls import ClockControl
    from sequence.sandbox.market import Market

_MARKER: Final = "sandbox"
_DEFAULTS: Final[dict[str, Any]] = {"clock": "manual", "preset": "instant", "market": "demo"}
_NETWORK: Final = "network"
_MADE: Final = pytest.StashKey[Any]()
_SHOWN_EVENTS: Final = 40
_PAGE: Final = 10_000
_HELP: Final = (
    "sandbox(preset=, seed=, market=, clock=, speed=, venue=, store=, keep=, risk=, overrides=, "
    "sim=, network=): how the fixture `sandbox` is made. By default preset='instant', "
    "clock='manual', market='demo'. network=True, or a list of host names, lets the test reach the "
    "network while the clock stands."
)


class NetworkForbiddenError(RuntimeError):
    """A test on the clock of a sandbox tried to reach another machine."""

    def __init__(self, host: str, clock: str) -> None:
        super().__init__(
            f"this test runs on the {clock} clock of a sandbox and tried to reach {host}: what "
            "comes from there neither waits for that clock nor comes again. If it is meant, say "
            f"@pytest.mark.sandbox(network=[{host!r}]), or network=True for every host"
        )


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line("markers", _HELP)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Adds what makes a failed run again; as text, so that it also comes out of other processes."""
    report = yield
    # Of a fixture that failed nothing is among the arguments yet; a sandbox of somebody else is.
    sandbox: Any = item.stash.get(_MADE, None) or getattr(item, "funcargs", {}).get("sandbox")
    if report.failed and hasattr(sandbox, "runtime"):
        report.sections.append(("sandbox", told(sandbox)))
    return report


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator["Sandbox"]:
    """A sandbox of this test alone; `@pytest.mark.sandbox(...)` says how it is made."""
    from sequence.sandbox import Sandbox  # noqa: PLC0415 - a run without it loads nothing

    options = _options(request)
    allowed = options.pop(_NETWORK, False)
    with ExitStack() as stack:
        made = stack.enter_context(Sandbox(**options))
        request.node.stash[_MADE] = made
        if made.clock.kind != "wall" and allowed is not True:
            hosts: set[str] = {allowed} if isinstance(allowed, str) else {*(allowed or ())}
            stack.enter_context(_no_network(made.clock.kind, hosts))
        yield made


@pytest.fixture
def client(sandbox: "Sandbox") -> "Sequence":
    """A client of the sandbox, in process."""
    return sandbox.client()


@pytest.fixture
def async_client(sandbox: "Sandbox") -> "AsyncSequence":
    """The same for asyncio, in whatever event loop the test runs."""
    return sandbox.async_client()


@pytest.fixture
def accounts(sandbox: "Sandbox") -> "Callable[[str], Sequence]":
    """Clients of further accounts of the sandbox, by name: `accounts("alice").buy(...)`."""
    return lambda name: sandbox.client(account=name)


@pytest.fixture
def market(sandbox: "Sandbox") -> "Market":
    """The books of the sandbox, fed by hand with `@pytest.mark.sandbox(market="manual")`."""
    return sandbox.market


@pytest.fixture
def clock(sandbox: "Sandbox") -> "ClockControl":
    """The clock of the sandbox."""
    return sandbox.clock


def told(sandbox: "Sandbox") -> str:
    """What makes a run what it was, and the newest events of it."""
    record = sandbox.record
    lines = [", ".join(f"{name}={value!r}" for name, value in record.items())]
    runtime = sandbox.runtime
    if runtime.closed:
        return "\n".join([*lines, "the sandbox was closed before its events could be read"])
    rows: deque[dict[str, Any]] = deque(maxlen=_SHOWN_EVENTS)
    newest = 0
    with runtime.lock:
        while page := runtime.engine.events(newest, _PAGE):
            newest = page[-1]["seq"]
            rows.extend(page)
        digest = runtime.engine.event_hash()
    lines.append(f"{newest} events, hash {digest}; the newest {len(rows)}:")
    lines += (
        f"{row['seq']:>5}  {row['ts_ns']}  {row['type']}  {json.dumps(row['data'], default=str)}"
        for row in rows
    )
    return "\n".join(lines)


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The arguments of the nearest marker win over those of its class and module."""
    options: dict[str, Any] = {}
    node: pytest.Item = request.node
    for marker in reversed(list(node.iter_markers(_MARKER))):
        if marker.args:
            raise pytest.UsageError("@pytest.mark.sandbox takes keyword arguments only")
        options |= marker.kwargs
    defaults = dict(_DEFAULTS)
    if _is_replay(options.get("market")):
        defaults["clock"] = "replay"
    if options.get("sim") is not None:
        del defaults["preset"]
    return defaults | options


def _is_replay(market: object) -> bool:
    return market is not None and (not isinstance(market, str) or market.startswith("replay:"))


def _no_network(clock: str, hosts: set[str]) -> ExitStack:
    """Refuses what goes to other machines; this one, with servers of the test, stays open."""
    from unittest import mock  # noqa: PLC0415 - it loads asyncio

    def check(host: object) -> None:
        if isinstance(host, bytes):
            host = host.decode(errors="replace")
        if isinstance(host, str) and host not in hosts and not _is_here(host):
            raise NetworkForbiddenError(host, clock)

    def sending(name: str, at: int) -> Any:  # noqa: ANN401 - as the method
        """A method of sockets; its address is its argument number `at`, -1 is the last."""
        send = getattr(socket.socket, name)

        def checked(self: socket.socket, *args: Any) -> Any:  # noqa: ANN401 - as the method
            address = args[at] if len(args) > max(at, 0) else None
            if self.family in _INTERNET and isinstance(address, tuple):
                check(cast("tuple[object, ...]", address)[0])
            return send(self, *args)

        return mock.patch.object(socket.socket, name, checked)

    def looking_up(place: Any, name: str, at: int) -> Any:  # noqa: ANN401 - a module, a class
        """A function whose argument number `at` is the name of a host."""
        look_up = getattr(place, name)

        def checked(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - as the function
            host = args[at] if len(args) > at else options.get("host")
            check(host)
            found = look_up(*args, **options)
            if host in hosts and (place, name) == (socket, "getaddrinfo"):
                # Its addresses are as good as its name.
                hosts.update(str(row[4][0]) for row in found)
            return found

        return mock.patch.object(place, name, checked)

    stack = ExitStack()
    for name, at in _SENDING.items():
        stack.enter_context(sending(name, at))
    for name in _LOOKING_UP:
        stack.enter_context(looking_up(socket, name, 0))
    uvloop = sys.modules.get("uvloop")
    if uvloop is not None:
        # It opens connections and looks names up by itself.
        stack.enter_context(looking_up(uvloop.Loop, "create_connection", 2))
        stack.enter_context(looking_up(uvloop.Loop, "getaddrinfo", 1))
    return stack


_INTERNET: Final = (socket.AF_INET, socket.AF_INET6)
_SENDING: Final = {"connect": 0, "connect_ex": 0, "sendto": -1, "sendmsg": 3}
_LOOKING_UP: Final = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")


def _is_here(host: str) -> bool:
    from sequence._client.ask.options import is_loopback  # noqa: PLC0415 - as in `sandbox`

    return host == "" or is_loopback(host)
