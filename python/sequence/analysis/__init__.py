"""What a run was worth, from its orders, fills and prices: `sandbox.results()`, `sequence report`.

Every figure is made from rows that the public API gives, so it is the same in process, over HTTP
and for a run of last week.
"""

from sequence.analysis.figures import CauseRow, GroupRow, Markout, Slippage
from sequence.analysis.html import report_html
from sequence.analysis.results import Results
from sequence.analysis.rows import LifeEvent
from sequence.analysis.summary import Summary, comparison
from sequence.analysis.trips import RoundTrip

__all__ = [
    "CauseRow",
    "GroupRow",
    "LifeEvent",
    "Markout",
    "Results",
    "RoundTrip",
    "Slippage",
    "Summary",
    "comparison",
    "report_html",
]
