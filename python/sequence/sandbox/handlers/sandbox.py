"""Configuration of the sandbox: paper positions, reset, default balance."""

from sequence.sandbox.call import Call
from sequence.sandbox.keys import Client
from sequence.sandbox.number import decimal_of
from sequence.types import (
    SandboxPositionsRequest,
    SandboxReset,
    SandboxSettings,
    SandboxSettingsRequest,
    SandboxSettled,
    SandboxSettleRequest,
    SandboxWritten,
)
from sequence.types._decimal import QTY_DECIMALS


def positions(call: Call[None, SandboxPositionsRequest]) -> SandboxWritten:
    """``POST /v1/sandbox/positions``: all rows or none."""
    rows: list[tuple[str, str, str, int, int | None]] = [
        (row.venue, row.kind, row.symbol, row.qty_1e8, row.entry_price_usd_1e9)
        for row in call.body.positions
    ]
    account = call.account()
    written, deleted = call.engine.set_positions(account, rows, call.body.replace, call.now_ns)
    return SandboxWritten.trusted({"written": written, "deleted": deleted})


def reset(call: Call[None, None]) -> SandboxReset:
    """``POST /v1/sandbox/reset``: wipes everything of the client and starts a new epoch."""
    client = call.principal.client
    if not client.epoch:
        call.account()
    venues_seeded = call.runtime.reset(client)
    return SandboxReset.trusted(
        {
            "reset": True,
            "initial_balance_usd": decimal_of(client.initial_balance_1e8, QTY_DECIMALS),
            "venues_seeded": venues_seeded,
        }
    )


def settings(call: Call[None, None]) -> SandboxSettings:
    """``GET /v1/sandbox/settings``: the balance of the next reset."""
    call.account()
    return _settings_of(call.principal.client)


def put_settings(call: Call[None, SandboxSettingsRequest]) -> SandboxSettings:
    """``PUT /v1/sandbox/settings``: takes effect at the next reset, not at once."""
    call.account()
    client, keeper = call.principal.client, call.runtime.keeper
    client.initial_balance_1e8 = call.body.initial_balance_1e8
    if keeper is not None:
        keeper.watch(client)
    return _settings_of(client)


def settle(call: Call[None, SandboxSettleRequest]) -> SandboxSettled:
    """``POST /v1/sandbox/settle``: ends an event market for every account of this server."""
    call.account()
    body = call.body
    positions, payout = call.engine.settle(
        body.venue, body.market_slug, body.value_1e9, call.now_ns
    )
    return SandboxSettled.trusted({"settled_positions": positions, "payout_usd_1e9": payout})


def _settings_of(client: Client) -> SandboxSettings:
    balance = decimal_of(client.initial_balance_1e8, QTY_DECIMALS)
    return SandboxSettings.trusted({"initial_balance_usd": balance})
