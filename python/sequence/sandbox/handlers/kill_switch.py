"""The kill switch: halts new orders of a client in one mode, leaves open orders alone."""

from sequence.sandbox.call import Call
from sequence.sandbox.keys import KillSwitch as Switch
from sequence.sandbox.keys import Principal
from sequence.types import KillSwitch, KillSwitchRequest


def read(call: Call[None, None]) -> KillSwitch:
    """``GET /v1/kill_switch``."""
    return _answer(call.principal)


def engage(call: Call[None, KillSwitchRequest]) -> KillSwitch:
    """``POST`` or ``PUT /v1/kill_switch``; again keeps the first time and updates the reason."""
    switch = _switch(call.principal)
    switch.reason = call.body.reason
    if not switch.engaged:
        switch.engaged = True
        switch.engaged_at_ns = call.now_ns
        switch.engaged_by = call.principal.key_id
        switch.cleared_at_ns = None
    return _answer(call.principal)


def clear(call: Call[None, None]) -> KillSwitch:
    """``POST /v1/kill_switch/clear``; twice is the same as once."""
    switch = _switch(call.principal)
    if switch.engaged:
        switch.engaged = False
        switch.cleared_at_ns = call.now_ns
    return _answer(call.principal)


def _switch(principal: Principal) -> Switch:
    return principal.client.kill_switches[principal.mode]


def _answer(principal: Principal) -> KillSwitch:
    switch = _switch(principal)
    return KillSwitch.trusted(
        {
            "engaged": switch.engaged,
            "mode": principal.mode,
            "reason": switch.reason,
            "engaged_at_ns": switch.engaged_at_ns,
            "engaged_by": switch.engaged_by,
            "cleared_at_ns": switch.cleared_at_ns,
        }
    )
