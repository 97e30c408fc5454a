"""What accounts were worth over time, as a store keeps it: a week at ten seconds, then overwritten.

In memory the last minutes are kept by the second; what a restart gives back is a little coarser.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sequence import _core
from sequence.store.base import Row, Value

if TYPE_CHECKING:
    from sequence.sandbox.keys import Client

SLOT_NS: Final = 10 * 10**9
SLOTS: Final = 60_480
"""Places of one account: a week of slots."""
MOST_SAMPLES: Final = 13_440
"""What the core keeps of an account at most."""
SUMS: Final = (
    "nav_usd_1e9",
    "cash_usd_1e9",
    "realized_pnl_usd_1e9",
    "unrealized_pnl_usd_1e9",
    "fees_usd_1e9",
    "locked_cash_usd_1e9",
)
"""In the order in which the core takes them back."""
_HEAD: Final = 4


class Courses:
    """What of the course of each account is not stored yet."""

    def __init__(self) -> None:
        self._due_ns = 0
        self._stored_ns: dict[int, int] = {}

    def rows(
        self, engine: _core.Engine, clients: Iterable["Client"], now_ns: int, *, anyway: bool
    ) -> Iterator[Row]:
        """The newest samples, a row for each slot, once in a slot or whenever it is asked for."""
        if now_ns < self._due_ns and not anyway:
            return
        self._due_ns = (now_ns // SLOT_NS + 1) * SLOT_NS
        for client in clients:
            since_ns = self._stored_ns.get(client.account, 0)
            found = engine.equity(client.account, since_ns, MOST_SAMPLES)
            for sample in found["snapshots"]:
                yield _row(client.account, sample, found)
                self._stored_ns[client.account] = sample["ts_ns"]

    def put_back(self, engine: _core.Engine, rows: Iterable[Row]) -> None:
        """Gives the core what was stored."""
        ordered = sorted(rows, key=lambda row: (_int(row[0]), _int(row[2])))
        for account, found in groupby(ordered, key=lambda row: _int(row[0])):
            kept = [*found]
            *_, peak, drawdown = kept[-1]
            samples = [(_int(row[2]), _int(row[3]), [*map(_sum, row[_HEAD:-2])]) for row in kept]
            engine.put_back_equity(account, samples, (_sum(peak), _sum(drawdown) or 0))
            self._stored_ns[account] = samples[-1][0]


def _row(account: int, sample: dict[str, Any], extremes: dict[str, Any]) -> Row:
    slot = sample["ts_ns"] // SLOT_NS % SLOTS
    ends = extremes["peak_nav_usd_1e9"], extremes["max_drawdown_usd_1e9"]
    sums = (sample[name] for name in SUMS)
    texts = (None if value is None else str(value) for value in (*sums, *ends))
    return (account, slot, sample["ts_ns"], sample["epoch"], *texts)


def _int(value: Value) -> int:
    return int(value or 0)


def _sum(value: Value) -> int | None:
    return None if value is None else int(value)
