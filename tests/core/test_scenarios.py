"""The scenario tables through the Python binding of the core."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from sequence import _core
from tests import scenario_table as table


class BindingWorld:
    """An engine driven call by call."""

    def __init__(self) -> None:
        self.engine = _core.Engine(seed=42)
        self.engine.set_max_age(enabled=False)
        self.now_ns = table.START_NS
        self.accounts: dict[str, int] = {}
        self.account = 0

    def enter(self, client: str) -> None:
        if client not in self.accounts:
            account = self.accounts[client] = self.engine.account(client)
            self.engine.reset(account, 10**17, self.now_ns)
            self.engine.set_positions(account, [], True, self.now_ns)
        self.account = self.accounts[client]

    def advance(self, ns: int) -> None:
        self.now_ns += ns
        self.engine.advance(self.now_ns)

    def book(
        self, venue: str, symbol: str, bids: table.Levels, asks: table.Levels, *, whole: bool
    ) -> None:
        feed = self.engine.market_snapshot if whole else self.engine.market_delta
        with refusals():
            feed(venue, symbol, units(bids), units(asks), self.now_ns, self.now_ns)

    def grid(self, venue: str, symbol: str, said: dict[str, str]) -> None:
        scales = {"tick": 9, "lot": 8, "min_qty": 8, "min_notional": 9}
        tick, lot, least, notional = (
            _core.decimal_units(said[name], scale) if name in said else None
            for name, scale in scales.items()
        )
        with refusals():
            self.engine.list_market(venue, symbol, (tick, lot, least, notional))

    def trade(self, venue: str, symbol: str, side: str | None, qty: str, price: str) -> None:
        size = (_core.decimal_units(price, 9), _core.decimal_units(qty, 8))
        self.engine.market_trade(venue, symbol, *size, side, self.now_ns, self.now_ns)

    def status(self, venue: str, symbol: str, status: str) -> None:
        self.engine.market_status(venue, symbol, status, self.now_ns)

    def seed(self, row: dict[str, str], *, replace: bool) -> int:
        entry = row.get("entry_price_usd")
        qty = _core.decimal_units(row["qty"], 8)
        price = None if entry is None else _core.decimal_units(entry, 9)
        written = (row["venue"], row["kind"], row["symbol"], qty, price)
        with refusals():
            return self.engine.set_positions(self.account, [written], replace, self.now_ns)[0]

    def reset(self, initial: str) -> int:
        balance = _core.decimal_units(initial, 8)
        return self.engine.reset(self.account, balance, self.now_ns)["venues_seeded"]

    def settle(self, venue: str, slug: str, value: str | None) -> tuple[int, int]:
        value_1e9 = None if value is None else _core.decimal_units(value, 9)
        with refusals():
            return self.engine.settle(venue, slug, value_1e9, self.now_ns)

    def redeem(self, venue: str, slug: str) -> tuple[int, int]:
        with refusals():
            return self.engine.redeem(self.account, venue, slug, self.now_ns)

    def funding(self, venue: str, symbol: str, rate: str) -> None:
        rate_1e9 = _core.decimal_units(rate, 9)
        with refusals():
            self.engine.set_funding_rate(venue, symbol, rate_1e9, self.now_ns)

    def submit(self, order: table.Order) -> table.Row:
        with refusals():
            answer, _ = self.engine.submit(self.account, self.now_ns, **arguments(order))
        return answer

    def preview(self, order: table.Order) -> table.Row:
        with refusals():
            return self.engine.preview(self.account, **arguments(order))

    def cancel(self, order_id: str) -> table.Row:
        with refusals():
            return self.engine.cancel_order(self.account, order_id, self.now_ns)

    def amend(self, order_id: str, changes: dict[str, str]) -> table.Row:
        names = {"qty": ("new_qty_1e8", 8), "less": ("reduce_by_1e8", 8), "price": ("price_1e9", 9)}
        version = changes.pop("version", None)
        given: dict[str, int] = {} if version is None else {"expected_version": int(version)}
        for word, text in changes.items():
            name, decimals = names[word]
            given[name] = _core.decimal_units(text, decimals)
        with refusals():
            return self.engine.amend_order(self.account, order_id, self.now_ns, **given)

    def cancel_venue(self, venue: str) -> table.Row:
        return self.engine.cancel_venue(self.account, venue, self.now_ns)

    def switch(self, *, engage: bool) -> None:
        at = self.account, "sandbox"
        if engage:
            self.engine.engage_kill_switch(*at, "key_1", None, self.now_ns)
        else:
            self.engine.clear_kill_switch(*at, self.now_ns)

    def order(self, order_id: str) -> table.Row:
        with refusals():
            return self.engine.order(self.account, order_id)

    def positions(self) -> table.Row:
        return self.engine.positions(self.account, include_closed=True)

    def fills(self, order_id: str) -> table.Row:
        return self.engine.fills(self.account, node_order_id=order_id)

    def quote(self, symbol: str) -> table.Row:
        with refusals():
            return self.engine.quote(symbol, 1)

    def violations(self) -> list[Any]:
        return self.engine.check_invariants()


@contextlib.contextmanager
def refusals() -> Generator[None]:
    """Refusals of the core as the tables know them."""
    try:
        yield
    except _core.Refusal as refusal:
        raise table.RefusedError(refusal.code, refusal.message) from None


def units(levels: table.Levels) -> list[tuple[int, int]]:
    """Levels as the core takes them."""
    return [(_core.decimal_units(p, 9), _core.decimal_units(q, 8)) for p, q in levels]


def arguments(order: table.Order) -> dict[str, Any]:
    """The keyword arguments of a submit."""
    options = dict(order.options)
    if options.pop("perp", False):
        options["instrument_type"] = "perp"
    for name, text, decimals in (
        ("qty_1e8", order.qty, 8),
        ("notional_1e9", order.notional, 9),
        ("price_1e9", order.limit, 9),
    ):
        if text is not None:
            options[name] = _core.decimal_units(text, decimals)
    return {"symbol": order.symbol, "side": order.side, **options}


@pytest.mark.parametrize("path", table.corpus(), ids=lambda path: path.stem)
def test_every_scenario_happens_as_written(path: Path):
    table.run(path.read_text(), BindingWorld())


@pytest.mark.parametrize(
    "line",
    [
        "quote BTC-USD -> bid 98",
        "balance kraken USD -> 1",
        "place a buy 1 BTC-USD limit 100 kraken -> ACCEPTED",
        "place a buy 1 BTC-USD limit 100 kraken -> refused 422 not enough",
        "place a buy 1 ETH-USD market -> REJECTED",
        "delta kraken BTC-USD ask 101 2 -> done",
    ],
)
def test_a_wrong_expectation_is_noticed(line: str):
    with pytest.raises(AssertionError, match="line 2"):
        table.run(f"book kraken BTC-USD bid 99 1 ask 101 1\n{line}\n", BindingWorld())
