"""The kill switch: halts new orders of a client in one mode, leaves open orders alone."""

from sequence.sandbox.call import Call
from sequence.types import KillSwitch, KillSwitchRequest


def read(call: Call[None, None]) -> KillSwitch:
    """``GET /v1/kill_switch``."""
    row = call.engine.kill_switch(call.account(), call.principal.mode)
    return KillSwitch.trusted(row)


def engage(call: Call[None, KillSwitchRequest]) -> KillSwitch:
    """``POST`` or ``PUT /v1/kill_switch``; again keeps the first time and updates the reason."""
    caller = call.principal
    row = call.engine.engage_kill_switch(
        call.account(), caller.mode, caller.key_id, call.body.reason, call.now_ns
    )
    return KillSwitch.trusted(row)


def clear(call: Call[None, None]) -> KillSwitch:
    """``POST /v1/kill_switch/clear``; twice is the same as once."""
    row = call.engine.clear_kill_switch(call.account(), call.principal.mode, call.now_ns)
    return KillSwitch.trusted(row)
