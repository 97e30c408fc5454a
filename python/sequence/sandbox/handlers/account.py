"""The account behind a key, and its limits."""

from typing import Final

from sequence.sandbox.call import Call
from sequence.types import Account, RiskLimits

_MAX_OPEN_ORDERS: Final = 10_000
_FAT_FINGER_BPS: Final = 5_000
_PROTECTION_BPS: Final = 500
_PROTECTION_PREDICTION_BPS: Final = 1_000


def account(call: Call[None, None]) -> Account:
    """``GET /v1/account``."""
    client = call.principal.client
    qps = client.rate_limit_qps
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
            "kill_switch": client.kill_switches[call.principal.mode].engaged,
            "sandbox_epoch": client.epoch,
            "live_trading": False,
            "created_at_ns": client.created_at_ns,
        }
    )


def risk_limits(call: Call[None, None]) -> RiskLimits:
    """``GET /v1/risk_limits``; null is no limit."""
    return RiskLimits.trusted(
        {
            "mode": call.principal.mode,
            "max_position_1e8": None,
            "max_order_notional_1e9": None,
            "max_order_rate": None,
            "max_open_orders": _MAX_OPEN_ORDERS,
            "daily_loss_limit_usd_1e9": None,
            "fat_finger_bps": _FAT_FINGER_BPS,
            "protection_bps": _PROTECTION_BPS,
            "protection_prediction_bps": _PROTECTION_PREDICTION_BPS,
        }
    )
