"""The rows of a run, and every figure that follows from them."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar

from sequence._progress import Told, silent
from sequence.analysis import figures
from sequence.analysis.figures import CauseRow, GroupRow, Markout, Slippage
from sequence.analysis.trips import RoundTrip, round_trips
from sequence.types import (
    Fill,
    FillMark,
    Order,
    PortfolioSnapshots,
    Position,
    RunCard,
    Totals,
    Wire,
)
from sequence.types._decimal import exact, in_any_context, known_sum, maybe_exact, share, trimmed

if TYPE_CHECKING:
    from sequence import Sequence
    from sequence.types import SandboxEvent

_Row = TypeVar("_Row")
_PAGE: Final = 5_000
_EVENTS: Final = 10_000
_SNAPSHOTS: Final = 10_000
_UNTAGGED: Final = "(no tag)"


class LifeEvent(Wire):
    """One step in the life of an order; `after_ns` counts from its first."""

    ts_ns: int
    after_ns: int
    event: str
    what: str


class RunRows:
    """The rows of a run and its figures.

    Attributes:
        card: What the run was made of.
        orders: Every order, oldest first.
        fills: Every fill, oldest first.
        marks: Prices around fills, by `fill_id`.
        equity: The value of the account over time, and its extremes.
        positions: What is held, with closed rows.
        totals: Sums over the account.
    """

    def __init__(
        self,
        *,
        card: RunCard,
        orders: list[Order],
        fills: list[Fill],
        marks: dict[str, FillMark],
        equity: PortfolioSnapshots,
        positions: list[Position],
        totals: Totals,
        events: "list[SandboxEvent] | None" = None,
    ) -> None:
        self.card: Final = card
        self.orders: Final = orders
        self.fills: Final = fills
        self.marks: Final = marks
        self.equity: Final = equity
        self.positions: Final = positions
        self.totals: Final = totals
        self._events: Final = events or []

    @classmethod
    def of(cls, client: "Sequence", told: Told = silent) -> Self:
        """Gathers everything that a client with a test key may read.

        Args:
            client: Whose account.
            told: Called with how far it is: what, rows, rows in all.
        """
        positions = client.positions(include_closed=True)
        orders, fills = client.orders(limit=1).total, client.fills(limit=1).total
        return cls(
            card=client.sandbox.run_card(),
            orders=list(_counted(client.orders_iter(), "orders", orders, told))[::-1],
            fills=list(_counted(client.fills_iter(), "fills", fills, told))[::-1],
            marks={m.fill_id: m for m in _counted(_marks(client), "prices", fills, told)},
            equity=client.portfolio_snapshots(limit=_SNAPSHOTS),
            positions=positions.positions,
            totals=positions.totals,
            events=list(_counted(_events(client), "events", 0, told)),
        )

    @property
    @in_any_context
    def pnl_usd(self) -> Decimal | None:
        """Realised plus unrealised profit less fees, of this epoch; None where nobody can say."""
        realized, open_pnl = self.totals.realized_pnl, self.totals.unrealized_pnl
        fees = self.totals.fees
        if realized is None or open_pnl is None or fees is None:
            return None
        return realized + open_pnl - fees

    @property
    def fees_usd(self) -> Decimal | None:
        """Fees of all fills; negative is a rebate, None where nothing values one of them."""
        return maybe_exact(known_sum(fill.fee_usd_1e9 for fill in self.fills), 9)

    @property
    def volume_usd(self) -> Decimal | None:
        """Value of all fills; None where nothing values one of them."""
        return maybe_exact(known_sum(fill.notional_usd_1e9 for fill in self.fills), 9)

    @property
    def max_drawdown_usd(self) -> Decimal:
        """The deepest fall of the account's value from a peak before it."""
        return exact(self.equity.max_drawdown_usd_1e9 or 0, 9)

    @property
    def maker_share(self) -> Decimal:
        """Share of the volume that rested, 0 to 1."""
        return figures.maker_share(self.fills)

    @cached_property
    def round_trips(self) -> list[RoundTrip]:
        """Round trips, first in, first out, in the order in which they were closed."""
        return round_trips(self.fills)

    @property
    def win_rate(self) -> Decimal:
        """Share of the round trips that won after fees, 0 to 1."""
        won = sum(trip.net_usd > 0 for trip in self.round_trips)
        return share(won, len(self.round_trips))

    @property
    def slippage(self) -> Slippage:
        """Fill prices against the mid when the order was sent; positive is cost."""
        return figures.slippage(self.fills, self.marks)

    @property
    def markouts(self) -> list[Markout]:
        """How prices went on 1, 10 and 60 seconds after fills; positive is a gain."""
        return [figures.markout(self.fills, self.marks, at) for at in figures.HORIZONS]

    @property
    def causes(self) -> list[CauseRow]:
        """How fills came about."""
        return figures.cause_rows(self.fills)

    def pnl_by(self, what: Literal["symbol", "venue", "tag"]) -> list[GroupRow]:
        """Profit and loss by symbol, venue or tag; see `GroupRow` for what is counted."""
        if what == "tag":
            tags = {order.node_order_id: order.tag for order in self.orders}
            return figures.group_rows(
                self.fills, lambda fill: tags.get(fill.node_order_id) or _UNTAGGED, self._prices
            )
        if what not in ("symbol", "venue"):
            raise ValueError(f"what: must be symbol, venue or tag, not {what!r}")
        return figures.group_rows(self.fills, lambda fill: str(getattr(fill, what)), self._prices)

    def life_of(self, order_id: str) -> list[LifeEvent]:
        """The life of an order, step by step.

        Raises:
            ValueError: No such order in this run.
        """
        rows = [row for row in self._events if row.data.get("node_order_id") == order_id]
        if not rows and all(order.node_order_id != order_id for order in self.orders):
            raise ValueError(f"no order {order_id} in these results")
        first_ns = rows[0].ts_ns if rows else 0
        return [
            LifeEvent(
                ts_ns=row.ts_ns,
                after_ns=row.ts_ns - first_ns,
                event=row.type,
                what=_what(row.data),
            )
            for row in rows
        ]

    @cached_property
    def _prices(self) -> dict[tuple[str, str], int]:
        """What a unit of each symbol is worth where it is held, in USD times 1e9."""
        held: dict[tuple[str, str], int] = {}
        for row in self.positions:
            price = row.settled_mark_usd_1e9
            price = row.current_price_usd_1e9 if price is None else price
            if price is not None:
                held[row.venue, row.instrument.symbol] = price
        found: dict[tuple[str, str], int] = {}
        for fill in self.fills:
            names = (fill.symbol, fill.symbol.split("-")[0])
            # A pair is held as its base asset.
            known = [held[fill.venue, name] for name in names if (fill.venue, name) in held]
            if known:
                found[fill.venue, fill.symbol] = known[0]
        return found


def _counted(rows: Iterable[_Row], what: str, total: int, told: Told) -> Iterator[_Row]:
    for done, row in enumerate(rows):
        told(f"reading {what}", done, total)
        yield row


def _marks(client: "Sequence") -> Iterator[FillMark]:
    before: int | None = None
    while True:
        page = client.sandbox.marks(before_seq=before, limit=_PAGE)
        yield from page.marks
        before = page.next
        if before is None:
            return


def _events(client: "Sequence") -> "Iterator[SandboxEvent]":
    since = 0
    while True:
        rows = client.sandbox.events(since_seq=since, limit=_EVENTS).events
        yield from rows
        if len(rows) < _EVENTS:
            return
        since = rows[-1].seq


def _what(data: dict[str, Any]) -> str:
    """The fields of an event in words."""
    hidden = ("order", "fill", "node_order_id")
    return ", ".join(_shown(name, value) for name, value in data.items() if name not in hidden)


def _shown(name: str, value: object) -> str:
    for suffix, decimals in (("_1e8", 8), ("_1e9", 9)):
        if name.endswith(suffix) and isinstance(value, int):
            return f"{name.removesuffix(suffix)} {trimmed(exact(value, decimals)):f}"
    return f"{name} {value}"
