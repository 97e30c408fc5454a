"""Why a fill happened, in one line: its cause and the numbers of its evidence."""

from collections.abc import Iterator
from typing import Final

from sequence.types._decimal import exact, trimmed
from sequence.types.evidence import FillEvidence

_CAUSES: Final = {
    "WALK": "took displayed size",
    "QUEUE": "a trade reached its place in the queue",
    "THROUGH": "the market traded through its price",
    "CROSSING": "an opposite quote crossed its price",
    "RESYNC_CROSS": "after a gap the book stood through its price",
    "LIQUIDATION": "closed by the venue for lack of margin",
}
_NS_PER_MS: Final = 10**6


def reason_of(cause: str, evidence: FillEvidence) -> str:
    """The cause in words and what proves it, as far as the evidence says."""
    proof = ", ".join(_proof(evidence))
    text = _CAUSES[cause]
    return f"{text}: {proof}" if proof else text


def _proof(evidence: FillEvidence) -> Iterator[str]:
    for level in evidence.levels[:1]:
        yield f"{_qty(level.taken_1e8)} of {_qty(level.displayed_1e8)}"
    if evidence.queue:
        yield f"{_qty(evidence.queue.v_entry_1e8)} stood ahead at entry"
    time = evidence.time
    # What the venue closed by itself was sent by nobody.
    if evidence.levels and time.submit_local_ns and time.match_at_ns > time.submit_local_ns:
        delay_ms = (time.match_at_ns - time.submit_local_ns) / _NS_PER_MS
        yield f"{delay_ms:.1f} ms after it was sent"
    if evidence.book:
        yield f"book version {evidence.book.version}"


def _qty(units_1e8: int) -> str:
    return f"{trimmed(exact(units_1e8, 8)):f}"
