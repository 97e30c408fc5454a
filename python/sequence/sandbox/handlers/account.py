"""The account behind a key, and its limits."""

from collections import Counter
from typing import Any, Final

from sequence.sandbox.call import Call
from sequence.sandbox.newest import EVERY_FILL
from sequence.types import Account, AccountSummary, ModeQuery, RiskLimits

_ONE: Final = 10**8
_NUMBERS: Final = (
    *("nav_usd_1e9", "margin_locked_usd_1e9", "open_orders", "fills", "rejects"),
    *("peak_nav_usd_1e9", "max_drawdown_usd_1e9"),
)


def account(call: Call[None, None]) -> Account:
    """``GET /v1/account``."""
    client = call.principal.client
    qps = client.rate_limit_qps
    switch = call.engine.kill_switch(call.account(), call.principal.mode)
    return Account.trusted(
        {
            "client_id": client.client_id,
            "label": client.label,
            "mode": call.principal.mode,
            "key_id": call.principal.key_id,
            "is_admin": call.principal.is_admin,
            "tier": client.tier,
            "rate_limit_qps": qps,
            "rate_limit_burst": None if qps is None else 2 * qps,
            "kill_switch": switch["engaged"],
            "sandbox_epoch": client.epoch,
            "live_trading": False,
            "created_at_ns": client.created_at_ns,
        }
    )


def summary(call: Call[ModeQuery, None]) -> AccountSummary:
    """``GET /v1/account/summary``; without live adapters the live mode of a client is empty."""
    runtime, account = call.runtime, call.account()
    client = call.principal.client
    head = {"epoch": client.epoch, "as_of_ns": call.now_ns}
    if not (call.principal.is_sandbox or call.query.sandbox):
        empty: dict[str, Any] = dict.fromkeys(_NUMBERS, 0)
        return AccountSummary.trusted(head | empty | {"rejects_by_reason": {}})
    rejects = Counter(runtime.engine.rejects(account)) + Counter(runtime.stored_rejects(account))
    fills = runtime.fills(account, limit=0, offset=0, before_seq=None, **EVERY_FILL)
    course = runtime.history.values(client, call.now_ns, 1)
    held = runtime.engine.positions(account)
    return AccountSummary.trusted(
        head
        | {
            "nav_usd_1e9": held["totals"]["nav_usd_1e9"],
            "margin_locked_usd_1e9": _margin_usd(held["positions"]),
            "open_orders": runtime.engine.risk_state(account)["open_orders"],
            "fills": fills["total"],
            "rejects": rejects.total(),
            "rejects_by_reason": dict(sorted(rejects.items())),
            "peak_nav_usd_1e9": course["peak_nav_usd_1e9"],
            "max_drawdown_usd_1e9": course["max_drawdown_usd_1e9"],
        }
    )


def risk_limits(call: Call[None, None]) -> RiskLimits:
    """``GET /v1/risk_limits``; null is no limit."""
    return RiskLimits.trusted(call.engine.limits(call.principal.mode))


def _margin_usd(rows: list[dict[str, Any]]) -> int | None:
    """Margin of all positions in USD times 1e9; None where nothing values what one is held in."""
    prices = {(row["venue"], row["instrument"]["symbol"]): row for row in rows}
    total = 0
    for row in rows:
        if not row["margin_locked_1e8"]:
            continue
        cash = prices.get((row["venue"], row["margin_asset"]), {})
        price = cash.get("current_price_usd_1e9")
        if price is None:
            return None
        total += row["margin_locked_1e8"] * price // _ONE
    return total
