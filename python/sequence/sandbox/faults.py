"""Faults on demand: what a test of a bot wants to see go wrong, counted and repeatable."""

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Union

from sequence import _core
from sequence.sandbox.refuse import refused
from sequence.types.testing import ON_REQUESTS

if TYPE_CHECKING:
    from sequence.errors import SequenceError
    from sequence.sandbox.keys import Client
    from sequence.sandbox.state import State
    from sequence.sandbox.stream.hub import Hub
    from sequence.types import FaultRequest, Request

Submitted = Union["Request", "_core.OrderBody"]
"""The body of a request that submits an order."""

_MOST: Final = 1_000
_HALF: Final = 0.5
_WAYS: Final = ("http_503", "http_429", "drop_reply", "delay")
"""How requests fail where any way will do."""
_LATE_MS: Final = 1_000
_MAGIC_LATE: Final = "magic-late"
_FATES: Final[dict[str, str]] = {
    "reject_next": "reject",
    "cancel_next": "cancel",
    "expire_next": "expire",
    "partial_next": "partial",
}
"""What becomes of the next orders, as the core calls it."""
_UNTIL_DELETED: Final = frozenset({"stale_venue", "halt_venue"})
_TOO_MANY: Final = 429
_UNAVAILABLE: Final = 503
_DEFAULT_REASON: Final = "EXCHANGE_REJECT"

Stops = frozenset[tuple[str, str, str]]
"""Markets that are stopped: kind of the fault, venue and symbol."""


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
    stops: Stops = frozenset()

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
            "rate": asked.rate,
        }

    def strikes(self) -> bool:
        """Whether the next request is hit; draws where that is left to chance."""
        return self.random is None or self.random.random() < (self.request.rate or _HALF)


@dataclass(slots=True)
class Strike:
    """What faults do to one request."""

    status: int | None = None
    delay_ms: int = 0
    drop: bool = False

    def add(self, fault: ActiveFault) -> None:
        """What one more fault does."""
        kind: str = fault.request.kind
        if kind == "failures" and fault.random is not None:
            kind = fault.random.choice(_WAYS)
        match kind:
            case "delay" | "late_next":
                self.delay_ms += _LATE_MS if fault.request.ms is None else fault.request.ms
            case "drop_reply":
                self.drop = True
            case "http_429":
                self.status = _TOO_MANY
            case _:
                self.status = _UNAVAILABLE

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
        fault = ActiveFault(name, client, asked, _count_of(asked), self._chance(asked))
        if asked.kind == "disconnect_streams":
            self._disconnect(client)
            fault.left = 0
            return fault.row
        if asked.kind in _FATES:
            self._decide(fault)
        elif asked.kind in _UNTIL_DELETED:
            self._stop_venue(fault)
        self._active[name] = fault
        return fault.row

    def rows(self, client: "Client") -> list[dict[str, Any]]:
        """Faults of a client that are still in force."""
        self.expire()
        return [fault.row for fault in self._active.values() if fault.client is client]

    def stops(self) -> Stops:
        """Markets that faults stop now."""
        return frozenset[tuple[str, str, str]]().union(*(f.stops for f in self._active.values()))

    def lift(self, copied: "State") -> None:
        """Takes what they do from a copy of the state, where nobody could end them."""
        turn(copied, self.stops(), on=False)
        for fault in self._active.values():
            if fault.request.kind in _FATES:
                fate = _FATES[fault.request.kind]
                copied.engine.forget_decided(fault.client.account, fate)

    def remove(self, client: "Client", name: str) -> dict[str, Any]:
        """Ends a fault."""
        self.expire()
        fault = self._active.get(name)
        if fault is None or fault.client is not client:
            raise refused("NOT_FOUND", "no such fault")
        self._end(fault)
        return fault.row

    def strike(self, client: "Client", submitted: "Submitted | None" = None) -> Strike | None:
        """What the next request of a client meets; None when nothing.

        Args:
            client: Who asks.
            submitted: The body, where the request submits an order.
        """
        is_late = _is_magic(submitted)
        if not self._active and not is_late:
            return None
        found = Strike(delay_ms=_LATE_MS if is_late else 0)
        for fault in list(self._active.values()):
            strikes_late = submitted is not None and fault.request.kind == "late_next"
            if fault.client is not client:
                continue
            if not (strikes_late or fault.request.kind in ON_REQUESTS):
                continue
            if not fault.strikes():
                continue
            self._count(fault)
            found.add(fault)
            if found.status is not None:
                break
        return found

    def next_end_ns(self) -> int | None:
        """When the first of those that end by time does; None while there is none."""
        ends = (fault.ends_ns for fault in self._active.values() if fault.ends_ns is not None)
        return min(ends, default=None)

    def expire(self) -> None:
        """Ends what has lasted as long as it was asked to, and forgets what has struck."""
        if not self._active:
            return
        now_ns = self._state.now_ns
        for fault in list(self._active.values()):
            if fault.ends_ns is not None and now_ns >= fault.ends_ns:
                self._end(fault)
            elif fault.request.kind in _FATES:
                fate = _FATES[fault.request.kind]
                fault.left = self._state.engine.decided_left(fault.client.account, fate)
                if not fault.left:
                    del self._active[fault.fault_id]

    def _chance(self, asked: "FaultRequest") -> random.Random | None:
        if asked.rate is None and asked.seed is None:
            return None
        seed = self._state.seed if asked.seed is None else asked.seed
        return random.Random(seed)  # noqa: S311 - what strikes must repeat under a seed

    def _count(self, fault: ActiveFault) -> None:
        if fault.left is None:
            return
        fault.left -= 1
        if not fault.left:
            del self._active[fault.fault_id]

    def _end(self, fault: ActiveFault) -> None:
        self._active.pop(fault.fault_id, None)
        if fault.undo is not None:
            fault.undo()

    def _decide(self, fault: ActiveFault) -> None:
        engine, asked = self._state.engine, fault.request
        account, fate = fault.client.account, _FATES[asked.kind]
        if any(
            row.client is fault.client and row.request.kind == asked.kind
            for row in self._active.values()
        ):
            raise refused("CONFLICT", f"a fault of kind {asked.kind} is in force already")
        engine.decide_next(
            account,
            fate,
            asked.reason or _DEFAULT_REASON,
            asked.count or 1,
            asked.venue,
            asked.symbol,
        )
        fault.undo = lambda: _forget(engine.forget_decided(account, fate))

    def _stop_venue(self, fault: ActiveFault) -> None:
        engine, asked, venue = self._state.engine, fault.request, fault.request.venue or ""
        listed = [row["symbol"] for row in engine.symbols(venue, None)]
        symbols = [asked.symbol] if asked.symbol else listed
        if not symbols:
            raise refused("VALIDATION_ERROR", "nothing is listed at this venue", field="venue")
        state, stops = self._state, frozenset((asked.kind, venue, symbol) for symbol in symbols)
        turn(state, stops, on=True)
        fault.stops = stops
        # Another fault, of whomever, may stop the same market for longer.
        fault.undo = lambda: turn(state, stops - self.stops(), on=False)
        if asked.ms is not None:
            fault.ends_ns = state.now_ns + asked.ms * 10**6

    def _disconnect(self, client: "Client") -> None:
        for session in self._hub.sessions():
            if session.principal.client is client:
                session.sink.cut()


def turn(state: "State", stops: Stops, *, on: bool) -> None:
    """Stops markets, or lets them go on."""
    for kind, venue, symbol in sorted(stops):
        # After a return to a copy, what was listed since then may be unknown again.
        with contextlib.suppress(_core.Refusal):
            if kind == "stale_venue":
                state.engine.hold_stale(venue, symbol, on)
            else:
                status = "halted" if on else "open"
                state.engine.market_status(venue, symbol, status, state.now_ns)


def _is_magic(submitted: object) -> bool:
    """Whether the id of a submit asks for a late answer by itself."""
    graph_id = getattr(submitted, "graph_id", None)
    return graph_id is not None and str(graph_id).startswith(_MAGIC_LATE)


def _count_of(asked: "FaultRequest") -> int | None:
    """How often a fault strikes; None until it is deleted."""
    if asked.kind in _UNTIL_DELETED or (asked.rate is not None and asked.count is None):
        return None
    return asked.count or 1


def _forget(_count: int) -> None:
    """Drops the number that the core returns."""
