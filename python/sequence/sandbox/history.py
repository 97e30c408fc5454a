"""Values of accounts and prices of symbols over time.

The core notes values as time passes; prices are sampled while a server runs. Memory is bounded: a
sample a second is kept for twenty minutes, then one in ten seconds for six hours, then one a minute
for a week.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sequence import _core

if TYPE_CHECKING:
    from sequence.sandbox.keys import Client
    from sequence.sandbox.state import State

_SECOND_NS: Final = 10**9
_STEPS: Final = ((1, 1_200), (10, 2_160), (60, 10_080))
"""Seconds between samples, and how many are kept, from the newest to the oldest."""
_SYMBOLS: Final = 64


class Price(NamedTuple):
    """The middle of best bid and offer at one time."""

    ts_ns: int
    price_1e9: int


class Thinned:
    """Samples in order of time, the older the sparser."""

    def __init__(self) -> None:
        self._tiers: list[deque[Price]] = [deque() for _ in _STEPS]

    def add(self, sample: Price) -> None:
        """Adds the newest sample; an older one may move to a sparser tier, or out."""
        carried: Price | None = sample
        for (step_s, kept), tier in zip(_STEPS, self._tiers, strict=True):
            if carried is None:
                return
            last = tier[-1].ts_ns if tier else None
            if last is not None and carried.ts_ns // (step_s * _SECOND_NS) == last // (
                step_s * _SECOND_NS
            ):
                return
            tier.append(carried)
            carried = tier.popleft() if len(tier) > kept else None

    def newest_first(self) -> Iterator[Price]:
        """Every sample that is kept."""
        for tier in self._tiers:
            yield from reversed(tier)


class History:
    """What a server remembers of its accounts and markets; the caller holds the runtime's lock."""

    def __init__(self, state: "State") -> None:
        self._state: Final = state
        self._prices: dict[str, Thinned] = {}
        self._sampled_s = -1

    def sample(self) -> None:
        """Takes one sample of everything, once a second of the sandbox's own time at most."""
        second = self._state.now_ns // _SECOND_NS
        if second == self._sampled_s:
            return
        self._sampled_s = second
        if not self._prices:
            for row in islice(self._state.engine.symbols(), _SYMBOLS):
                self._prices[row["symbol"]] = Thinned()
        for symbol, kept in self._prices.items():
            self._sample_price(symbol, kept)

    def values(self, client: "Client", since_ns: int, limit: int) -> dict[str, Any]:
        """Snapshots of an account after ``since_ns``, oldest first; the present is the last."""
        engine = self._state.engine
        now = engine.positions(client.account)
        found = engine.equity(client.account, since_ns, limit)
        rows: list[dict[str, Any]] = found["snapshots"]
        if not rows or rows[-1]["ts_ns"] < now["as_of_ns"]:
            rows.append(_value_row(now["as_of_ns"], client.epoch, now["totals"]))
        nav: int = now["totals"]["nav_usd_1e9"]
        peak = max(nav, found["peak_nav_usd_1e9"] or nav)
        found["snapshots"] = rows[-limit:]
        found["peak_nav_usd_1e9"] = peak
        found["max_drawdown_usd_1e9"] = max(found["max_drawdown_usd_1e9"], peak - nav)
        return found

    def prices(self, symbol: str, since_ns: int, bar_s: int, limit: int) -> list[dict[str, Any]]:
        """The last price of each bar after ``since_ns``, oldest first."""
        kept = self._prices.get(symbol)
        if kept is None:
            while len(self._prices) >= _SYMBOLS:
                del self._prices[next(iter(self._prices))]
            kept = self._prices[symbol] = Thinned()
        self._sample_price(symbol, kept)
        last_bar: int | None = None
        found: list[dict[str, Any]] = []
        for point in kept.newest_first():
            bar = point.ts_ns // (bar_s * _SECOND_NS)
            if point.ts_ns <= since_ns or len(found) == limit:
                break
            if bar != last_bar:
                found.append(point._asdict())
            last_bar = bar
        return found[::-1]

    def _sample_price(self, symbol: str, kept: Thinned) -> None:
        try:
            best = self._state.engine.quote(symbol, 1)["nbbo"]
        except _core.Refusal:
            # No live book of it right now: the history has a hole there.
            return
        if best["bid_1e9"] and best["ask_1e9"]:
            kept.add(Price(self._state.now_ns, (best["bid_1e9"] + best["ask_1e9"]) // 2))


def _value_row(ts_ns: int, epoch: int, totals: dict[str, Any]) -> dict[str, Any]:
    names = ("nav_usd_1e9", "nav_usd", "cash_usd_1e9", "cash_usd")
    more = ("realized_pnl_usd_1e9", "unrealized_pnl_usd_1e9", "fees_usd_1e9", "locked_cash_usd_1e9")
    return {"ts_ns": ts_ns, "epoch": epoch} | {name: totals[name] for name in (*names, *more)}
