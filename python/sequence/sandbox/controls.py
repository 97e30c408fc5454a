"""The clock and the faults of a sandbox, as its holder uses them."""

from collections.abc import Iterator
from math import isfinite
from typing import Any, Final

from sequence import _core
from sequence.errors import ValidationError
from sequence.sandbox.clock import ClockKind
from sequence.sandbox.refuse import checked, core_refusal
from sequence.sandbox.runtime import Runtime
from sequence.types import FaultRequest
from sequence.types._words import FaultKind

_NS: Final = {"seconds": 10**9, "ms": 10**6}


class ClockControl:
    """The clock of a sandbox: ``sandbox.clock``."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    @property
    def kind(self) -> ClockKind:
        """``wall``, ``manual`` or ``replay``."""
        return self._runtime.clock.kind

    @property
    def now_ns(self) -> int:
        """The present, in nanoseconds since the Unix epoch."""
        with self._runtime.turn() as now_ns:
            return now_ns

    def advance(self, *, seconds: float = 0, ms: float = 0, ns: int = 0) -> int:
        """Lets time pass; everything that falls due on the way happens.

        The demo market makes up to an hour between two calls. After more than that it leaves the
        time between out and goes on from its last books.

        Returns:
            The new present in nanoseconds.

        Raises:
            ValueError: A negative time, no number, a part of a nanosecond, or a wall clock, which
                moves by itself. The clock then stays where it is.
        """
        for name, value in (("seconds", seconds), ("ms", ms)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ValidationError(f"{name}: must be a finite number, not {value!r}")
        # A part of a nanosecond would be found out after the clock had moved.
        if type(ns) is not int:
            raise ValidationError(f"ns: must be an integer, not {ns!r}")
        step_ns = round(seconds * _NS["seconds"]) + round(ms * _NS["ms"]) + ns
        if step_ns < 0:
            raise ValueError(f"time never runs backwards: cannot advance by {step_ns} ns")
        with self._runtime.lock:
            self._runtime.clock.move(step_ns)
        with self._runtime.turn() as now_ns:
            return now_ns


class FaultControl:
    """What goes wrong on purpose: ``sandbox.faults``."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def add(
        self,
        kind: FaultKind,
        *,
        venue: str | None = None,
        symbol: str | None = None,
        count: int | None = None,
        ms: int | None = None,
        reason: str | None = None,
        seed: int | None = None,
        rate: float | None = None,
    ) -> str:
        """Puts a fault in force for the local client; its id.

        A client in this process meets faults as one over HTTP does, and tries again where that is
        safe. Only an order without a ``graph_id`` is not sent again after ``drop_reply``: in
        process the sandbox makes the id, from its seed, and nothing else would tell it is the same.

        Args:
            kind: ``delay``, ``drop_reply``, ``http_429``, ``http_503``, ``failures`` (any of
                these), ``disconnect_streams``, ``stale_venue``, ``halt_venue``, and for the next
                orders ``reject_next``, ``cancel_next``, ``expire_next``, ``partial_next`` (half of
                what could be taken at once), ``late_next`` (the answer comes late).
            venue: Where, for the kinds about venues and orders.
            symbol: For which symbol only.
            count: How many requests or orders meet it; 1 by default.
            ms: Length of a delay, or how long a venue stays stale or halted.
            reason: Why orders are rejected.
            seed: Hits every request with a probability of one half, or of `rate`, repeatably.
            rate: Hits every request with this probability, until `count` were hit or it is removed.

        Raises:
            ValidationError: A value or a combination that no fault has.
        """
        row: dict[str, Any] = {"kind": kind, "venue": venue, "symbol": symbol, "count": count}
        row |= {"ms": ms, "reason": reason, "seed": seed, "rate": rate}
        asked = checked(FaultRequest, row)
        with self._runtime.turn():
            client = self._runtime.local
            if not client.epoch:
                self._runtime.reset(client)
            try:
                return str(self._runtime.faults.add(client, asked)["fault_id"])
            except _core.Refusal as refusal:
                raise core_refusal(refusal) from None

    def remove(self, fault_id: str) -> None:
        """Ends a fault."""
        with self._runtime.turn():
            self._runtime.faults.remove(self._runtime.local, fault_id)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with self._runtime.turn():
            rows = self._runtime.faults.rows(self._runtime.local)
        return iter(rows)
