"""The parts of a graph: orders, triggers, sizes and limits, as plain values of the wire."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Self

from sequence import _numbers
from sequence._numbers import Number
from sequence.errors import ValidationError
from sequence.types._decimal import PRICE_DECIMALS, QTY_DECIMALS, decimal_units
from sequence.types._words import FailureAction, Policy, Side, TimeInForce, Urgency


@dataclass(frozen=True, slots=True)
class Node:
    """One order of a graph; each method returns a changed copy.

    Example:
        >>> Node.buy("ETH-USD", 1).limit("2300").venue("kraken")
    """

    side: Side
    instrument: Mapping[str, Any]
    quantity: Mapping[str, Any]
    limit_1e9: int | None = None
    keys: Mapping[str, Any] = field(default_factory=dict[str, Any])
    joins_all: bool = False

    @classmethod
    def buy(cls, symbol: str, qty: Number | None = None, *, notional: Number | None = None) -> Self:
        """Buys a quantity, a size in USD, or, without both, what the activating edge gives."""
        return cls("buy", {"symbol": symbol}, _quantity(qty, notional))

    @classmethod
    def sell(
        cls, symbol: str, qty: Number | None = None, *, notional: Number | None = None
    ) -> Self:
        """Sells a quantity, a size in USD, or, without both, what the activating edge gives."""
        return cls("sell", {"symbol": symbol}, _quantity(qty, notional))

    def limit(self, price: Number) -> Self:
        """Sets a limit price per unit."""
        return replace(self, limit_1e9=_price(price, "limit"))

    def venue(self, venue: str) -> Self:
        """Stays on one venue."""
        return replace(self, instrument={**self.instrument, "venue": venue})

    def perp(self) -> Self:
        """Reads a pair as its perpetual."""
        return replace(self, instrument={**self.instrument, "type": "perp"})

    def policy(self, policy: Policy) -> Self:
        """Sets how the order works."""
        return self._with("policy", policy)

    def urgency(self, urgency: Urgency) -> Self:
        """Sets the weight of speed against cost."""
        return self._with("urgency", urgency)

    def tif(self, tif: TimeInForce) -> Self:
        """Sets the time in force."""
        return self._with("tif", tif)

    def max_slippage_bps(self, bps: int) -> Self:
        """Sets the worst price against the best opposite one."""
        return self._with("max_slippage_bps", bps)

    def horizon_ms(self, ms: int) -> Self:
        """Sets the life of the order."""
        return self._with("horizon_ms", ms)

    def reduce_only(self) -> Self:
        """Only reduces a perp position."""
        return self._with("reduce_only", value=True)

    def twap(self, num_slices: int, interval_ms: int) -> Self:
        """Splits the order into equal slices over time."""
        pacing = {"uniform": {"num_slices": num_slices, "interval_ms": interval_ms}}
        return self._with("pacing", pacing)

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
        if self.limit_1e9 is not None:
            row["order_type"] = {"limit": {"price_1e9": self.limit_1e9}}
        if self.keys:
            row["execution"] = dict(self.keys)
        if self.joins_all:
            row["join"] = "all"
        return row

    def _with(self, name: str, value: object) -> Self:
        return replace(self, keys={**self.keys, name: value})


@dataclass(frozen=True, slots=True)
class Trigger:
    """What the source of an edge has to do."""

    wire: str | Mapping[str, Any]
    condition: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def accepted(cls) -> Self:
        """A venue acknowledged it."""
        return cls("on_accepted")

    @classmethod
    def first_fill(cls) -> Self:
        """Its first fill."""
        return cls("on_first_fill")

    @classmethod
    def on_fill(cls) -> Self:
        """Every fill, again and again."""
        return cls("on_fill")

    @classmethod
    def full_fill(cls) -> Self:
        """It is filled in full."""
        return cls("on_full_fill")

    @classmethod
    def fill_ratio(cls, ratio: Number) -> Self:
        """The filled share reaches a ratio above 0, at most 1."""
        return cls("on_fill_ratio", {"fill_ratio_gte": _numbers.to_decimal(ratio, "ratio")})

    @classmethod
    def timeout(cls, ms: int) -> Self:
        """That long after its activation."""
        return cls({"on_timeout": {"ms": ms}})

    @classmethod
    def cancelled(cls) -> Self:
        """It was cancelled."""
        return cls("on_cancel")

    @classmethod
    def rejected(cls) -> Self:
        """It was rejected."""
        return cls("on_reject")

    @classmethod
    def expired(cls) -> Self:
        """Its time ran out."""
        return cls("on_expire")

    @classmethod
    def done(cls) -> Self:
        """It ended, in any way."""
        return cls("on_done")

    @classmethod
    def price_at_most(cls, price: Number) -> Self:
        """Once it is filled: the mid of the target's symbol falls to a price."""
        return cls({"on_price": {"lte_1e9": _price(price, "price")}})

    @classmethod
    def price_at_least(cls, price: Number) -> Self:
        """Once it is filled: the mid of the target's symbol rises to a price."""
        return cls({"on_price": {"gte_1e9": _price(price, "price")}})


@dataclass(frozen=True, slots=True)
class Sizing:
    """The quantity an edge gives its target."""

    wire: str | Mapping[str, Any]

    @classmethod
    def target(cls) -> Self:
        """The target's own."""
        return cls("target")

    @classmethod
    def from_fill(cls, ratio: Number = 1) -> Self:
        """A share of the fill that triggered."""
        return cls({"from_fill": {"ratio": _numbers.to_decimal(ratio, "ratio")}})

    @classmethod
    def from_fill_notional(cls, ratio: Number = 1) -> Self:
        """What a share of the fill's USD value buys at the target's price."""
        return cls({"from_fill_notional": {"ratio": _numbers.to_decimal(ratio, "ratio")}})

    @classmethod
    def from_filled(cls, ratio: Number = 1) -> Self:
        """A share of all that is filled, less what this edge gave already."""
        return cls({"from_filled": {"ratio": _numbers.to_decimal(ratio, "ratio")}})

    @classmethod
    def remaining(cls, ratio: Number = 1) -> Self:
        """A share of the source's unfilled rest."""
        return cls({"remaining": {"ratio": _numbers.to_decimal(ratio, "ratio")}})

    @classmethod
    def fixed(cls, qty: Number) -> Self:
        """Exactly this quantity."""
        return cls({"fixed": {"qty_1e8": _qty(qty, "qty")}})

    @classmethod
    def notional(cls, usd: Number) -> Self:
        """A size in USD."""
        return cls({"notional": {"usd_1e9": _usd(usd, "usd")}})


@dataclass(frozen=True, slots=True)
class Risk:
    """Limits of a whole graph; None is no limit.

    Attributes:
        max_notional_usd: Sum of the roots at submit.
        max_order_notional_usd: Each order whose size is known, at submit.
        allowed_venues: Venues that orders may use.
        pre_trade: Limits before each order, under their wire names.
        max_loss_usd: Loss of the graph's fills.
        max_unhedged_qty: Net filled quantity per base asset.
        max_duration_ms: Time since acceptance.
        on_runtime_breach: What a breach of the last three does.
        on_node_reject: What a rejected order does.
    """

    max_notional_usd: Number | None = None
    max_order_notional_usd: Number | None = None
    allowed_venues: Iterable[str] | None = None
    pre_trade: Mapping[str, Any] = field(default_factory=dict[str, Any])
    max_loss_usd: Number | None = None
    max_unhedged_qty: Number | None = None
    max_duration_ms: int | None = None
    on_runtime_breach: FailureAction | None = None
    on_node_reject: FailureAction | None = None

    def body(self) -> dict[str, Any]:
        """The limits as the wire has them."""
        venues = None if self.allowed_venues is None else list(self.allowed_venues)
        layers = {
            "admission": {
                "max_notional_usd": _limit(self.max_notional_usd, "max_notional_usd"),
                "max_order_notional_usd": _limit(
                    self.max_order_notional_usd, "max_order_notional_usd"
                ),
                "allowed_venues": venues,
            },
            "pre_trade": dict(self.pre_trade),
            "runtime": {
                "max_loss_usd": _limit(self.max_loss_usd, "max_loss_usd"),
                "max_unhedged_qty": _limit(self.max_unhedged_qty, "max_unhedged_qty"),
                "max_duration_ms": self.max_duration_ms,
            },
            "on_failure": {
                "on_runtime_breach": self.on_runtime_breach,
                "on_node_reject": self.on_node_reject,
            },
        }
        given = {name: _given(layer) for name, layer in layers.items()}
        return {name: layer for name, layer in given.items() if layer}


def edge_body(
    from_node: str,
    to_node: str,
    trigger: Trigger,
    *,
    sizing: Sizing | None,
    cancels: bool,
    condition: Mapping[str, Any] | None,
    edge_id: str | None,
) -> dict[str, Any]:
    """An edge as the wire has it."""
    row = {
        "edge_id": edge_id,
        "from_node": from_node,
        "to_node": to_node,
        "trigger": trigger.wire,
        "condition": {**trigger.condition, **(condition or {})} or None,
        "sizing": None if sizing is None else sizing.wire,
        "action": "cancel" if cancels else None,
    }
    return _given(row)


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _limit(value: Number | None, name: str) -> Decimal | int | None:
    return None if value is None else _numbers.to_decimal(value, name)


def _quantity(qty: Number | None, notional: Number | None) -> dict[str, Any]:
    if qty is not None and notional is None:
        return {"fixed": {"qty_1e8": _qty(qty, "qty")}}
    if notional is not None and qty is None:
        return {"notional": {"usd_1e9": _usd(notional, "notional")}}
    if qty is None:
        return {"from_edge": {}}
    raise ValidationError("give qty or notional, not both")


def _qty(value: Number, name: str) -> int:
    return decimal_units(_numbers.qty(value, name), QTY_DECIMALS)


def _price(value: Number, name: str) -> int:
    return decimal_units(_numbers.price(value, name), PRICE_DECIMALS)


def _usd(value: Number, name: str) -> int:
    return decimal_units(_numbers.positive(value, name, PRICE_DECIMALS), PRICE_DECIMALS)
