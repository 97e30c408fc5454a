"""What a run did and was worth, and how it is shown."""

from sequence.analysis.html import Html, curves_html, figures_html, report_html
from sequence.analysis.rows import RunRows
from sequence.analysis.summary import Summary


class Results(RunRows):
    """What a run did and was worth: `sandbox.results()`, or `Results.of(client)` over HTTP.

    Attributes:
        card: What the run was made of.
        orders: Every order, oldest first.
        fills: Every fill, oldest first.
        marks: Prices around fills, by `fill_id`.
        equity: The value of the account over time, and its extremes.
        positions: What is held, with closed rows.
        totals: Sums over the account.
    """

    def summary(self, name: str = "run") -> Summary:
        """The figures alone, to be kept and compared."""
        return Summary.of(self, name)

    def plot(self) -> Html:
        """The value of the account and its drawdown over time; a notebook shows it as a picture."""
        return curves_html(self.equity.snapshots)

    def report(self, name: str = "run", *others: Summary) -> str:
        """One self-contained HTML page: figures, curves, tables, and the card of the run.

        Args:
            name: What the run is called.
            others: Summaries of other runs to stand beside it.
        """
        return report_html(self, name, *others)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return figures_html(self.summary())

    def __repr__(self) -> str:
        return f"<Results: {len(self.orders)} orders, {len(self.fills)} fills, {self.pnl_usd} USD>"
