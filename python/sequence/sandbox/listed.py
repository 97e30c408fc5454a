"""Rows of symbols: those the engine has, and what live venues list beside them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sequence.sandbox.state import State

Row = dict[str, Any]


def symbol_rows(state: "State", venue: str | None = None, kind: str | None = None) -> list[Row]:
    """Symbols of all venues or one, of all kinds or one, ordered by symbol."""
    rows: list[Row] = state.engine.symbols(venue, kind)
    if state.live is None:
        return rows
    found = {row["symbol"]: row for row in rows}
    for row in state.live.catalogue.rows(state.now_ns, venue, kind):
        ours = found.get(row["symbol"])
        if ours is None:
            found[row["symbol"]] = row
        else:
            _add(ours, row)
    return [found[name] for name in sorted(found)]


def symbol_row(state: "State", symbol: str) -> Row:
    """One symbol by any of its names.

    Raises:
        sequence._core.Refusal: Nobody lists it.
    """
    row: Row = state.engine.symbol(symbol)
    listed = None if state.live is None else state.live.catalogue.row(row["symbol"], state.now_ns)
    if listed is not None:
        _add(row, listed)
    return row


def _add(ours: Row, listed: Row) -> None:
    """What venues say of a symbol, and where it is listed as well."""
    here = {row["venue"]: row for row in ours["venues"]}
    for row in listed["venues"]:
        known = here.get(row["venue"])
        if known is None:
            ours["venues"].append(row)
        else:
            known["listed"] = row["listed"]
    ours["venues"] = sorted(ours["venues"], key=_venue)
    if ours["market"] is not None and listed["market"] is not None:
        ours["market"]["close_ns"] = listed["market"]["close_ns"]


def _venue(row: Row) -> str:
    return str(row["venue"])
