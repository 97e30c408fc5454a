"""API keys, and tickets for the stream. A raw key is in the answer that makes it, nowhere else."""

import time
from typing import Any, Final

from sequence.sandbox.call import Call
from sequence.sandbox.keys import Client, KeyRow, Mode, Principal
from sequence.sandbox.refuse import refused
from sequence.sandbox.tickets import LIFE_S
from sequence.types import ApiKey, ApiKeyRequest, ApiKeys, NewApiKey, Ticket

_PER_DAY: Final = 100
_DAY_NS: Final = 86_400 * 10**9
_BETWEEN_ROTATIONS_S: Final = 1.0


def create(call: Call[None, ApiKeyRequest]) -> NewApiKey:
    """``POST /v1/api_keys``."""
    body, caller = call.body, call.principal
    mode: Mode = "sandbox" if body.sandbox else "live"
    if mode == "live":
        _check_live(caller)
    if mode == "live" and not caller.is_admin:
        raise refused("FORBIDDEN", "only an admin live key makes live keys")
    if body.is_admin and not caller.is_admin:
        raise refused("FORBIDDEN", "only an admin key makes admin keys", field="is_admin")
    _count_creation(caller.client, call.now_ns)
    key_id = call.runtime.new_key_id()
    raw = call.runtime.keys.create(
        caller.client, mode, key_id, is_admin=body.is_admin, label=body.label, now_ns=call.now_ns
    )
    return _new(call, key_id, raw)


def listed(call: Call[None, None]) -> ApiKeys:
    """``GET /v1/api_keys``: a test key sees the sandbox keys of its client."""
    rows = call.runtime.keys.rows(call.principal.client)
    if call.principal.is_sandbox:
        rows = [row for row in rows if row.mode == "sandbox"]
    return ApiKeys.trusted({"keys": [_public(row) for row in rows]})


def rotate(call: Call[None, None]) -> NewApiKey:
    """``POST /v1/api_keys/{key_id}/rotate``: of two at once one wins."""
    row = _own_key(call)
    if row.revoked_at_ns is not None:
        raise refused("CONFLICT", "the key is revoked")
    if time.monotonic() - row.rotated_s < _BETWEEN_ROTATIONS_S:
        raise refused("CONFLICT", "the key was rotated a moment ago")
    raw = call.runtime.rotate_key(row, call.now_ns)
    return _new(call, row.key_id, raw)


def revoke(call: Call[None, None]) -> ApiKey:
    """``DELETE /v1/api_keys/{key_id}``: refused from the next request on."""
    row = _own_key(call)
    call.runtime.keys.revoke(row, call.now_ns)
    return ApiKey.trusted(_public(row))


def ticket(call: Call[None, None]) -> Ticket:
    """``GET /v1/ws/ticket``."""
    raw = call.runtime.tickets.issue(call.principal)
    return Ticket.trusted({"ticket": raw, "expires_at_ns": call.now_ns + LIFE_S * 10**9})


def _own_key(call: Call[None, None]) -> KeyRow:
    row = call.runtime.keys.row(call.principal.client, call.path["key_id"])
    if row is None:
        raise refused("NOT_FOUND", "no such key")
    if row.mode == "live":
        _check_live(call.principal)
    if row.is_admin and not call.principal.is_admin:
        raise refused("FORBIDDEN", "this needs an admin key")
    return row


def _check_live(caller: Principal) -> None:
    if caller.is_sandbox:
        raise refused("FORBIDDEN", "a seq_test_ key cannot make or touch live keys")


def _count_creation(client: Client, now_ns: int) -> None:
    made = client.keys_created_ns
    while made and made[0] <= now_ns - _DAY_NS:
        made.popleft()
    if len(made) >= _PER_DAY:
        raise refused("RATE_LIMITED", f"more than {_PER_DAY} keys in one day")
    made.append(now_ns)


def _new(call: Call[Any, Any], key_id: str, raw: str) -> NewApiKey:
    row = call.runtime.keys.row(call.principal.client, key_id)
    if row is None:
        raise refused("NOT_FOUND", "no such key")
    return NewApiKey.trusted(_public(row) | {"api_key": raw})


def _public(row: KeyRow) -> dict[str, Any]:
    return {
        "key_id": row.key_id,
        "label": row.label,
        "sandbox": row.mode == "sandbox",
        "is_admin": row.is_admin,
        "prefix": row.prefix,
        "created_at_ns": row.created_at_ns,
        "rotated_at_ns": row.rotated_at_ns,
        "revoked_at_ns": row.revoked_at_ns,
        "last_used_at_ns": row.last_used_at_ns,
    }
