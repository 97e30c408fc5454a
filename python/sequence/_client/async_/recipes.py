"""Graphs that traders know by name: brackets, stops, and orders spread over time."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Unpack

from sequence import types as t
from sequence._client.ask.numbers import Number
from sequence._client.ask.recipe_options import PriceReference, RecipeOptions
from sequence._client.async_.graphs import AsyncGraphCalls
from sequence.types._words import CatchUp, Side

if TYPE_CHECKING:
    from sequence._client.ask import recipes
    from sequence._client.ask.graph_node import Node
    from sequence._client.async_.handle import AsyncPlacedGraph, AsyncPlacedStop, AsyncPlacedTrail


class AsyncRecipeCalls(AsyncGraphCalls):
    """Each call submits one graph and returns what moves and cancels it.

    All of them take the keywords of `sequence.RecipeOptions`: `venue`, `perp`, `urgency`,
    `max_slippage_bps`, `horizon_ms`, `tif`, `risk`, `metadata`, `sandbox`, `graph_id`.
    """

    async def bracket(
        self,
        symbol: str,
        side: Side,
        qty: Number | None = None,
        *,
        limit_price: Number | None = None,
        notional: Number | None = None,
        take_profit: Number | None = None,
        stop_loss: Number | None = None,
        reference: PriceReference = "mid",
        **options: Unpack[RecipeOptions],
    ) -> "AsyncPlacedStop":
        """Enters a position, with a take-profit and a stop of which one cancels the other.

        The exits have the size of what was filled. A stop that is reached sends a market order.

        Args:
            symbol: As in `buy`.
            side: Side of the entry.
            qty: Quantity in units of the instrument.
            limit_price: Limit price of the entry; None enters at market.
            notional: Size in USD instead of `qty`.
            take_profit: Price per unit of the limit order that takes the profit.
            stop_loss: Price per unit that ends the position at market.
            reference: Which price reaches the stop.
            **options: See `sequence.RecipeOptions`.

        Raises:
            ValidationError: There is no exit, or the exits lie on the wrong sides.

        Example:
            >>> trade = await client.bracket(
            ...     "ETH-USD", "buy", 1, take_profit=2400, stop_loss=2200, venue="kraken"
            ... )
            >>> await trade.move_stop(2280)
        """
        from sequence._client.ask import recipes  # noqa: PLC0415 - most bots need none
        from sequence._client.async_.handle import AsyncPlacedStop  # noqa: PLC0415

        recipes.needs_size(qty, notional)
        entry = recipes.sized(symbol, side, qty, notional, options)
        entry = entry if limit_price is None else entry.limit(limit_price)
        stop = None
        if stop_loss is not None:
            exit_side = recipes.exit_side(entry)
            stop = recipes.StopAt(exit_side, stop_loss, take_profit, reference, "on_first_fill")
        answer = await self._submit(recipes.bracket(entry, take_profit, stop), options)
        return AsyncPlacedStop(self, answer, stop)

    async def oco(
        self,
        symbol: str,
        side: Side,
        qty: Number,
        *,
        limit_price: Number,
        stop_price: Number,
        reference: PriceReference = "mid",
        **options: Unpack[RecipeOptions],
    ) -> "AsyncPlacedStop":
        """Ends a position at a limit price, or at market when a stop is reached; never both.

        Args:
            symbol: As in `buy`.
            side: Side of both orders: `sell` ends a long position.
            qty: Quantity in units of the instrument.
            limit_price: Price per unit of the limit order.
            stop_price: Price per unit at which what the limit order has not done goes to market.
            reference: Which price reaches the stop.
            **options: See `sequence.RecipeOptions`.

        Raises:
            ValidationError: The limit price does not lie on the better side of the stop.
        """
        from sequence._client.ask import recipes  # noqa: PLC0415 - most bots need none
        from sequence._client.async_.handle import AsyncPlacedStop  # noqa: PLC0415

        node = recipes.sized(symbol, side, qty, None, options)
        stop = recipes.StopAt(
            side, stop_price, limit_price, reference, names=("stop_price", "limit_price")
        )
        answer = await self._submit(recipes.oco(node, limit_price, stop), options)
        return AsyncPlacedStop(self, answer, stop)

    async def stop(
        self,
        symbol: str,
        side: Side,
        qty: Number | None = None,
        *,
        stop_price: Number,
        limit_price: Number | None = None,
        reference: PriceReference = "mid",
        **options: Unpack[RecipeOptions],
    ) -> "AsyncPlacedStop":
        """Sends an order when a price is reached: a sell when it falls there, a buy when it rises.

        Args:
            symbol: As in `buy`.
            side: Side of the order: `sell` ends a long position.
            qty: Quantity in units of the instrument; None is the whole position as it then is.
            stop_price: Price per unit that sends the order.
            limit_price: Limit price of the order; None sends it at market.
            reference: Which price is looked at.
            **options: See `sequence.RecipeOptions`.

        Example:
            >>> stop = await client.stop("ETH-USD", "sell", stop_price=2200)
            >>> await stop.move_stop(2250)
        """
        from sequence._client.ask import recipes  # noqa: PLC0415 - most bots need none
        from sequence._client.async_.handle import AsyncPlacedStop  # noqa: PLC0415

        node = recipes.sized(symbol, side, qty, None, options)
        node = node if limit_price is None else node.limit(limit_price)
        stop = recipes.StopAt(side, stop_price, None, reference, names=("stop_price", ""))
        answer = await self._submit(recipes.triggered(node, stop.trigger()), options)
        return AsyncPlacedStop(self, answer, stop)

    async def trailing_stop(
        self,
        symbol: str,
        side: Side,
        qty: Number | None = None,
        *,
        distance: Number | None = None,
        bps: int | None = None,
        activate: Number | None = None,
        reference: PriceReference = "mid",
        **options: Unpack[RecipeOptions],
    ) -> "AsyncPlacedTrail":
        """A stop that follows the best price at a distance, and never goes back.

        Args:
            symbol: As in `buy`.
            side: `sell` follows the highest price from below, `buy` the lowest from above.
            qty: Quantity in units of the instrument; None is the whole position as it then is.
            distance: Distance per unit.
            bps: Distance in basis points of the best price instead.
            activate: The best price counts from here on; by default from now.
            reference: Which price is followed.
            **options: See `sequence.RecipeOptions`.
        """
        from sequence._client.ask import recipes  # noqa: PLC0415 - most bots need none
        from sequence._client.async_.handle import AsyncPlacedTrail  # noqa: PLC0415

        node = recipes.sized(symbol, side, qty, None, options)
        make = recipes.trail(side)
        trigger = make(distance, bps=bps, activate=activate, reference=reference)
        answer = await self._submit(recipes.triggered(node, trigger), options)
        return AsyncPlacedTrail(self, answer, make, activate, reference)

    async def twap(
        self,
        symbol: str,
        side: Side,
        qty: Number | None = None,
        *,
        num_slices: int,
        interval_ms: int,
        notional: Number | None = None,
        catch_up: CatchUp = "none",
        jitter_pct: int = 0,
        passive: bool = False,
        passive_ms: int | None = None,
        **options: Unpack[RecipeOptions],
    ) -> "AsyncPlacedGraph":
        """Spreads an order evenly over time; keywords as `Node.twap`.

        Args:
            symbol: As in `buy`.
            side: `buy` or `sell`.
            qty: Quantity of all slices together.
            num_slices: How many.
            interval_ms: Milliseconds from one to the next.
            notional: Size in USD instead of `qty`.
            catch_up: Where the rest of a slice goes: nowhere, to the `next`, or to all (`spread`).
            jitter_pct: Share of the interval that a slice may be early or late by.
            passive: A slice rests at the best price of its own side before it crosses.
            passive_ms: How long it rests; by default one interval.
            **options: See `sequence.RecipeOptions`.
        """
        from sequence._client.ask import recipes  # noqa: PLC0415 - most bots need none

        recipes.needs_size(qty, notional)
        node = recipes.sized(symbol, side, qty, notional, options)
        return await self._alone(
            node.twap(
                num_slices,
                interval_ms,
                catch_up=catch_up,
                jitter_pct=jitter_pct,
                passive=passive,
                passive_ms=passive_ms,
            ),
            options,
        )

    async def vwap(
        self,
        symbol: str,
        side: Side,
        qty: Number,
        *,
        weights: Iterable[int],
        interval_ms: int,
        **options: Unpack[RecipeOptions],
    ) -> "AsyncPlacedGraph":
        """Spreads an order over time in proportion to weights, such as the volume of each hour.

        Args:
            symbol: As in `buy`.
            side: `buy` or `sell`.
            qty: Quantity of all slices together.
            weights: One whole number per slice.
            interval_ms: Milliseconds from one slice to the next.
            **options: See `sequence.RecipeOptions`.
        """
        from sequence._client.ask import recipes  # noqa: PLC0415 - most bots need none

        node = recipes.sized(symbol, side, qty, None, options)
        return await self._alone(node.vwap(weights, interval_ms), options)

    async def pov(
        self,
        symbol: str,
        side: Side,
        qty: Number,
        *,
        rate_bps: int,
        interval_ms: int,
        max_ms: int,
        finish: bool = False,
        **options: Unpack[RecipeOptions],
    ) -> "AsyncPlacedGraph":
        """Trades a share of what the market trades; arguments as `Node.pov`.

        Args:
            symbol: As in `buy`.
            side: `buy` or `sell`.
            qty: Quantity at most.
            rate_bps: Share of all volume in basis points, its own included.
            interval_ms: Milliseconds from one look at the market to the next.
            max_ms: Milliseconds until it ends.
            finish: Then the rest is sent at market; else it expires.
            **options: See `sequence.RecipeOptions`.
        """
        from sequence._client.ask import recipes  # noqa: PLC0415 - most bots need none

        node = recipes.sized(symbol, side, qty, None, options)
        return await self._alone(node.pov(rate_bps, interval_ms, max_ms, finish=finish), options)

    async def iceberg(
        self,
        symbol: str,
        side: Side,
        qty: Number,
        *,
        limit_price: Number,
        display: Number,
        variance_pct: int = 0,
        **options: Unpack[RecipeOptions],
    ) -> "AsyncPlacedGraph":
        """A limit order that shows a part at a time; each new part joins the back of the queue.

        Args:
            symbol: As in `buy`.
            side: `buy` or `sell`.
            qty: Quantity of all parts together.
            limit_price: Price per unit.
            display: Quantity that is shown.
            variance_pct: How much the parts differ, 0 to 50.
            **options: See `sequence.RecipeOptions`.
        """
        from sequence._client.ask import recipes  # noqa: PLC0415 - most bots need none

        node = recipes.sized(symbol, side, qty, None, options).limit(limit_price)
        return await self._alone(node.iceberg(display, variance_pct=variance_pct), options)

    async def chase(
        self,
        symbol: str,
        side: Side,
        qty: Number | None = None,
        *,
        notional: Number | None = None,
        limit_price: Number | None = None,
        interval_ms: int | None = None,
        **options: Unpack[RecipeOptions],
    ) -> "AsyncPlacedGraph":
        """Takes the best opposite price again and again until the order is filled.

        It ends early where that price lies beyond `limit_price` or `max_slippage_bps`, counted
        from the best price at its start, and with `horizon_ms`.

        Args:
            symbol: As in `buy`.
            side: `buy` or `sell`.
            qty: Quantity in units of the instrument.
            notional: Size in USD instead of `qty`.
            limit_price: Worst price per unit.
            interval_ms: Milliseconds from one look at the price to the next; by default 250.
            **options: See `sequence.RecipeOptions`.
        """
        from sequence._client.ask import recipes  # noqa: PLC0415 - most bots need none

        recipes.needs_size(qty, notional)
        node = recipes.sized(symbol, side, qty, notional, options)
        node = node if limit_price is None else node.limit(limit_price)
        return await self._alone(node.chase(interval_ms), options)

    async def _alone(self, node: "Node", options: RecipeOptions) -> "AsyncPlacedGraph":
        from sequence._client.ask import recipes  # noqa: PLC0415 - most bots need none
        from sequence._client.async_.handle import AsyncPlacedGraph  # noqa: PLC0415

        return AsyncPlacedGraph(self, await self._submit(recipes.alone(node), options))

    async def _submit(self, recipe: "recipes.Recipe", options: RecipeOptions) -> "t.SubmitResponse":
        risk = options.get("risk")
        more: dict[str, Any] = {
            name: options.get(name) for name in ("metadata", "sandbox", "graph_id")
        }
        body = None if risk is None else risk.body()
        return await self.submit_graph(recipe.nodes, recipe.edges, risk=body, **more)
