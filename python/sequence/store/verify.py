"""Do the stored rows agree? Recomputed from the smallest facts; nothing is repaired."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from sequence._core import Journal, event_link
from sequence._progress import Told, silent
from sequence.store.base import Finding
from sequence.store.chain import GENESIS
from sequence.store.rebuild import check_positions
from sequence.store.sealing import check_seals
from sequence.store.tables import (
    OPEN,
    balances,
    contra,
    events,
    fills,
    graph_nodes,
    graph_runs,
    legs,
    orders,
    positions_v2,
)
from sequence.store.told import check_told

_MOST = 100
"""Findings of one check that are reported; the rest would say the same."""


def verify_rows(connection: Connection, told: Told = silent) -> list[Finding]:
    """Every finding, at most a hundred of each check."""
    checks = (
        _check_file,
        _check_seals,
        _check_chains,
        _check_conservation,
        _check_reserved,
        _check_orders,
        _check_legs,
        check_positions,
        check_told,
    )
    found: list[Finding] = []
    for done, check in enumerate(checks):
        told(f"checking {_name(check)}", done, len(checks))
        found += _findings(check, connection)
    return found


def _name(check: Callable[[Connection], Iterator[Finding]]) -> str:
    return check.__name__.removeprefix("_check_").removeprefix("check_")


def _findings(
    check: Callable[[Connection], Iterator[Finding]], connection: Connection
) -> Iterator[Finding]:
    try:
        yield from islice(check(connection), _MOST)
    except Exception as error:
        # Whatever a damaged file makes of a check is a finding, not the end of the others.
        yield Finding("D5", _name(check), "rows that can be read", _sentence(error))


def _sentence(error: Exception) -> str:
    """What a driver says, without the statement that SQLAlchemy puts below it."""
    cause = error.__cause__ if isinstance(error, DBAPIError) else error
    return f"{type(cause).__name__}: {cause}".splitlines()[0]


def _check_file(connection: Connection) -> Iterator[Finding]:
    # The slow form: what an index leaves out, no list shows.
    for row in connection.execute(text("PRAGMA integrity_check")):
        if row[0] != "ok":
            yield Finding("file", "pages", "ok", str(row[0]))


def _check_seals(connection: Connection) -> Iterator[Finding]:
    """D5: every row as it was written, none missing, none added."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        yield from check_seals(driver)


def _check_chains(connection: Connection) -> Iterator[Finding]:
    """D3, D2: numbers without gaps, each link over the one before, and the hash of all of them."""
    tips: dict[int, tuple[int, str]] = {}
    expected_seq = 1
    folded: int | None = None
    for row in _rows(connection, select(events).order_by(events.c.seq)):
        *event, number, link, _ = row
        seq, account = event[0], event[1]
        if seq != expected_seq:
            yield Finding("D3", "events", f"number {expected_seq}", f"number {seq}")
        expected_seq = seq + 1
        last_number, last_link = tips.get(account, (0, GENESIS))
        if number != last_number + 1 or link != event_link(last_link, event):
            yield Finding("D3", f"event {seq}", "the chain of its account", "a broken link")
        tips[account] = (number, link)
        folded = Journal.fold_events(folded, [(seq, account, event[2], event[4:])])
    stored = connection.execute(text("SELECT last_seq, event_hash FROM engine")).first()
    if stored is not None and stored[0] != expected_seq - 1:
        yield Finding("D3", "events", f"{stored[0]} events", f"{expected_seq - 1} events")
    elif stored is not None and folded is not None and stored[1] != folded:
        yield Finding("D2", "events", f"hash {stored[1]}", f"hash {folded}")


def _check_conservation(connection: Connection) -> Iterator[Finding]:
    """L1: per asset, balances and the other sides sum to what came in."""
    totals: defaultdict[int, int] = defaultdict(int)
    query = select(balances.c.asset_no, balances.c.available, balances.c.reserved)
    for asset, available, reserved in _rows(connection, query):
        totals[asset] += int(available) + int(reserved)
    for asset, external, *sides, _ in _rows(connection, select(contra)):
        found = totals.pop(asset, 0) + sum(int(side) for side in sides)
        if found != int(external):
            yield Finding("L1", f"asset {asset}", str(external), str(found))
    for asset, total in totals.items():
        if total:
            yield Finding("L1", f"asset {asset}", "0", str(total))


def _check_reserved(connection: Connection) -> Iterator[Finding]:
    """L2: what balances hold back is what open legs, margins and waiting nodes hold."""
    held: defaultdict[int, int] = defaultdict(int)
    join = select(orders.c.account_no, legs.c.reserved).join(
        legs, legs.c.order_no == orders.c.order_no
    )
    open_legs = join.where(orders.c.status.in_(OPEN)).where(legs.c.reserved.is_not(None))
    margins = select(positions_v2.c.account_no, positions_v2.c.margin)
    for query in (open_legs, margins.where(positions_v2.c.margin.is_not(None))):
        for account, amount in _rows(connection, query):
            held[account] += int(amount)
    for account, amount in _held_ahead(connection):
        held[account] += amount
    stored: defaultdict[int, int] = defaultdict(int)
    for account, reserved in _rows(connection, select(balances.c.account_no, balances.c.reserved)):
        stored[account] += int(reserved)
    for account in sorted(held.keys() | stored.keys()):
        if held[account] != stored[account]:
            found = str(stored[account])
            yield Finding("L2", f"account {account}", str(held[account]), found)


def _held_ahead(connection: Connection) -> Iterator[tuple[int, int]]:
    """What nodes hold that wait; a database of an older schema has none."""
    has_nodes = text("SELECT 1 FROM sqlite_master WHERE name = 'graph_nodes'")
    if connection.execute(has_nodes).first() is None:
        return
    query = select(graph_runs.c.account_no, graph_nodes.c.held).join(
        graph_runs, graph_runs.c.graph_no == graph_nodes.c.graph_no
    )
    for account, packed in _rows(connection, query.where(graph_nodes.c.held.is_not(None))):
        # Market and amount, one after the other.
        for amount in packed.split(" ")[1::2]:
            yield account, int(amount.lstrip("'"))


def _check_orders(connection: Connection) -> Iterator[Finding]:
    """O1: an order has filled what its fills add up to."""
    filled = func.coalesce(func.sum(fills.c.qty_1e8), 0)
    query = (
        select(orders.c.order_no, orders.c.filled_1e8, filled)
        .join(fills, fills.c.order_no == orders.c.order_no, isouter=True)
        .group_by(orders.c.order_no)
        .having(filled != orders.c.filled_1e8)
    )
    for order, stored, summed in _rows(connection, query):
        yield Finding("O1", f"order {order}", str(stored), f"fills of {summed}")


def _check_legs(connection: Connection) -> Iterator[Finding]:
    """O2, L5: an ended order has no open leg and holds nothing."""
    query = (
        select(legs.c.order_no, orders.c.status, legs.c.state)
        .join(orders, orders.c.order_no == legs.c.order_no)
        .where(orders.c.status.not_in(OPEN))
        .where((legs.c.state != "done") | legs.c.reserved.is_not(None))
    )
    for order, status, state in _rows(connection, query):
        yield Finding("O2", f"order {order}", f"{status} with ended legs", f"a leg {state}")


def _rows(connection: Connection, query: Any) -> Iterator[Any]:  # noqa: ANN401 - a Select
    found: Any = connection.execution_options(yield_per=1000).execute(query)
    yield from found
