"""The way of an order to its venues and back, step by step."""

from collections.abc import Mapping
from typing import Any, Final

from sequence.types._decimal import exact, trimmed

_ENDS: Final = {"CANCELLED": "cancelled", "REJECTED": "rejected", "EXPIRED": "expired"}


def traces_of(order: Mapping[str, Any], fills: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Steps in order of time, from the order's row and its fills, oldest first."""
    order_id = order["node_order_id"]
    steps: list[dict[str, Any]] = []

    def add(ts_ns: int, stage: str, venue: str | None, detail: str) -> None:
        row = {"ts_ns": ts_ns, "stage": stage, "node_order_id": order_id}
        steps.append(row | {"venue": venue, "detail": detail})

    what = f"{order['side']} {_qty(order['qty_1e8'])} {order['symbol']} {order['order_type']}"
    add(order["created_unix_ns"], "submitted", None, what)
    told: set[tuple[int, str]] = set()
    for fill in fills:
        venue, time = fill["venue"], _time(fill)
        arrived = time.get("arrive_venue_ns")
        # Several fills of one leg came by the same way: it is told once.
        if arrived and (arrived, venue) not in told:
            told.add((arrived, venue))
            if time.get("submit_local_ns"):
                add(time["submit_local_ns"], "sent", venue, "on its way to the venue")
            add(arrived, "arrived", venue, "reached the venue")
        if time.get("match_at_ns"):
            add(time["match_at_ns"], "matched", venue, fill["cause"])
        price = f"{_qty(fill['qty_1e8'])} at {_usd(fill['price_1e9'])}"
        add(fill["ts_ns"], "filled", venue, f"{price}, fee {_fee(fill)}")
    if order["status"] in _ENDS:
        why = order["failure_message"] or order["failure_reason"] or order["done_reason"] or ""
        add(order["updated_unix_ns"], _ENDS[order["status"]], None, why)
    # Steps of one time keep the order of their causes.
    return sorted(steps, key=lambda step: step["ts_ns"])


def _time(fill: Mapping[str, Any]) -> Mapping[str, int]:
    found: Mapping[str, int] = fill["evidence"].get("time") or {}
    return found


def _qty(units_1e8: int) -> str:
    return f"{trimmed(exact(units_1e8, 8)):f}"


def _fee(fill: Mapping[str, Any]) -> str:
    """In USD, or in its own asset where nothing says what that is worth."""
    usd = fill["fee_usd_1e9"]
    return f"{_usd(fill['fee_1e9'])} {fill['fee_asset']}" if usd is None else f"{_usd(usd)} USD"


def _usd(units_1e9: int) -> str:
    return f"{trimmed(exact(units_1e9, 9)):f}"
