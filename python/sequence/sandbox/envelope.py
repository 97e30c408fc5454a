"""One strategy under several readings of the same market, side by side.

How much of a result is the market, and how much the model? The same input and the same commands
are played under each preset; where the readings agree, the model does not matter.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sequence.sandbox.sim import Preset, SimConfig
from sequence.types._decimal import SUMS, known_sum, maybe_exact, trimmed

if TYPE_CHECKING:
    from sequence.sandbox.sandbox import Sandbox
    from sequence.types import Fill, Order

ENVELOPE: Final[tuple[Preset, ...]] = ("optimistic", "realistic", "adversarial")
_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class OrderReading:
    """What became of one order under one preset. Amounts are in USD.

    Attributes:
        order: The order at the end.
        fills: Its fills, oldest first.
        filled: Quantity filled.
        vwap: Mean price of the fills; None without one.
        fees: Fees less rebates; None where nothing values the quote asset in USD.
        pnl: Value of the fills at the last mid of the symbol, less what they cost and the fees;
            None when there is no mid.
    """

    order: "Order"
    fills: "tuple[Fill, ...]"
    filled: Decimal
    vwap: Decimal | None
    fees: Decimal | None
    pnl: Decimal | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One run: its configuration, its orders as they were placed, and their sum."""

    sim: SimConfig
    orders: tuple[OrderReading, ...]
    event_hash: str

    @property
    def pnl(self) -> Decimal | None:
        """Profit and loss of all orders; None when one of them has none."""
        parts = [order.pnl for order in self.orders]
        with localcontext(SUMS):
            known = (part or Decimal(0) for part in parts)
            return None if None in parts else sum(known, Decimal(0))


@dataclass(frozen=True, slots=True)
class Envelope:
    """The readings by preset.

    Orders are matched by the place in which they were sent. A strategy that reacts to its own
    fills may send different orders under each preset; then compare the sums.
    """

    readings: dict[str, Reading]

    def rows(self) -> list[dict[str, OrderReading | None]]:
        """One row per order: what became of it under each preset."""
        most = max((len(reading.orders) for reading in self.readings.values()), default=0)
        return [
            {
                preset: reading.orders[at] if at < len(reading.orders) else None
                for preset, reading in self.readings.items()
            }
            for at in range(most)
        ]

    def to_text(self) -> str:
        """A plain table of fills, mean prices and profits, one line per order and preset."""
        lines = [f"{'order':>5}  {'preset':<12}  {'filled':>16}  {'vwap':>16}  {'pnl usd':>14}"]
        for at, row in enumerate(self.rows(), 1):
            for preset, order in row.items():
                if order is None:
                    lines.append(f"{at:>5}  {preset:<12}  {'not sent':>16}")
                    continue
                vwap = "-" if order.vwap is None else f"{order.vwap:.6f}"
                pnl = "-" if order.pnl is None else f"{order.pnl:.6f}"
                filled = f"{trimmed(order.filled):f}"
                lines.append(f"{at:>5}  {preset:<12}  {filled:>16}  {vwap:>16}  {pnl:>14}")
        return "\n".join(lines)


def envelope(
    run: "Callable[[Sandbox], object]",
    *,
    sims: Iterable[SimConfig | Preset] = ENVELOPE,
    market: str | Iterable[str | Path | Any] = "demo",
    seed: int | None = None,
) -> Envelope:
    """Plays one strategy under several configurations of the simulator.

    Args:
        run: Places orders and moves the clock (``sandbox.replay`` or ``sandbox.clock.advance``);
            called once per configuration with a fresh sandbox of the same seed and market.
        sims: Configurations; a preset may be named. By default the envelope:
            optimistic, realistic and adversarial.
        market: As for `Sandbox`; files are replayed, everything else has a manual clock.
        seed: As for `Sandbox`.
    """
    from sequence.sandbox.sandbox import Sandbox  # noqa: PLC0415 - it offers this

    source: Any = market if isinstance(market, str) else list(market)
    replayed = not isinstance(source, str) or source.startswith("replay:")
    readings: dict[str, Reading] = {}
    for sim in sims:
        config = sim if isinstance(sim, SimConfig) else SimConfig(sim)
        name = config.preset if config.preset not in readings else repr(config)
        with Sandbox(
            seed=seed,
            clock="replay" if replayed else "manual",
            market=source,
            sim=config,
        ) as sandbox:
            run(sandbox)
            readings[name] = _read(sandbox, config)
    return Envelope(readings)


def _read(sandbox: "Sandbox", config: SimConfig) -> Reading:
    client = sandbox.client()
    orders: list[Order] = []
    while len(page := client.orders(limit=_PAGE, offset=len(orders)).orders) > 0:
        orders += page
    fills: list[Fill] = []
    while len(found := client.fills(limit=_PAGE, offset=len(fills)).fills) > 0:
        fills += found
    marks = {order.symbol: _mid(sandbox, order.symbol) for order in orders}
    rows = [
        _order_reading(order, [f for f in fills if f.node_order_id == order.node_order_id], marks)
        for order in reversed(orders)
    ]
    return Reading(config, tuple(rows), sandbox.event_hash())


def _mid(sandbox: "Sandbox", symbol: str) -> Decimal | None:
    nbbo = sandbox.client().quote(symbol).nbbo
    return Decimal(str(nbbo.mid)) if nbbo.bid and nbbo.ask else None


def _order_reading(
    order: "Order", fills: "list[Fill]", marks: dict[str, Decimal | None]
) -> OrderReading:
    fills.sort(key=lambda fill: fill.event_seq)
    with localcontext(SUMS):
        return _summed(order, fills, marks[order.symbol])


def _summed(order: "Order", fills: "list[Fill]", mark: Decimal | None) -> OrderReading:
    filled = sum((fill.qty for fill in fills), Decimal(0))
    paid = sum((fill.qty * fill.price for fill in fills), Decimal(0))
    fees = maybe_exact(known_sum(fill.fee_usd_1e9 for fill in fills), 9)
    sign = 1 if order.side == "buy" else -1
    pnl = Decimal(0) if not fills else None
    if fills and mark is not None and fees is not None:
        pnl = sign * (filled * mark - paid) - fees
    return OrderReading(order, tuple(fills), filled, paid / filled if filled else None, fees, pnl)
