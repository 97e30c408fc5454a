"""Positions and balances, and the deprecated views of them."""

from typing import Any, Final

from sequence.sandbox.call import Call
from sequence.sandbox.keys import Principal
from sequence.sandbox.runtime import Runtime
from sequence.types import ModeQuery, PortfolioSummary, PositionsQuery, PositionsResponse

_TOTALS: Final = (
    "nav_usd",
    "cash_usd",
    "crypto_usd",
    "event_contracts_usd",
    "perp_notional_usd",
    "locked_cash_usd",
    "unrealized_pnl_usd",
    "realized_pnl_usd",
    "fees_usd",
)


def positions(call: Call[PositionsQuery, None]) -> PositionsResponse:
    """``GET /v1/positions`` and its aliases."""
    found = _rows(
        call.runtime,
        call.principal,
        sandbox=call.query.sandbox,
        venues=_list(call.query.venues),
        kinds=_list(call.query.kinds),
        include_closed=call.query.include_closed,
    )
    return PositionsResponse.trusted(found)


def balances(call: Call[ModeQuery, None]) -> PositionsResponse:
    """``GET /v1/balances``: the cash and crypto rows."""
    found = _rows(
        call.runtime, call.principal, sandbox=call.query.sandbox, kinds=["fiat", "crypto"]
    )
    return PositionsResponse.trusted(found)


def perp(call: Call[ModeQuery, None]) -> PositionsResponse:
    """``GET /v1/positions/perp``: the perp rows."""
    found = _rows(call.runtime, call.principal, sandbox=call.query.sandbox, kinds=["perp"])
    return PositionsResponse.trusted(found)


def summary(call: Call[ModeQuery, None]) -> PortfolioSummary:
    """``GET /v1/portfolio/summary``: the totals alone."""
    found = _rows(call.runtime, call.principal, sandbox=call.query.sandbox)
    return PortfolioSummary.trusted({"totals": found["totals"], "as_of_ns": found["as_of_ns"]})


def _rows(
    runtime: Runtime,
    principal: Principal,
    *,
    sandbox: bool,
    venues: list[str] | None = None,
    kinds: list[str] | None = None,
    include_closed: bool = False,
) -> dict[str, Any]:
    if not (principal.is_sandbox or sandbox):
        return _no_live_rows(runtime.now_ns)
    account = runtime.account(principal)
    return runtime.engine.positions(
        account, venues=venues, kinds=kinds, include_closed=include_closed
    )


def _no_live_rows(now_ns: int) -> dict[str, Any]:
    """Without live adapters the live mode of a client is empty."""
    totals: dict[str, Any] = {}
    for name in _TOTALS:
        totals[f"{name}_1e9"] = 0
        totals[name] = "0.000000000"
    return {"positions": [], "totals": totals, "as_of_ns": now_ns}


def _list(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)
