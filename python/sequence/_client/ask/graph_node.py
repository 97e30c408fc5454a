"""One order of a graph as a plain value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from sequence._client.ask import numbers
from sequence._client.ask.numbers import Number
from sequence.errors import ValidationError
from sequence.types._decimal import PRICE_DECIMALS, QTY_DECIMALS, decimal_units
from sequence.types._words import CatchUp, Policy, Side, TimeInForce, Urgency

PegTo = Literal["bid", "ask", "mid"]


@dataclass(frozen=True, slots=True)
class Node:
    """One order of a graph; each method returns a changed copy.

    Example:
        >>> Node.buy("ETH-USD", 1).limit("2300").venue("kraken")
    """

    side: Side
    instrument: Mapping[str, Any]
    quantity: Mapping[str, Any]
    price: Mapping[str, Any] | None = None
    keys: Mapping[str, Any] = field(default_factory=dict[str, Any])
    joins_all: bool = False

    @classmethod
    def buy(
        cls,
        symbol: str,
        qty: Number | None = None,
        *,
        notional: Number | None = None,
        position: Number | None = None,
    ) -> Self:
        """Buys a quantity, a size in USD, or a share of a short position.

        Args:
            symbol: Any symbol form.
            qty: Quantity in units of the instrument.
            notional: Size in USD.
            position: Share of the position held at activation, at most 1; only reduces it.

        Without any of them it buys what the activating edge gives.
        """
        return cls("buy", {"symbol": symbol}, _quantity(qty, notional, position))

    @classmethod
    def sell(
        cls,
        symbol: str,
        qty: Number | None = None,
        *,
        notional: Number | None = None,
        position: Number | None = None,
    ) -> Self:
        """Sells a quantity, a size in USD, or a share of a long position; arguments as `buy`."""
        return cls("sell", {"symbol": symbol}, _quantity(qty, notional, position))

    def limit(self, price: Number) -> Self:
        """Sets a limit price per unit."""
        return replace(self, price={"limit": {"price_1e9": price_units(price, "limit")}})

    def peg(self, to: PegTo, offset: Number = 0, *, limit: Number | None = None) -> Self:
        """Lets the price follow the best bid, the best ask or the middle of both.

        Args:
            to: What it follows.
            offset: What is added per unit; below 0 it lies lower.
            limit: Price per unit that it never goes beyond.
        """
        added = decimal_units(numbers.to_decimal(offset, "offset"), PRICE_DECIMALS)
        bound = None if limit is None else price_units(limit, "limit")
        peg = {"to": to, "offset_1e9": added or None, "limit_1e9": bound}
        return replace(self, price={"peg": only_given(peg)})

    def venue(self, venue: str) -> Self:
        """Stays on one venue."""
        return replace(self, instrument={**self.instrument, "venue": venue})

    def perp(self) -> Self:
        """Reads a pair as its perpetual."""
        return replace(self, instrument={**self.instrument, "type": "perp"})

    def policy(self, policy: Policy) -> Self:
        """Sets how the order works."""
        return self.with_key("policy", policy)

    def urgency(self, urgency: Urgency) -> Self:
        """Sets the weight of speed against cost."""
        return self.with_key("urgency", urgency)

    def tif(self, tif: TimeInForce) -> Self:
        """Sets the time in force."""
        return self.with_key("tif", tif)

    def max_slippage_bps(self, bps: int) -> Self:
        """Sets the worst price against the best opposite one."""
        return self.with_key("max_slippage_bps", bps)

    def horizon_ms(self, ms: int) -> Self:
        """Sets the life of the order."""
        return self.with_key("horizon_ms", ms)

    def reduce_only(self) -> Self:
        """Only reduces a perp position."""
        return self.with_key("reduce_only", value=True)

    def reserve_at_submit(self) -> Self:
        """Reserves with the roots what it may cost, so that it cannot fail for cash."""
        return self.with_key("reserve", "at_submit")

    def twap(
        self,
        num_slices: int,
        interval_ms: int,
        *,
        catch_up: CatchUp = "none",
        jitter_pct: int = 0,
        passive: bool = False,
        passive_ms: int | None = None,
    ) -> Self:
        """Splits the order into equal slices over time.

        Args:
            num_slices: How many, 2 to 500.
            interval_ms: Milliseconds from one to the next.
            catch_up: Where the rest of a slice goes: nowhere, to the `next`, or to all (`spread`).
            jitter_pct: Share of the interval that a slice may be early or late by, 0 to 50.
            passive: A slice rests at the best price of its own side before it crosses.
            passive_ms: How long it rests; by default one interval.
        """
        keys = {
            "num_slices": num_slices,
            "interval_ms": interval_ms,
            "catch_up": None if catch_up == "none" else catch_up,
            "jitter_pct": jitter_pct or None,
            "slice_type": "passive" if passive or passive_ms is not None else None,
            "passive_ms": passive_ms,
        }
        return self.with_key("pacing", {"uniform": only_given(keys)})

    def vwap(self, weights: Iterable[int], interval_ms: int) -> Self:
        """Splits the order in proportion to weights, such as the volume of each hour."""
        keys = {"weights": list(weights), "interval_ms": interval_ms}
        return self.with_key("pacing", {"profile": keys})

    def pov(self, rate_bps: int, interval_ms: int, max_ms: int, *, finish: bool = False) -> Self:
        """Trades a share of what the market trades.

        Args:
            rate_bps: Share of all volume, its own included, in basis points, 1 to 5000.
            interval_ms: Milliseconds from one look at the market to the next.
            max_ms: Milliseconds until it ends.
            finish: Then the rest is sent at market; else it expires.
        """
        keys: dict[str, Any] = {"rate_bps": rate_bps, "interval_ms": interval_ms, "max_ms": max_ms}
        return self.with_key(
            "pacing", {"participation": keys | ({"finish": True} if finish else {})}
        )

    def iceberg(self, display: Number, *, variance_pct: int = 0) -> Self:
        """Shows a part of a limit order at a time; each part differs by up to `variance_pct`."""
        keys = {"display_qty_1e8": qty_units(display, "display"), "variance_pct": variance_pct}
        return self.with_key("pacing", {"iceberg": {k: v for k, v in keys.items() if v}})

    def chase(self, interval_ms: int | None = None) -> Self:
        """Takes the best opposite price again and again until it is filled.

        Args:
            interval_ms: Milliseconds from one look at the price to the next; by default 250.
        """
        keys = only_given({"interval_ms": interval_ms})
        return self.with_key("pacing", {"aggressive_chase": keys})

    def join_all(self) -> Self:
        """Waits for every incoming edge instead of the first."""
        return replace(self, joins_all=True)

    def body(self, node_id: str) -> dict[str, Any]:
        """The node as the wire has it."""
        row: dict[str, Any] = {
            "node_id": node_id,
            "instrument": dict(self.instrument),
            "side": self.side,
            "quantity": dict(self.quantity),
        }
        if self.price is not None:
            row["order_type"] = dict(self.price)
        if self.keys:
            row["execution"] = dict(self.keys)
        if self.joins_all:
            row["join"] = "all"
        return row

    def with_key(self, name: str, value: object) -> Self:
        """Sets an execution key by its name on the wire."""
        return replace(self, keys={**self.keys, name: value})


def only_given(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without what was not given."""
    return {name: value for name, value in row.items() if value is not None}


def qty_units(value: Number, name: str) -> int:
    """A quantity times 1e8."""
    return decimal_units(numbers.qty(value, name), QTY_DECIMALS)


def price_units(value: Number, name: str) -> int:
    """A price times 1e9."""
    return decimal_units(numbers.price(value, name), PRICE_DECIMALS)


def usd_units(value: Number, name: str) -> int:
    """An amount of USD times 1e9."""
    return decimal_units(numbers.positive(value, name, PRICE_DECIMALS), PRICE_DECIMALS)


def _quantity(
    qty: Number | None, notional: Number | None, position: Number | None
) -> dict[str, Any]:
    if sum(size is not None for size in (qty, notional, position)) > 1:
        raise ValidationError("give one of qty, notional and position")
    if qty is not None:
        return {"fixed": {"qty_1e8": qty_units(qty, "qty")}}
    if notional is not None:
        return {"notional": {"usd_1e9": usd_units(notional, "notional")}}
    if position is not None:
        return {"position": {"ratio": numbers.to_decimal(position, "position")}}
    return {"from_edge": {}}
