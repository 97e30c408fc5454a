"""Why a fill happened, in one line: its cause and the numbers of its evidence."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sequence.types._decimal import exact, trimmed

_CAUSES: Final = {
    "WALK": "took displayed size",
    "QUEUE": "a trade reached its place in the queue",
    "THROUGH": "the market traded through its price",
    "CROSSING": "an opposite quote crossed its price",
    "RESYNC_CROSS": "after a gap the book stood through its price",
    "LIQUIDATION": "closed by the venue for lack of margin",
}
_NS_PER_MS: Final = 10**6


def reason_of(cause: str, evidence: Mapping[str, Any]) -> str:
    """The cause in words and what proves it, as far as the evidence says."""
    proof = ", ".join(_proof(evidence))
    text = _CAUSES[cause]
    return f"{text}: {proof}" if proof else text


def _proof(evidence: Mapping[str, Any]) -> Iterator[str]:
    levels: list[dict[str, int]] = evidence.get("levels") or []
    for level in levels[:1]:
        yield f"{_qty(level['taken_1e8'])} of {_qty(level['displayed_1e8'])}"
    queue: dict[str, int] = evidence.get("queue") or {}
    if queue:
        yield f"{_qty(queue['v_entry_1e8'])} stood ahead at entry"
    time: dict[str, int] = evidence.get("time") or {}
    # What the venue closed by itself was sent by nobody.
    sent_ns = time.get("submit_local_ns") or 0
    delay_ns = time.get("match_at_ns", 0) - sent_ns
    if levels and sent_ns and delay_ns > 0:
        yield f"{delay_ns / _NS_PER_MS:.1f} ms after it was sent"
    book: dict[str, int] = evidence.get("book") or {}
    if book:
        yield f"book version {book['version']}"


def _qty(units_1e8: int) -> str:
    return f"{trimmed(exact(units_1e8, 8)):f}"
