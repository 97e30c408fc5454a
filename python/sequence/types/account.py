"""The account behind a key, its limits and its kill switch."""

from sequence.types._base import Query, Request, Wire
from sequence.types._words import Mode
from sequence.types.common import Label


class Account(Wire):
    """Answer of `GET /v1/account`; rates are requests per second, null is no limit."""

    client_id: str
    label: str
    mode: Mode
    key_id: str
    is_admin: bool
    tier: str
    rate_limit_qps: int | None
    rate_limit_burst: int | None
    kill_switch: bool
    sandbox_epoch: int
    live_trading: bool
    created_at_ns: int


class AccountSummary(Wire):
    """Answer of `GET /v1/account/summary`: the numbers of an account that lists are summed for.

    Amounts are USD times 1e9. Counts are those since the last reset, the extremes those of the
    epoch.
    """

    epoch: int
    as_of_ns: int
    nav_usd_1e9: int | None
    margin_locked_usd_1e9: int | None
    open_orders: int
    fills: int
    rejects: int
    rejects_by_reason: dict[str, int]
    peak_nav_usd_1e9: int | None
    max_drawdown_usd_1e9: int


class RiskLimits(Wire):
    """Answer of `GET /v1/risk_limits`; null is no limit."""

    mode: Mode
    max_position_1e8: int | None
    max_order_notional_1e9: int | None
    max_order_rate: int | None
    max_open_orders: int | None
    daily_loss_limit_usd_1e9: int | None
    fat_finger_bps: int
    protection_bps: int
    protection_prediction_bps: int


class KillSwitch(Wire):
    """State of the kill switch; times are nanoseconds since the Unix epoch."""

    engaged: bool
    mode: Mode
    reason: str | None
    engaged_at_ns: int | None
    engaged_by: str | None
    cleared_at_ns: int | None


class KillSwitchRequest(Request):
    """Body of `POST /v1/kill_switch`."""

    reason: Label | None = None
    account: Label | None = None


class KillSwitchClearRequest(Request):
    """Body of `POST /v1/kill_switch/clear`; zero bytes and `{}` are the own account."""

    account: Label | None = None


class KillSwitchQuery(Query):
    """Query of `GET /v1/kill_switch`."""

    account: Label | None = None


class EmptyRequest(Request):
    """Body of calls that take nothing; zero bytes and `{}` are equal."""
