"""Extensions for tests of bots: markets fed by hand, the clock, faults, events, snapshots."""

from base64 import b64encode
from typing import Final

from sequence import _core
from sequence.sandbox.call import Call
from sequence.sandbox.clock import ReplayClock
from sequence.sandbox.refuse import refused
from sequence.sandbox.saving import saved_state
from sequence.types import (
    ClockAdvanceRequest,
    ClockSetRequest,
    Fault,
    FaultRequest,
    Faults,
    MarketEventRow,
    MarketEventsApplied,
    MarketEventsRequest,
    RestoreRequest,
    SandboxClock,
    SandboxEvents,
    SandboxEventsQuery,
    SandboxSnapshot,
    SandboxSnapshotFile,
    SandboxSnapshots,
)
from sequence.types.testing import LONGEST_STEP_NS

_PUBLIC: Final = 2**32 - 1
"""Account of events that concern everybody."""

_Levels = list[tuple[int, int]]
_Trade = tuple[int, int, str | None]
_Grid = tuple[int | None, int | None, int | None, int | None]
_Message = tuple[str, str, str, int, _Levels, _Levels, _Trade | None, str | None, _Grid | None]

_LONGEST_DEMO_NS: Final = 3_600 * 10**9
"""Every quote of the demo market on the way is made: an hour of them takes seconds."""


def market_events(call: Call[None, MarketEventsRequest]) -> MarketEventsApplied:
    """``POST /v1/sandbox/market/events``: in order, all or nothing."""
    source = call.runtime.source
    if source != "manual":
        text = f"the market is {source!r} and feeds itself: start the server with --market manual"
        raise refused("CONFLICT", text)
    rows = [_message(row, call.now_ns) for row in call.body.events]
    try:
        call.engine.market_rows(rows, call.now_ns)
    except _core.Refusal as refusal:
        raise refused("VALIDATION_ERROR", refusal.message, field=refusal.field) from None
    return MarketEventsApplied.trusted({"applied": len(rows)})


def clock(call: Call[None, None]) -> SandboxClock:
    """``GET /v1/sandbox/clock``."""
    return _clock(call)


def set_clock(call: Call[None, ClockSetRequest]) -> SandboxClock:
    """``PUT /v1/sandbox/clock``: never backwards; a replay that runs by itself takes a speed."""
    now_ns = call.body.now_ns
    if now_ns is None:
        return _play(call)
    _check_stands(call)
    step_ns = now_ns - call.now_ns
    if step_ns < 0:
        text = f"time never runs backwards: it is {call.now_ns} now"
        raise refused("VALIDATION_ERROR", text, field="now_ns")
    return _move(call, step_ns, "now_ns")


def advance_clock(call: Call[None, ClockAdvanceRequest]) -> SandboxClock:
    """``POST /v1/sandbox/clock/advance``."""
    _check_stands(call)
    return _move(call, call.body.step_ns, "ms" if call.body.ns is None else "ns")


def faults(call: Call[None, None]) -> Faults:
    """``GET /v1/sandbox/faults``."""
    return Faults.trusted({"faults": call.runtime.faults.rows(call.principal.client)})


def add_fault(call: Call[None, FaultRequest]) -> Fault:
    """``POST /v1/sandbox/faults``."""
    call.account()
    return Fault.trusted(call.runtime.faults.add(call.principal.client, call.body))


def delete_fault(call: Call[None, None]) -> Fault:
    """``DELETE /v1/sandbox/faults/{id}``."""
    return Fault.trusted(call.runtime.faults.remove(call.principal.client, call.path["id"]))


def events(call: Call[SandboxEventsQuery, None]) -> SandboxEvents:
    """``GET /v1/sandbox/events``: events of the caller and those that concern everybody."""
    mine = call.account(), _PUBLIC
    since, limit = call.query.since_seq, call.query.limit
    found: list[dict[str, object]] = []
    while len(found) < limit:
        page = call.engine.events(since, limit)
        if not page:
            break
        since = page[-1]["seq"]
        found += [_event(row) for row in page if row["account"] in mine]
    return SandboxEvents.trusted({"events": found[:limit], "hash": call.engine.event_hash()})


def snapshot(call: Call[None, None]) -> SandboxSnapshot:
    """``POST /v1/sandbox/snapshot``."""
    call.account()
    name = call.runtime.snapshots.take(call.principal.client, is_admin=call.principal.is_admin)
    return SandboxSnapshot.trusted({"snapshot_id": name, "ts_ns": call.now_ns})


def snapshots(call: Call[None, None]) -> SandboxSnapshots:
    """``GET /v1/sandbox/snapshots``: copies that `restore` can return to."""
    kept = call.runtime.snapshots.of(call.principal.client)
    rows = [{"snapshot_id": name, "ts_ns": ts_ns} for name, ts_ns in kept]
    return SandboxSnapshots.trusted({"snapshots": rows})


def snapshot_file(call: Call[None, None]) -> SandboxSnapshotFile:
    """``GET /v1/sandbox/snapshot/file``: the state of every account, as bytes in base64."""
    if not call.principal.is_admin:
        raise refused("FORBIDDEN", "a snapshot is of every account: it takes an admin key")
    packed = saved_state(call.runtime)
    file = b64encode(packed).decode()
    return SandboxSnapshotFile.trusted({"file": file, "ts_ns": call.now_ns})


def restore(call: Call[None, RestoreRequest]) -> SandboxSnapshot:
    """``POST /v1/sandbox/restore``: the state of then, in a new epoch."""
    call.account()
    name = call.body.snapshot_id
    call.runtime.snapshots.restore(call.principal.client, name, is_admin=call.principal.is_admin)
    return SandboxSnapshot.trusted({"snapshot_id": name, "ts_ns": call.now_ns})


def _message(row: MarketEventRow, now_ns: int) -> _Message:
    """A row as the core takes it: a whole batch in one call."""
    ts_ns = now_ns if row.ts_ns is None else row.ts_ns
    trade = (*row.trade_units, row.side) if row.type == "trade" else None
    bids, asks = row.bids or [], row.asks or []
    return row.type, row.venue, row.symbol, ts_ns, bids, asks, trade, row.status, row.grid


def _check_stands(call: Call[None, ClockSetRequest] | Call[None, ClockAdvanceRequest]) -> None:
    """409 for a clock that moves by itself; a manual one stands, and a replay without a speed."""
    clock = call.runtime.clock
    if not clock.standing:
        how = "start the server with --clock manual"
        if isinstance(clock, ReplayClock):
            how = "change its speed, or pause it"
        raise refused("CONFLICT", f"the clock is {clock.kind!r} and moves by itself: {how}")


def _move(
    call: Call[None, ClockSetRequest] | Call[None, ClockAdvanceRequest], step_ns: int, field: str
) -> SandboxClock:
    """One request moves time by what the server can live through without keeping others waiting."""
    runtime = call.runtime
    longest_ns = _LONGEST_DEMO_NS if runtime.source == "demo" else LONGEST_STEP_NS
    if step_ns > longest_ns:
        text = f"at most {longest_ns} ns at a time: send several steps"
        raise refused("VALIDATION_ERROR", text, field=field)
    try:
        runtime.clock.move(step_ns)
    except ValueError as error:
        raise refused("VALIDATION_ERROR", str(error), field=field) from None
    runtime.tick()
    return _clock(call)


def _clock(
    call: Call[None, None] | Call[None, ClockSetRequest] | Call[None, ClockAdvanceRequest],
) -> SandboxClock:
    runtime, clock = call.runtime, call.runtime.clock
    row: dict[str, object] = {"clock": clock.kind, "now_ns": runtime.now_ns}
    if isinstance(clock, ReplayClock):
        row |= {"speed": clock.speed, "paused": clock.paused, "start_ns": clock.start_ns}
        row["end_ns"] = runtime.engine.last_recorded_ns()
    return SandboxClock.trusted(row)


def _play(call: Call[None, ClockSetRequest]) -> SandboxClock:
    clock = call.runtime.clock
    if not isinstance(clock, ReplayClock):
        text = f"the clock is {clock.kind!r}: speed and paused are for a replay that runs by itself"
        raise refused("CONFLICT", text)
    clock.play(speed=call.body.speed, paused=call.body.paused)
    # What is answered is where it stands or goes on from, not where the request found it.
    call.runtime.tick()
    return _clock(call)


def _event(row: dict[str, object]) -> dict[str, object]:
    return {key: row[key] for key in ("seq", "ts_ns", "type", "data")}
