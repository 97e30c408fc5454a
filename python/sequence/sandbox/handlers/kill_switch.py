"""The kill switch: halts new orders of a client in one mode, leaves open orders alone.

An admin reads, engages and clears it for every account of the sandbox, by name.
"""

from typing import Any

from sequence.feeds.some import some
from sequence.sandbox.call import Call
from sequence.sandbox.keys import Mode
from sequence.sandbox.refuse import refused
from sequence.types import KillSwitch, KillSwitchClearRequest, KillSwitchQuery, KillSwitchRequest
from sequence.types.common import shown


def read(call: Call[KillSwitchQuery, None]) -> KillSwitch:
    """``GET /v1/kill_switch``."""
    account, mode = _switch(call, call.query.account)
    return KillSwitch.trusted(call.engine.kill_switch(account, mode))


def engage(call: Call[None, KillSwitchRequest]) -> KillSwitch:
    """``POST`` or ``PUT /v1/kill_switch``; again keeps the first time and updates the reason."""
    account, mode = _switch(call, call.body.account)
    row = call.engine.engage_kill_switch(
        account, mode, call.principal.key_id, call.body.reason, call.now_ns
    )
    return KillSwitch.trusted(row)


def clear(call: Call[None, KillSwitchClearRequest | None]) -> KillSwitch:
    """``POST /v1/kill_switch/clear``; twice is the same as once."""
    account, mode = _switch(call, None if call.body is None else call.body.account)
    return KillSwitch.trusted(call.engine.clear_kill_switch(account, mode, call.now_ns))


def _switch(call: Call[Any, Any], name: str | None) -> tuple[int, Mode]:
    """Account and mode of the caller, or of the account that an admin names.

    The others have test keys alone, so an admin with a live key means the switch of these.
    """
    caller = call.principal
    if name is None or name == caller.client.label:
        return call.account(), caller.mode
    if not caller.is_admin:
        text = "the kill switch of another account needs an admin key"
        raise refused("FORBIDDEN", text, field="account")
    known = {client.label: client for client in call.runtime.clients()}
    if name not in known:
        there = some([*known])
        raise refused("NOT_FOUND", f"no account {shown(name)}; there are: {there}", field="account")
    return known[name].account, "sandbox"
