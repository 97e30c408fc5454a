"""The figures of a run without its rows: small enough to be kept, and to be compared."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from sequence.analysis.figures import Markout, Slippage
from sequence.types import RunCard, Wire
from sequence.types._decimal import in_any_context

if TYPE_CHECKING:
    from sequence.analysis.rows import RunRows


class Summary(Wire):
    """Figures of a run; amounts in USD, shares from 0 to 1. `to_json` and `from_json` keep it."""

    exact_decimals: ClassVar[bool] = True

    name: str
    card: RunCard
    orders: int
    fills: int
    rejected: int
    volume_usd: Decimal | None
    pnl_usd: Decimal | None
    fees_usd: Decimal | None
    max_drawdown_usd: Decimal
    maker_share: Decimal
    round_trips: int
    win_rate: Decimal
    slippage: Slippage
    markouts: list[Markout]

    @classmethod
    def of(cls, results: "RunRows", name: str) -> "Summary":
        """The figures of a run."""
        return cls(
            name=name,
            card=results.card,
            orders=len(results.orders),
            fills=len(results.fills),
            rejected=sum(order.status == "REJECTED" for order in results.orders),
            volume_usd=results.volume_usd,
            pnl_usd=results.pnl_usd,
            fees_usd=results.fees_usd,
            max_drawdown_usd=results.max_drawdown_usd,
            maker_share=results.maker_share,
            round_trips=len(results.round_trips),
            win_rate=results.win_rate,
            slippage=results.slippage,
            markouts=results.markouts,
        )

    @in_any_context
    def figures(self) -> dict[str, Any]:
        """Name to figure, as a report shows them."""
        named: dict[str, Any] = {
            "orders": self.orders,
            "fills": self.fills,
            "rejected orders": self.rejected,
            "volume, USD": self.volume_usd,
            "profit and loss, USD": self.pnl_usd,
            "fees, USD": self.fees_usd,
            "deepest drawdown, USD": self.max_drawdown_usd,
            "maker share, %": self.maker_share * 100,
            "round trips": self.round_trips,
            "round trips won, %": self.win_rate * 100,
            "slippage against arrival, bps": self.slippage.bps,
        }
        after = {f"markout after {row.seconds} s, bps": row.bps for row in self.markouts}
        return named | after


def comparison(*runs: Summary) -> list[tuple[str, list[str]]]:
    """Figures of several runs side by side: name, then one text for each.

    What the runs were made of comes first where they differ in it.
    """
    cards = [
        (name, [str(getattr(run.card, name)) for run in runs])
        for name in ("version", "model_version", "preset", "params_hash", "seed", "clock", "market")
    ]
    differ = [(name, values) for name, values in cards if len(set(values)) > 1]
    data = [", ".join(row.sha256 or row.name for row in run.card.data) for run in runs]
    if len(set(data)) > 1:
        differ.append(("data", data))
    figures = [run.figures() for run in runs]
    return [*differ, *((name, [shown(row[name]) for row in figures]) for name in figures[0])]


@in_any_context
def shown(value: Decimal | int | None) -> str:
    """A figure for people: at most four decimals; `-` for one that nobody can say."""
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{round(value, 4).normalize() + 0:,f}"
