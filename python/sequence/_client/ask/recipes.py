"""Graphs that traders know by name, as nodes and edges of the wire: no I/O here.

A recipe names its nodes and edges, so that what it does can be changed later: the stop of every
recipe is moved by a change of its edge.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from sequence import types as t
from sequence._client.ask.graph_edge import START, ArmedBy, Sizing, Trigger, edge_body
from sequence._client.ask.graph_node import Node, price_units
from sequence._client.ask.numbers import Number
from sequence._client.ask.recipe_options import PriceReference, RecipeOptions
from sequence.errors import ValidationError
from sequence.types._names import did_you_mean
from sequence.types._words import Side

ENTRY: Final = "entry"
TAKE_PROFIT: Final = "take_profit"
STOP: Final = "stop"
STOP_HIT: Final = "stop_hit"
"""The edge that looks at the price of a stop."""

STOP_OUT: Final = "stop_out"
"""The edge that sends the stop once the take-profit is out of the way."""

STOP_ENTRY: Final = "stop_entry"
"""The edge that ends an entry which is still open when its stop is reached."""


_EXECUTION: Final = ("urgency", "max_slippage_bps", "horizon_ms", "tif", "reduce_only")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Nodes and edges in their wire form."""

    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class StopAt:
    """A stop price of a position, and how it is looked at.

    Attributes:
        exit_side: `sell` ends a long position, when the price falls; `buy` a short one.
        price: Price per unit.
        target: Price of the take-profit beside it, None without one.
        reference: Which price is looked at.
        arm: What has to be filled before.
        names: What the caller calls price and target.
        blames_price: The price is the one that came last, where the two do not go together.

    Raises:
        ValidationError: A price cannot be used, or the take-profit lies beyond the stop.
    """

    exit_side: Side
    price: Number
    target: Number | None = None
    reference: PriceReference = "mid"
    arm: ArmedBy = "on_full_fill"
    names: tuple[str, str] = ("stop_loss", "take_profit")
    blames_price: bool = False

    def __post_init__(self) -> None:
        price, target = self.names
        stop = price_units(self.price, price)
        if self.target is None:
            return
        aim = price_units(self.target, target)
        sells = self.exit_side == "sell"
        if aim <= stop if sells else aim >= stop:
            field, other = (price, target) if self.blames_price else (target, price)
            where = "above" if sells != self.blames_price else "below"
            raise ValidationError(
                f"{field}: must lie {where} {other}: the exit is a {self.exit_side}"
            )

    def moved_to(self, price: Number) -> "StopAt":
        """The same with another stop price; what is wrong is said of the argument `price`."""
        replace(self, price=price, names=("price", self.names[1]), blames_price=True)
        return replace(self, price=price)

    def aimed_at(self, price: Number) -> "StopAt":
        """The same with another price of the take-profit; what is wrong is said of `price`."""
        replace(self, target=price, names=(self.names[0], "price"))
        return replace(self, target=price)

    def trigger(self) -> Trigger:
        """The price is reached."""
        make = Trigger.price_at_most if self.exit_side == "sell" else Trigger.price_at_least
        return make(self.price, reference=self.reference, arm=self.arm)

    def confirmed(self) -> dict[str, int]:
        """When the end of the take-profit means that the stop was hit: what the edge adds.

        The price is nearer to the stop than to the take-profit. At the stop price itself the mid
        may have turned back by a tick before the venue confirmed the cancel, and the position would
        stay without a stop; a take-profit that is cancelled by hand near its price sells nothing.
        """
        if self.target is None:
            return {}
        stop, target = self.names
        both = price_units(self.price, stop) + price_units(self.target, target)
        key = "price_lte_1e9" if self.exit_side == "sell" else "price_gte_1e9"
        return {key: both // 2}


def bracket(entry: Node, take_profit: Number | None, stop: StopAt | None) -> Recipe:
    """An entry with a take-profit and a stop, of which one cancels the other.

    The take-profit has the size of what was filled, and the stop sells what the take-profit has
    not. Where the stop is reached while the entry is open, the entry is cancelled.

    Raises:
        ValidationError: There is neither.
    """
    if take_profit is None and stop is None:
        raise ValidationError("give take_profit, stop_loss or both")
    exit_node = Node(exit_side(entry), entry.instrument, {"from_edge": {}})
    nodes, edges = [entry.body(ENTRY)], list[dict[str, Any]]()
    if take_profit is not None:
        nodes.append(exit_node.limit(take_profit).body(TAKE_PROFIT))
        edges.append(_arm(entry))
    if stop is not None:
        nodes.append(exit_node.body(STOP))
        edges.append(edge_body(START, ENTRY, stop.trigger(), action="cancel", edge_id=STOP_ENTRY))
        edges += _stop_edges(ENTRY, stop)
    return Recipe(nodes, edges)


def oco(exit_node: Node, limit_price: Number, stop: StopAt) -> Recipe:
    """A limit order and a stop for the same quantity, of which one cancels the other."""
    waiting = Node(exit_node.side, exit_node.instrument, {"from_edge": {}})
    nodes = [exit_node.limit(limit_price).body(TAKE_PROFIT), waiting.body(STOP)]
    return Recipe(nodes, _stop_edges(START, stop))


def triggered(node: Node, trigger: Trigger) -> Recipe:
    """One order that waits for a price or a time, and for no other order."""
    return Recipe([node.body(STOP)], [edge_body(START, STOP, trigger, edge_id=STOP_HIT)])


def trail(side: Side) -> Callable[..., Trigger]:
    """How the stop of an exit follows the price: a sell from below, a buy from above."""
    return Trigger.trail_below if side == "sell" else Trigger.trail_above


def alone(node: Node) -> Recipe:
    """One order, such as one that is spread over time."""
    return Recipe([node.body("order")], [])


def sized(
    symbol: str, side: Side, qty: Number | None, notional: Number | None, options: RecipeOptions
) -> Node:
    """The order of a recipe; without a size it closes the whole position.

    Raises:
        ValidationError: A side or a size cannot be used.
        TypeError: An option is not known.
    """
    unknown = options.keys() - RecipeOptions.__annotations__.keys()
    if unknown:
        name, known = min(unknown), RecipeOptions.__annotations__
        text = f"unexpected keyword argument {name!r}{did_you_mean(name, known)}"
        raise TypeError(f"{text}; known: {', '.join(known)}")
    if side not in ("buy", "sell"):
        raise ValidationError("side: must be buy or sell")
    make = Node.buy if side == "buy" else Node.sell
    node = make(symbol, qty, notional=notional, position=_whole(qty, notional))
    venue = options.get("venue")
    node = node if venue is None else node.venue(venue)
    node = node.perp() if options.get("perp") else node
    for name in _EXECUTION:
        value = options.get(name)
        node = node if value is None else node.with_key(name, value)
    return node


def needs_size(qty: Number | None, notional: Number | None) -> None:
    """An order that enters has a size.

    Raises:
        ValidationError: It has none.
    """
    if qty is None and notional is None:
        raise ValidationError("give qty or notional")


def _whole(qty: Number | None, notional: Number | None) -> Number | None:
    return 1 if qty is None and notional is None else None


def _stop_edges(source: str, stop: StopAt) -> list[dict[str, Any]]:
    """What sends a stop: alone it follows the price, beside a take-profit the end of that."""
    if stop.target is None:
        rest = Sizing.from_filled()
        return [edge_body(source, STOP, stop.trigger(), sizing=rest, edge_id=STOP_HIT)]
    hit = edge_body(source, TAKE_PROFIT, stop.trigger(), action="cancel", edge_id=STOP_HIT)
    out = edge_body(
        TAKE_PROFIT,
        STOP,
        Trigger.cancelled(),
        sizing=Sizing.remaining(),
        condition=stop.confirmed(),
        edge_id=STOP_OUT,
    )
    return [hit, out]


def exit_side(entry: Node) -> Side:
    """The side that ends what an entry began."""
    return "sell" if entry.side == "buy" else "buy"


def _arm(entry: Node) -> dict[str, Any]:
    """What gives the take-profit its size.

    A market order ends at once, so it is one order of all that was filled. A limit order may rest
    for long: each of its fills is protected when it comes.
    """
    if entry.price is None and "pacing" not in entry.keys:
        trigger, sizing = Trigger.done(), Sizing.from_filled()
    else:
        trigger, sizing = Trigger.on_fill(), Sizing.from_fill()
    return edge_body(ENTRY, TAKE_PROFIT, trigger, sizing=sizing, edge_id="arm")


def may_still_stop(graph: "t.Graph", edge: "t.GraphEdge") -> bool:
    """True of the edge that ends an open entry, while the entry is open."""
    open_entry = any(
        node.node_id == ENTRY and node.status in ("WAITING", "WORKING") for node in graph.nodes
    )
    return edge.edge_id == STOP_ENTRY and not edge.spent and open_entry
