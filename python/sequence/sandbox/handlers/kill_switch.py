"""The kill switch: halts new orders of a client in one mode, leaves open orders alone."""

from collections.abc import Mapping
from typing import Any

from sequence.sandbox.keys import KillSwitch as Switch
from sequence.sandbox.keys import Principal
from sequence.sandbox.runtime import Runtime
from sequence.types import KillSwitch, KillSwitchRequest


def read(
    runtime: Runtime, principal: Principal, path: Mapping[str, str], query: Any, body: Any
) -> KillSwitch:
    """``GET /v1/kill_switch``."""
    del runtime, path, query, body
    return _answer(principal)


def engage(
    runtime: Runtime,
    principal: Principal,
    path: Mapping[str, str],
    query: Any,
    body: KillSwitchRequest,
) -> KillSwitch:
    """``POST`` or ``PUT /v1/kill_switch``; again keeps the first time and updates the reason."""
    del path, query
    switch = _switch(principal)
    switch.reason = body.reason
    if not switch.engaged:
        switch.engaged = True
        switch.engaged_at_ns = runtime.now_ns
        switch.engaged_by = principal.key_id
        switch.cleared_at_ns = None
    return _answer(principal)


def clear(
    runtime: Runtime, principal: Principal, path: Mapping[str, str], query: Any, body: Any
) -> KillSwitch:
    """``POST /v1/kill_switch/clear``; twice is the same as once."""
    del path, query, body
    switch = _switch(principal)
    if switch.engaged:
        switch.engaged = False
        switch.cleared_at_ns = runtime.now_ns
    return _answer(principal)


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
