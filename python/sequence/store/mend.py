"""The measures of a repair, the mildest first; each says in sentences what it did to which rows."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from sequence._core import event_link
from sequence.store.base import Finding
from sequence.store.chain import GENESIS
from sequence.store.rebuild import Holding
from sequence.store.tables import (
    APP_TABLES,
    ENGINE_TABLES,
    OPEN,
    OPEN_GRAPHS,
    equity,
    events,
)
from sequence.store.told import CHANGED, FILLED

Measure = Callable[[sqlite3.Connection, Sequence[Finding]], Iterable[str]]

_ORDER_BITS: Final = 8
_OPEN: Final = f"({', '.join(repr(name) for name in OPEN)})"


def accept(_: sqlite3.Connection, findings: Sequence[Finding]) -> Iterator[str]:
    """Takes changed rows as they stand; the seals are made anew after every measure."""
    for row in findings:
        if row.check in ("D5", "file"):
            yield f"{row.subject}: taken as it stands: compare it with your own records"


def follow_events(connection: sqlite3.Connection, _: Sequence[Finding]) -> Iterator[str]:
    """Sets fills and orders back to what their events told, as far as these tell it."""
    query = f"SELECT word_1, word_2, word_3 FROM events WHERE kind = '{FILLED}'"  # noqa: S608
    for fill, price, qty in connection.execute(query).fetchall():
        update = (
            "UPDATE fills SET price_1e9 = ?, qty_1e8 = ?"
            " WHERE fill_no = ? AND (price_1e9 <> ? OR qty_1e8 <> ?)"
        )
        if connection.execute(update, (price, qty, fill, price, qty)).rowcount:
            yield f"fill {fill}: price and quantity set back to those of its event"
    query = f"SELECT word_1, word_2 FROM events WHERE kind = '{CHANGED}' ORDER BY seq"  # noqa: S608
    for order, version in dict(connection.execute(query).fetchall()).items():
        update = "UPDATE orders SET version = ? WHERE order_no = ? AND version <> ?"
        if connection.execute(update, (version, order, version)).rowcount:
            yield f"order {order}: version set back to that of its last event"


def add_up(connection: sqlite3.Connection, _: Sequence[Finding]) -> Iterator[str]:
    """Sets sums to what they are the sums of: what is held back, and what came in."""
    held: defaultdict[tuple[int, str, int], int] = defaultdict(int)
    holding = (
        "SELECT count(*) FROM legs JOIN orders ON orders.order_no = legs.order_no"
        " WHERE legs.reserved IS NOT NULL AND orders.status IN "
    )
    ahead = "SELECT count(*) FROM graph_nodes WHERE held IS NOT NULL"
    if any(connection.execute(query).fetchone()[0] for query in (holding + _OPEN, ahead)):
        # Which asset an open order holds follows from rules that are not repeated here.
        return
    margins = (
        "SELECT account_no, venue, margin_asset_no, margin FROM positions_v2"
        " WHERE margin IS NOT NULL AND margin_asset_no IS NOT NULL"
    )
    for account, venue, asset, margin in connection.execute(margins):
        held[account, venue, asset] += int(margin)
    rows = connection.execute(
        "SELECT account_no, venue, asset_no, available, reserved FROM balances"
    )
    for account, venue, asset, available, reserved in rows.fetchall():
        wanted = held[account, venue, asset]
        total = int(available) + int(reserved)
        if int(reserved) != wanted and total >= wanted:
            update = (
                "UPDATE balances SET available = ?, reserved = ?"
                " WHERE account_no = ? AND venue = ? AND asset_no = ?"
            )
            connection.execute(update, (str(total - wanted), str(wanted), account, venue, asset))
            yield (
                f"balance of asset {asset} at {venue}, account {account}: {wanted} held back"
                f" instead of {reserved}, the total stays {total}"
            )
    yield from _conserve(connection)


def _conserve(connection: sqlite3.Connection) -> Iterator[str]:
    totals: defaultdict[int, int] = defaultdict(int)
    rows = connection.execute("SELECT asset_no, available, reserved FROM balances")
    for asset, available, reserved in rows:
        totals[asset] += int(available) + int(reserved)
    query = "SELECT asset_no, external, venue, fees, rounding, insurance FROM contra"
    for asset, external, *sides in connection.execute(query).fetchall():
        wanted = totals[asset] + sum(map(int, sides))
        if wanted != int(external):
            update = "UPDATE contra SET external = ? WHERE asset_no = ?"
            connection.execute(update, (str(wanted), asset))
            yield f"asset {asset}: booked as paid in: {wanted - int(external)} more than before"


def _free_ahead(connection: sqlite3.Connection) -> Iterator[str]:
    """What waiting nodes hold is free again: they reserve when they start, like the others."""
    held = connection.execute("UPDATE graph_nodes SET held = NULL WHERE held IS NOT NULL").rowcount
    if held:
        yield f"graph_nodes: what {held} waiting nodes held is free again"


def _end_graphs(connection: sqlite3.Connection) -> Iterator[str]:
    """Graphs of several orders end with their orders."""
    yield from _free_ahead(connection)
    going_on = ", ".join("?" * len(OPEN_GRAPHS))
    end = "UPDATE graph_runs SET status = 'CANCELLED', status_reason = 'repaired' WHERE status IN"
    ended = connection.execute(f"{end} ({going_on})", OPEN_GRAPHS).rowcount
    for before, after in (("WAITING", "SKIPPED"), ("WORKING", "CANCELLED")):
        update = "UPDATE graph_nodes SET status = ? WHERE status = ?"
        connection.execute(update, (after, before))
    if ended:
        yield f"graph_runs: {ended} graphs ended"


def end_orders(connection: sqlite3.Connection, findings: Sequence[Finding]) -> Iterator[str]:
    """Ends open orders and gives back what they held; leaves out what belongs to no order."""
    yield from _end_graphs(connection)
    query = f"SELECT order_no, node_id FROM orders WHERE status IN {_OPEN}"  # noqa: S608
    for order, _ in connection.execute(query).fetchall():
        connection.execute(
            "UPDATE orders SET status = 'CANCELLED', amending = NULL,"
            " done = coalesce(done, 'CANCELLED_BY_CLIENT')"
            " WHERE order_no = ? AND filled_1e8 < qty_1e8",
            (order,),
        )
        connection.execute(
            "UPDATE orders SET status = 'FILLED' WHERE order_no = ? AND filled_1e8 = qty_1e8",
            (order,),
        )
        yield f"order {order}: ended, what it held is free again"
    ended = (
        "UPDATE legs SET reserved = NULL, state = 'done', reshape = NULL, cancelling = NULL,"
        " at_venue = 'done' WHERE state <> 'done' OR reserved IS NOT NULL"
    )
    connection.execute(ended)
    yield from add_up(connection, findings)


def leave_out(connection: sqlite3.Connection, _: Sequence[Finding]) -> Iterator[str]:
    """Drops orders that lack a part, and what belongs to no order."""
    broken = (
        "SELECT order_no FROM orders WHERE graph_no NOT IN (SELECT graph_no FROM graphs)"
        " OR filled_1e8 <> (SELECT coalesce(sum(f.qty_1e8), 0) FROM fills f"
        " WHERE f.order_no = orders.order_no)"
        " OR filled_1e8 <> (SELECT coalesce(sum(l.filled_1e8), 0) FROM legs l"
        " WHERE l.order_no = orders.order_no)"
    )
    for (order,) in connection.execute(broken).fetchall():
        connection.execute("DELETE FROM orders WHERE order_no = ?", (order,))
        yield f"order {order}: left out, a part of it is missing"
    for table in ("graphs", "legs", "fills"):
        # A graph of several orders has none of its own: -1.
        delete = (
            f"DELETE FROM {table} WHERE order_no >= 0"  # noqa: S608
            " AND order_no NOT IN (SELECT order_no FROM orders)"
        )
        count = connection.execute(delete).rowcount
        if count:
            yield f"{table}: {count} rows without their order left out"
    yield from _rebuild_perps(connection)
    yield from _conserve(connection)


def _rebuild_perps(connection: sqlite3.Connection) -> Iterator[str]:
    """Perpetual positions as their fills make them."""
    made: defaultdict[tuple[int, str, str], Holding] = defaultdict(Holding)
    query = (
        "SELECT f.account_no, f.venue, f.symbol, o.side, f.qty_1e8, f.price_1e9, f.fee_usd_1e9"
        " FROM fills f JOIN orders o ON o.order_no = f.order_no"
        " JOIN accounts a ON a.account_no = f.account_no AND f.epoch BETWEEN a.draws AND a.epoch"
        " WHERE o.kind = 'perp' ORDER BY f.fill_no"
    )
    for account, venue, symbol, side, qty, price, fee in connection.execute(query):
        holding = made[account, venue, symbol]
        holding.fill(qty if side == "buy" else -qty, price)
        holding.fees += int(fee)
    query = (
        "SELECT p.position_id, p.account_no, p.venue, s.code, p.perp_qty_1e8 FROM positions_v2 p"
        " JOIN assets s ON s.asset_no = p.asset_no WHERE s.kind = 'perp'"
    )
    for id_, account, venue, symbol, held in connection.execute(query).fetchall():
        if (account, venue, symbol) not in made or made[account, venue, symbol].held != held:
            continue
        holding = made[account, venue, symbol]
        values = (holding.cost, holding.units, holding.realized, holding.fees)
        changed = connection.execute(
            "UPDATE positions_v2 SET cost_1e17 = ?1, cost_qty_1e8 = ?2, realized_1e17 = ?3,"
            " fees_usd_1e9 = ?4 WHERE position_id = ?5 AND (cost_1e17 <> ?1 OR cost_qty_1e8 <> ?2"
            " OR realized_1e17 <> ?3 OR fees_usd_1e9 <> ?4)",
            (str(values[0]), values[1], str(values[2]), str(values[3]), id_),
        ).rowcount
        if changed:
            yield f"position {id_} ({symbol} at {venue}): cost and profit made anew from its fills"


def chain_again(connection: sqlite3.Connection, _: Sequence[Finding]) -> Iterator[str]:
    """Links the events that are there anew, with numbers without gaps."""
    from sequence._core import Journal  # noqa: PLC0415 - the only one that needs the core

    names = ", ".join(column.name for column in events.columns)
    rows = connection.execute(f"SELECT {names} FROM events ORDER BY seq").fetchall()  # noqa: S608
    tips: dict[int, tuple[int, str]] = {}
    folded: int | None = None
    connection.execute("DELETE FROM events")
    marks = ", ".join("?" * len(events.columns))
    for seq, row in enumerate(rows, start=1):
        event = (seq, *row[1:-3])
        number, link = tips.get(event[1], (0, GENESIS))
        number, link = number + 1, event_link(link, event)
        tips[event[1]] = (number, link)
        folded = Journal.fold_events(folded, [(seq, event[1], event[2], list(event[4:]))])
        connection.execute(f"INSERT INTO events VALUES ({marks})", (*event, number, link, 0))  # noqa: S608
    yield from _count_again(connection)
    start = Journal.fold_events(None, [])
    update = "UPDATE engine SET last_seq = ?, event_hash = ?"
    connection.execute(update, (len(rows), start if folded is None else folded))
    yield f"events: {len(rows)} linked anew; what is missing between them stays missing"


def _count_again(connection: sqlite3.Connection) -> Iterator[str]:
    """The row of counters, when it is gone: nothing gets a number that was given before."""
    if connection.execute("SELECT count(*) FROM engine").fetchone()[0]:
        return
    newest = (
        "SELECT max((SELECT coalesce(max(ts_ns), 0) FROM events),"
        " (SELECT coalesce(max(updated_ns), 0) FROM orders))"
    )
    (now_ns,) = connection.execute(newest).fetchone()
    counted = [
        connection.execute(f"SELECT coalesce(max({key}), -1) + 1 FROM {table}").fetchone()[0]  # noqa: S608
        for table, key in (("orders", "order_no"), ("graphs", "graph_no"), ("fills", "fill_no"))
    ]
    (positions,) = connection.execute(
        "SELECT coalesce(max(position_id), 0) FROM positions_v2"
    ).fetchone()
    values = (1, now_ns, 0, 0, now_ns // 1_000_000 + 1, 0, *counted, positions, 0)
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO engine VALUES ({marks})", values)  # noqa: S608
    yield "engine: the counters made anew from the highest numbers there are"


def begin_anew(connection: sqlite3.Connection, _: Sequence[Finding]) -> Iterator[str]:
    """Keeps clients, settings and keys, and nothing else."""
    for table in (*ENGINE_TABLES, equity):
        connection.execute(f"DELETE FROM {table.name}")  # noqa: S608 - names of ours
    kept = ", ".join(table.name for table in APP_TABLES if table is not equity)
    yield f"everything but {kept} left out: every account begins anew"


MEASURES: Final[tuple[Measure, ...]] = (
    accept,
    follow_events,
    add_up,
    end_orders,
    leave_out,
    chain_again,
    begin_anew,
)
