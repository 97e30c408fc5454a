"""Values of accounts and prices of symbols over time.

The core notes values as time passes, and prices when it is told to, as a server does once a second.
Memory is bounded: the older samples are, the sparser they get.
"""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sequence.sandbox.keys import Client
    from sequence.sandbox.state import State

_SECOND_NS: Final = 10**9


class History:
    """What a server remembers of its accounts and markets; the caller holds the runtime's lock."""

    def __init__(self, state: "State") -> None:
        self._state: Final = state
        self._sampled_s = -1

    def sample(self) -> None:
        """Takes one sample of everything, once a second of the sandbox's own time at most."""
        second = self._state.now_ns // _SECOND_NS
        if second == self._sampled_s:
            return
        self._sampled_s = second
        self._state.engine.sample_prices()

    def values(self, client: "Client", since_ns: int, limit: int) -> dict[str, Any]:
        """Snapshots of an account after ``since_ns``, oldest first; the present is the last."""
        engine = self._state.engine
        now = engine.positions(client.account)
        found = engine.equity(client.account, since_ns, limit)
        rows: list[dict[str, Any]] = found["snapshots"]
        if not rows or rows[-1]["ts_ns"] < now["as_of_ns"]:
            rows.append(_value_row(now["as_of_ns"], client.epoch, now["totals"]))
        found["snapshots"] = rows[-limit:]
        nav: int | None = now["totals"]["nav_usd_1e9"]
        if nav is not None:
            known: int | None = found["peak_nav_usd_1e9"]
            peak = nav if known is None else max(nav, known)
            found["peak_nav_usd_1e9"] = peak
            found["max_drawdown_usd_1e9"] = max(found["max_drawdown_usd_1e9"], peak - nav)
        return found


def _value_row(ts_ns: int, epoch: int, totals: dict[str, Any]) -> dict[str, Any]:
    names = ("nav_usd_1e9", "nav_usd", "cash_usd_1e9", "cash_usd")
    more = ("realized_pnl_usd_1e9", "unrealized_pnl_usd_1e9", "fees_usd_1e9", "locked_cash_usd_1e9")
    return {"ts_ns": ts_ns, "epoch": epoch} | {name: totals[name] for name in (*names, *more)}
