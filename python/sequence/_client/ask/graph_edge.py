"""Edges of a graph as plain values: what fires them, and what they give their target."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Self

from sequence._client.ask import numbers
from sequence._client.ask.graph_node import only_given, price_units, qty_units, usd_units
from sequence._client.ask.numbers import Number
from sequence._client.ask.recipe_options import PriceReference
from sequence.errors import ValidationError

START: Final = "@start"
"""The acceptance of the graph as the source of an edge: for what waits for no order."""

ArmedBy = Literal["on_full_fill", "on_first_fill", "on_accepted"]
EdgeAction = Literal["activate", "cancel", "reduce"]


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
        return cls("on_fill_ratio", {"fill_ratio_gte": numbers.to_decimal(ratio, "ratio")})

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
    def price_at_most(
        cls,
        price: Number,
        *,
        reference: PriceReference = "mid",
        venue: str | None = None,
        arm: ArmedBy = "on_full_fill",
    ) -> Self:
        """The price of the target's symbol falls to a price, or is there already.

        Args:
            price: Price per unit.
            reference: Which price: `mid`, `bid`, `ask`, `last` (the newest trade) or `mark`.
            venue: Where it is looked at; by default all venues together.
            arm: What the source has to do before.
        """
        return cls(
            {"on_price": _watch({"lte_1e9": price_units(price, "price")}, reference, venue, arm)}
        )

    @classmethod
    def price_at_least(
        cls,
        price: Number,
        *,
        reference: PriceReference = "mid",
        venue: str | None = None,
        arm: ArmedBy = "on_full_fill",
    ) -> Self:
        """The price of the target's symbol rises to a price; arguments as `price_at_most`."""
        return cls(
            {"on_price": _watch({"gte_1e9": price_units(price, "price")}, reference, venue, arm)}
        )

    @classmethod
    def trail_below(
        cls,
        distance: Number | None = None,
        *,
        bps: int | None = None,
        activate: Number | None = None,
        reference: PriceReference = "mid",
        venue: str | None = None,
        arm: ArmedBy = "on_full_fill",
    ) -> Self:
        """The price falls a distance below its highest since arming.

        Args:
            distance: Distance per unit.
            bps: Distance in basis points of the highest price instead.
            activate: The highest price counts from here on; by default from arming.
            reference: As in `price_at_most`.
            venue: As in `price_at_most`.
            arm: As in `price_at_most`.
        """
        keys = _trail("below", distance, bps, activate)
        return cls({"on_trail": _watch(keys, reference, venue, arm)})

    @classmethod
    def trail_above(
        cls,
        distance: Number | None = None,
        *,
        bps: int | None = None,
        activate: Number | None = None,
        reference: PriceReference = "mid",
        venue: str | None = None,
        arm: ArmedBy = "on_full_fill",
    ) -> Self:
        """The price rises a distance above its lowest since arming; arguments as `trail_below`."""
        keys = _trail("above", distance, bps, activate)
        return cls({"on_trail": _watch(keys, reference, venue, arm)})

    @classmethod
    def at(cls, ns: int) -> Self:
        """A time comes, in nanoseconds since the Unix epoch; one that is past comes at once."""
        return cls({"at": {"ns": ns}})


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
        return cls({"from_fill": {"ratio": numbers.to_decimal(ratio, "ratio")}})

    @classmethod
    def from_fill_notional(cls, ratio: Number = 1) -> Self:
        """What a share of the fill's USD value buys at the target's price."""
        return cls({"from_fill_notional": {"ratio": numbers.to_decimal(ratio, "ratio")}})

    @classmethod
    def from_filled(cls, ratio: Number = 1) -> Self:
        """A share of all that is filled, less what this edge gave already."""
        return cls({"from_filled": {"ratio": numbers.to_decimal(ratio, "ratio")}})

    @classmethod
    def remaining(cls, ratio: Number = 1) -> Self:
        """A share of the source's unfilled rest."""
        return cls({"remaining": {"ratio": numbers.to_decimal(ratio, "ratio")}})

    @classmethod
    def fixed(cls, qty: Number) -> Self:
        """Exactly this quantity."""
        return cls({"fixed": {"qty_1e8": qty_units(qty, "qty")}})

    @classmethod
    def notional(cls, usd: Number) -> Self:
        """A size in USD."""
        return cls({"notional": {"usd_1e9": usd_units(usd, "usd")}})


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """What an edge does beside its trigger; each method returns a changed copy.

    Example:
        >>> graph.edge_with(
        ...     "spot", "hedge", Trigger.on_fill(), lambda e: e.sizing(Sizing.from_fill())
        ... )
    """

    keys: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def sizing(self, sizing: Sizing) -> Self:
        """Sets the quantity that the target gets."""
        return replace(self, keys={**self.keys, "sizing": sizing})

    def condition(self, **bounds: Any) -> Self:
        """Sets what must hold as well, under the names of the wire, such as `fill_ratio_lt`."""
        return replace(self, keys={**self.keys, "condition": bounds})

    def cancels(self) -> Self:
        """Cancels the target instead of activating it."""
        return replace(self, keys={**self.keys, "cancels": True})

    def reduces(self) -> Self:
        """Makes the target's open order smaller instead of activating it."""
        return replace(self, keys={**self.keys, "reduces": True})

    def named(self, edge_id: str) -> Self:
        """Sets the name of the edge."""
        return replace(self, keys={**self.keys, "edge_id": edge_id})


def edge_action(*, cancels: bool, reduces: bool) -> EdgeAction:
    """What an edge does to its target.

    Raises:
        ValidationError: It does both.
    """
    if cancels and reduces:
        raise ValidationError("an edge cancels or reduces, not both")
    return "cancel" if cancels else "reduce" if reduces else "activate"


def edge_body(
    from_node: str,
    to_node: str,
    trigger: Trigger,
    *,
    sizing: Sizing | None = None,
    action: EdgeAction = "activate",
    condition: Mapping[str, Any] | None = None,
    edge_id: str | None = None,
) -> dict[str, Any]:
    """An edge as the wire has it."""
    row = {
        "edge_id": edge_id,
        "from_node": from_node,
        "to_node": to_node,
        "trigger": trigger.wire,
        "condition": {**trigger.condition, **(condition or {})} or None,
        "sizing": None if sizing is None else sizing.wire,
        "action": None if action == "activate" else action,
    }
    return only_given(row)


def _watch(
    keys: dict[str, Any], reference: PriceReference, venue: str | None, arm: ArmedBy
) -> dict[str, Any]:
    """Where a price is looked at and since when, as far as it is not the default."""
    more = {
        "reference": None if reference == "mid" else reference,
        "venue": venue,
        "arm": None if arm == "on_full_fill" else arm,
    }
    return keys | only_given(more)


def _trail(
    side: str, distance: Number | None, bps: int | None, activate: Number | None
) -> dict[str, Any]:
    if (distance is None) == (bps is None):
        raise ValidationError("give exactly one of distance and bps")
    keys = {
        "distance_1e9": None if distance is None else price_units(distance, "distance"),
        "distance_bps": bps,
        "side": side,
        "activate_1e9": None if activate is None else price_units(activate, "activate"),
    }
    return only_given(keys)
