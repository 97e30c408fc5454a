"""Faults on demand: what a test of a bot wants to see go wrong, counted and repeatable."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sequence.sandbox.refuse import refused

if TYPE_CHECKING:
    from sequence.errors import SequenceError
    from sequence.sandbox.keys import Client
    from sequence.sandbox.state import State
    from sequence.sandbox.stream.hub import Hub
    from sequence.types import FaultRequest

_MOST: Final = 1_000
_ON_REQUESTS: Final = frozenset({"delay", "drop_reply", "http_429", "http_503"})
_TOO_MANY: Final = 429
_DEFAULT_REASON: Final = "EXCHANGE_REJECT"


@dataclass(slots=True)
class ActiveFault:
    """A fault that is in force."""

    fault_id: str
    client: "Client"
    request: "FaultRequest"
    left: int | None
    random: random.Random | None
    ends_ns: int | None = None
    undo: Callable[[], None] | None = None

    @property
    def row(self) -> dict[str, Any]:
        """The fault as it is shown."""
        asked = self.request
        return {
            "fault_id": self.fault_id,
            "kind": asked.kind,
            "venue": asked.venue,
            "symbol": asked.symbol,
            "count": asked.count,
            "left": self.left,
            "ms": asked.ms,
            "reason": asked.reason,
            "seed": asked.seed,
        }


@dataclass(slots=True)
class Strike:
    """What faults do to one request."""

    status: int | None = None
    delay_ms: int = 0
    drop: bool = False

    @property
    def refusal(self) -> "SequenceError | None":
        """What the request is answered with instead of being run; None when it is run."""
        if self.status is None:
            return None
        code = "RATE_LIMITED" if self.status == _TOO_MANY else "SERVICE_UNAVAILABLE"
        return refused(code, "a fault of the sandbox")


class Faults:
    """Faults of one runtime; its lock guards them."""

    def __init__(self, state: "State", hub: "Hub") -> None:
        self._state: Final = state
        self._hub: Final = hub
        self._active: dict[str, ActiveFault] = {}

    def add(self, client: "Client", asked: "FaultRequest") -> dict[str, Any]:
        """Puts a fault in force, or lets it happen at once."""
        if len(self._active) >= _MOST:
            raise refused("VALIDATION_ERROR", f"more than {_MOST} faults")
        name = self._state.ids.next("fault", self._state.now_ns)
        seeded = None if asked.seed is None else random.Random(asked.seed)  # noqa: S311
        left = None if asked.kind in ("stale_venue", "halt_venue") else asked.count or 1
        fault = ActiveFault(name, client, asked, left, seeded)
        if asked.kind == "disconnect_streams":
            self._disconnect(client)
            fault.left = 0
            return fault.row
        if asked.kind == "reject_next":
            self._reject(fault)
        elif asked.kind not in _ON_REQUESTS:
            self._stop_venue(fault)
        self._active[name] = fault
        return fault.row

    def rows(self, client: "Client") -> list[dict[str, Any]]:
        """Faults of a client that are still in force."""
        self.expire()
        return [fault.row for fault in self._active.values() if fault.client is client]

    def remove(self, client: "Client", name: str) -> dict[str, Any]:
        """Ends a fault."""
        self.expire()
        fault = self._active.get(name)
        if fault is None or fault.client is not client:
            raise refused("NOT_FOUND", "no such fault")
        self._end(fault)
        return fault.row

    def strike(self, client: "Client") -> Strike | None:
        """What the next request of a client meets; None when nothing."""
        if not self._active:
            return None
        found = Strike()
        for fault in list(self._active.values()):
            if fault.client is not client or fault.request.kind not in _ON_REQUESTS:
                continue
            if fault.random is not None and fault.random.random() < 0.5:  # noqa: PLR2004
                continue
            self._count(fault)
            match fault.request.kind:
                case "delay":
                    found.delay_ms += fault.request.ms or 0
                case "drop_reply":
                    found.drop = True
                case "http_429":
                    found.status = _TOO_MANY
                case _:
                    found.status = 503
            if found.status is not None:
                break
        return found

    def expire(self) -> None:
        """Ends what has lasted as long as it was asked to, and forgets what has struck."""
        if not self._active:
            return
        now_ns = self._state.now_ns
        for fault in list(self._active.values()):
            if fault.ends_ns is not None and now_ns >= fault.ends_ns:
                self._end(fault)
            elif fault.request.kind == "reject_next":
                fault.left = self._state.engine.rejections_left(fault.client.account)
                if not fault.left:
                    del self._active[fault.fault_id]

    def _count(self, fault: ActiveFault) -> None:
        fault.left = (fault.left or 1) - 1
        if not fault.left:
            del self._active[fault.fault_id]

    def _end(self, fault: ActiveFault) -> None:
        self._active.pop(fault.fault_id, None)
        if fault.undo is not None:
            fault.undo()

    def _reject(self, fault: ActiveFault) -> None:
        engine, asked = self._state.engine, fault.request
        account = fault.client.account
        if any(
            row.client is fault.client and row.request.kind == "reject_next"
            for row in self._active.values()
        ):
            raise refused("CONFLICT", "a fault of kind reject_next is in force already")
        engine.reject_next(
            account,
            asked.reason or _DEFAULT_REASON,
            asked.count or 1,
            asked.venue,
            asked.symbol,
        )
        fault.undo = lambda: _forget(engine.forget_rejections(account))

    def _stop_venue(self, fault: ActiveFault) -> None:
        engine, asked, venue = self._state.engine, fault.request, fault.request.venue or ""
        listed = [row["symbol"] for row in engine.symbols(venue, None)]
        symbols = [asked.symbol] if asked.symbol else listed
        if not symbols:
            raise refused("VALIDATION_ERROR", "nothing is listed at this venue", field="venue")
        state = self._state

        def turn(*, on: bool) -> None:
            for symbol in symbols:
                if asked.kind == "stale_venue":
                    engine.hold_stale(venue, symbol, on)
                else:
                    status = "halted" if on else "open"
                    engine.market_status(venue, symbol, status, state.now_ns)

        turn(on=True)
        fault.undo = lambda: turn(on=False)
        if asked.ms is not None:
            fault.ends_ns = state.now_ns + asked.ms * 10**6

    def _disconnect(self, client: "Client") -> None:
        for session in self._hub.sessions():
            if session.principal.client is client:
                session.sink.cut()


def _forget(_count: int) -> None:
    """Drops the number that the core returns."""
