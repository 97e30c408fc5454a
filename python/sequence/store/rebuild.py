"""Positions made again from their fills (P4), in a second implementation of average cost.

A reset leaves no perpetual open, so everything about one follows from the fills since. What else an
account holds began with balances that no row tells, and positions written by hand began with what
was written: those are not made again here, `check_invariants` of the rebuilt engine judges them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, select

from sequence.store.base import Finding
from sequence.store.left import BACK_TO, RESET, LeftWays, left_ways
from sequence.store.tables import accounts, assets, events, fills, orders, positions_v2

_Key = tuple[int, str, str]
"""Account, venue, symbol."""


@dataclass
class Holding:
    """A perpetual position: signed quantity, and the exact cost of so many units of it."""

    held: int = 0
    cost: int = 0
    units: int = 1
    realized: int = 0
    fees: int = 0

    def fill(self, signed: int, price: int) -> None:
        """Takes a fill in: first it closes what is open on the other side, then it opens."""
        closed = min(abs(signed), abs(self.held)) if self.held * signed < 0 else 0
        between = self.held - (closed if self.held > 0 else -closed)
        self.realized += price * (self.held - between)
        self.realized -= self._cost_of(self.held) - self._cost_of(between)
        self.held += signed
        if abs(signed) > closed:
            base = self._cost_of(between)
            self.cost, self.units = base + price * (self.held - between), self.held

    def _cost_of(self, held: int) -> int:
        whole, rest = divmod(abs(self.cost), abs(self.units))
        if (self.cost < 0) != (self.units < 0):
            whole, rest = -whole, -rest
        part = abs(rest * held) // abs(self.units)
        return whole * held + (part if rest * held >= 0 else -part)


def check_positions(connection: Connection) -> Iterator[Finding]:
    """P4: fills reproduce the open and closed perpetuals of every account since its last reset."""
    left = left_ways(connection)
    began = _newest(connection, RESET, left)
    written = _newest(connection, "positions_set", left)
    funded = _newest(connection, "funding_paid", left)
    rebuilt = _rebuilt(connection)
    for key, stored in _stored(connection).items():
        account = key[0]
        start = began.get(account, 0)
        if written.get(account, 0) > start:
            continue
        made = rebuilt.pop(key, Holding())
        names = ["quantity", "cost", "cost quantity", "realized", "fees"]
        expected = [made.held, made.cost, made.units, made.realized, made.fees]
        if made.units == 1 and made.cost == 0:
            # Never opened: what one unit costs is the price the row was made with.
            names, expected, stored[1:3] = [names[0], *names[3:]], [0, 0, 0], []
        if funded.get(account, 0) > start:
            # Funding counts among the fees, and no fill tells it.
            names.pop()
        for name, wanted, found in zip(names, expected, stored, strict=False):
            if wanted != found:
                yield Finding("P4", f"{name} of {' '.join(map(str, key))}", str(wanted), str(found))
    for key in rebuilt:
        if written.get(key[0], 0) <= began.get(key[0], 0):
            yield Finding("P4", " ".join(map(str, key)), "a position row", "none")


_PERP: Final = "perp"


def _newest(connection: Connection, kind: str, left: LeftWays) -> dict[int, int]:
    """The newest event of a kind that is of the way gone on, by account."""
    query = select(events.c.account_no, events.c.seq).where(events.c.kind == kind)
    if kind == RESET:
        query = query.where(events.c[BACK_TO] == 0)
    found = connection.execute(query.order_by(events.c.seq))
    return {row[0]: row[1] for row in found if row[1] not in left}


def _stored(connection: Connection) -> dict[_Key, list[int]]:
    columns = positions_v2.c
    query = select(
        columns.account_no, columns.venue, assets.c.code, columns.perp_qty_1e8, columns.cost_1e17,
        columns.cost_qty_1e8, columns.realized_1e17, columns.fees_usd_1e9,
    ).join(assets, assets.c.asset_no == columns.asset_no)  # fmt: skip
    found = connection.execute(query.where(assets.c.kind == _PERP).order_by(columns.position_id))
    return {(row[0], row[1], row[2]): [int(value) for value in row[3:]] for row in found}


def _rebuilt(connection: Connection) -> dict[_Key, Holding]:
    made: defaultdict[_Key, Holding] = defaultdict(Holding)
    # A return to a copy begins an epoch, and goes on with the fills of those before.
    life = fills.c.epoch.between(accounts.c.draws, accounts.c.epoch)
    present = and_(accounts.c.account_no == fills.c.account_no, life)
    query = (
        select(
            fills.c.account_no, fills.c.venue, fills.c.symbol,
            orders.c.side, fills.c.qty_1e8, fills.c.price_1e9, fills.c.fee_usd_1e9,
        )
        .join(accounts, present)
        .join(orders, orders.c.order_no == fills.c.order_no)
        .where(orders.c.kind == _PERP)
        .order_by(fills.c.fill_no)
    )  # fmt: skip
    found: Any = connection.execution_options(yield_per=1000).execute(query)
    for account, venue, symbol, side, qty, price, fee in found:
        holding = made[account, venue, symbol]
        holding.fill(qty if side == "buy" else -qty, price)
        holding.fees += int(fee)
    return dict(made)
