"""Configuration of the sandbox: paper positions, reset, default balance."""

from collections.abc import Mapping
from typing import Any

from sequence.sandbox.keys import Client, Principal
from sequence.sandbox.number import QTY_DECIMALS, decimal_of
from sequence.sandbox.runtime import Runtime
from sequence.types import (
    SandboxPositionsRequest,
    SandboxReset,
    SandboxSettings,
    SandboxSettingsRequest,
    SandboxWritten,
)


def positions(
    runtime: Runtime,
    principal: Principal,
    path: Mapping[str, str],
    query: Any,
    body: SandboxPositionsRequest,
) -> SandboxWritten:
    """``POST /v1/sandbox/positions``: all rows or none."""
    del path, query
    rows = [
        (row.venue, row.kind, row.symbol, row.qty_1e8, row.entry_price_usd_1e9)
        for row in body.positions
    ]
    account = runtime.account(principal)
    written, deleted = runtime.engine.set_positions(account, rows, body.replace, runtime.now_ns)
    return SandboxWritten.trusted({"written": written, "deleted": deleted})


def reset(
    runtime: Runtime, principal: Principal, path: Mapping[str, str], query: Any, body: Any
) -> SandboxReset:
    """``POST /v1/sandbox/reset``: wipes everything of the client and starts a new epoch."""
    del path, query, body
    client = principal.client
    if not client.epoch:
        runtime.account(principal)
    venues_seeded = runtime.reset(client)
    return SandboxReset.trusted(
        {
            "reset": True,
            "initial_balance_usd": decimal_of(client.initial_balance_1e8, QTY_DECIMALS),
            "venues_seeded": venues_seeded,
        }
    )


def settings(
    runtime: Runtime, principal: Principal, path: Mapping[str, str], query: Any, body: Any
) -> SandboxSettings:
    """``GET /v1/sandbox/settings``: the balance of the next reset."""
    del path, query, body
    runtime.account(principal)
    return _settings_of(principal.client)


def put_settings(
    runtime: Runtime,
    principal: Principal,
    path: Mapping[str, str],
    query: Any,
    body: SandboxSettingsRequest,
) -> SandboxSettings:
    """``PUT /v1/sandbox/settings``: takes effect at the next reset, not at once."""
    del path, query
    runtime.account(principal)
    principal.client.initial_balance_1e8 = body.initial_balance_1e8
    return _settings_of(principal.client)


def _settings_of(client: Client) -> SandboxSettings:
    balance = decimal_of(client.initial_balance_1e8, QTY_DECIMALS)
    return SandboxSettings.trusted({"initial_balance_usd": balance})
