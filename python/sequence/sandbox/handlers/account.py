"""The account behind a key, and its limits."""

from sequence.sandbox.call import Call
from sequence.types import Account, RiskLimits


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


def risk_limits(call: Call[None, None]) -> RiskLimits:
    """``GET /v1/risk_limits``; null is no limit."""
    return RiskLimits.trusted(call.engine.limits(call.principal.mode))
