"""Every number that an account can read, against the model's."""

from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any

from tests.model.account import PERP_OF, Account, shown_entry
from tests.model.order import OPEN, Order
from tests.model.terms import ONE, PERPS, Key, Listing

if TYPE_CHECKING:
    from tests.model.machine import Machine


def key_of(row: dict[str, Any]) -> Key:
    return (row["venue"], row["instrument"]["kind"], row["instrument"]["symbol"])


def positions(machine: "Machine", who: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = machine.engine.positions(who, include_closed=True)["positions"]
    return rows


def everything(machine: "Machine") -> None:
    assert machine.engine.check_invariants() == []
    for who, account in enumerate(machine.world.accounts):
        for order in account.orders.values():
            if order.is_open:
                _order(machine.engine.order(who, order.name), order)
                if order.told is not None:
                    account.rough.add(order.pays_from)
        _rows(machine, who, account)
    machine.absorber.shrunk.clear()


def _order(row: dict[str, Any], order: Order) -> None:
    form = order.form
    found = (row["qty_1e8"], row["filled_qty_1e8"], row["status"])
    assert found == (form.qty, order.filled, order.status), (row, order)
    if order.listing.market.is_dollar:
        assert row["fees_usd_1e9"] == order.paid, (row, order)
    assert row["limit_price_1e9"] == form.limit, (row, order)
    shown = sum(part["qty_1e8"] for part in row["reserved"] or [])
    if order.past and order.status in OPEN:
        order.told = None
        assert order.reserved() - 10 < 10 * shown < order.most() + 10, (shown, order)
        order.told = 10 * shown
    assert abs(10 * shown - order.reserved()) < 10, (row["reserved"], order.reserved(), order)
    average = row["avg_price_1e9"]
    exact = Fraction(order.exact, order.filled) if order.filled else None
    assert average == (None if exact is None else floor(exact + Fraction(1, 2))), (row, exact)


def _rows(machine: "Machine", who: int, account: Account) -> None:
    rows = {key_of(row): row for row in positions(machine, who)}
    for key in account.rows:
        assert key in rows or account.held(key) == 0, ("a row is missing", key)
    for cash in {market.cash for market in PERPS}:
        if account.shortage(cash) or cash in machine.absorber.shrunk:
            _shrink(account, cash, rows)
    locks = account.locks()
    for key, row in rows.items():
        held_back = locks.get(key, 0)
        if account.positions(key):
            held_back += account.loss(key, machine.world.counted) + account.eaten(key)
        _row(machine, account, key, row, held_back)


def _shrink(account: Account, cash: Key, rows: dict[Key, dict[str, Any]]) -> None:
    """Locks were more than the cash: margins shrank to it, in whichever order."""
    for market, row in account.positions(cash):
        shown = 10 * rows[Listing(market).held]["margin_locked_1e8"]
        assert shown <= row.margin, (market, row, shown)
        row.margin = min(row.margin, shown + 9)
    account.rough.add(cash)
    assert account.shortage(cash) < 10 * len(PERPS), ("more is locked than there is", account)


SHOWN = (
    "qty_1e8", "available_qty_1e8", "locked_qty_1e8", "margin_locked_1e8", "entry_price_usd_1e9",
    "realized_pnl_usd_1e9", "fees_usd_1e9", "current_price_usd_1e9", "unrealized_pnl_usd_1e9",
    "lifecycle",
)  # fmt: skip


def _row(machine: "Machine", account: Account, key: Key, row: dict[str, Any], locked: int) -> None:
    assert key in account.rows, ("a row nobody made", key)
    model, held = account.rows[key], account.held(key)
    if key[1] == "perp":
        _mark(machine, key, row)
        _spoken_for(account, key, row)
    both = (
        [row[name] for name in SHOWN], account.total.get(key), locked, key in account.rough,
        model.entry, model.realized, model.fees, model.perp, model.margin,
    )  # fmt: skip
    if machine.agreed.get((account.name, key)) == both:
        return
    machine.agreed[(account.name, key)] = both
    assert row["qty_1e8"] == held, (key, row["qty_1e8"], held)
    if key[1] != "perp":
        total = account.total.get(key, 0)
        available = max(total - locked, 0) // 10
        found = (row["available_qty_1e8"], row["locked_qty_1e8"])
        assert sum(found) == total // 10, (key, found, total)
        slack = len(PERPS) if key in account.rough else 0
        assert abs(found[0] - available) <= slack, (key, found, available)
    assert row["margin_locked_1e8"] == model.margin // 10, (key, row, model)
    assert (row["lifecycle"]["state"] in {"closed", "redeemed"}) == (held == 0), (key, row)
    if model.is_foreign:
        return
    assert abs(row["entry_price_usd_1e9"] - shown_entry(model)) <= 1, (key, row, model)
    assert abs(row["realized_pnl_usd_1e9"] - floor(model.realized)) <= 1, (key, row, model)
    assert row["fees_usd_1e9"] == model.fees, (key, row["fees_usd_1e9"], model.fees)
    mark = row["current_price_usd_1e9"]
    if mark is None:
        assert model.entry == 0, ("what was paid is known, and no worth is told", key, row)
        return
    gain = (mark - model.entry) * held / ONE
    assert abs(row["unrealized_pnl_usd_1e9"] - int(gain)) <= 1, (key, row, model)


def _spoken_for(account: Account, key: Key, row: dict[str, Any]) -> None:
    """What orders would close is locked; what is left of a position has its sign."""
    locked, listing = row["locked_qty_1e8"], Listing(PERP_OF[key])
    most, least = account.closing(listing), account.closing(listing, only_reducing=False)
    # What only reduces is for no more than was open when it arrived.
    assert least <= locked <= most, (key, row, least, most)
    left = abs(row["qty_1e8"]) - locked
    assert row["available_qty_1e8"] == (left if row["qty_1e8"] > 0 else -left), (key, row)


def _mark(machine: "Machine", key: Key, row: dict[str, Any]) -> None:
    """The mark of the contract's own book, not of what other venues quote."""
    mark = next(book.mark for market, book in machine.world.books.items()
                if market in PERPS and Listing(market).held == key)  # fmt: skip
    if mark is not None and row["qty_1e8"]:
        assert row["current_price_usd_1e9"] == mark, (key, row)
