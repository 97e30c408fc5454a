"""The limits of a graph as the core takes them: fixed-point integers."""

from decimal import Decimal
from typing import Any

from sequence.types import Risk
from sequence.types._decimal import PRICE_DECIMALS, QTY_DECIMALS, decimal_units


def risk_keys(risk: Risk) -> dict[str, Any]:
    """The limits that are set; a limit that is not given is left out."""
    admission, before, runtime = risk.admission, risk.pre_trade, risk.runtime
    given = {
        "max_notional_1e9": _usd(admission.max_notional_usd),
        "max_order_notional_1e9": _usd(admission.max_order_notional_usd),
        "allowed_venues": admission.allowed_venues,
        "pre_trade_order_notional_1e9": _usd(before.max_order_notional_usd),
        "max_price_deviation_bps": before.max_price_deviation_bps,
        "max_spread_bps": before.max_spread_bps,
        "max_quote_age_ms": before.max_quote_age_ms,
        "max_position_1e8": _qty(before.max_position_qty),
        "max_loss_1e9": _usd(runtime.max_loss_usd),
        "max_unhedged_1e8": _qty(runtime.max_unhedged_qty),
        "unhedged_grace_ms": runtime.unhedged_grace_ms,
        "max_duration_ms": runtime.max_duration_ms,
        "on_runtime_breach": risk.on_failure.on_runtime_breach,
        "on_node_reject": risk.on_failure.on_node_reject,
    }
    return {name: value for name, value in given.items() if value is not None}


def _usd(value: Decimal | None) -> int | None:
    return None if value is None else decimal_units(value, PRICE_DECIMALS)


def _qty(value: Decimal | None) -> int | None:
    return None if value is None else decimal_units(value, QTY_DECIMALS)
