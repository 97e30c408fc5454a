"""Books, accounts and time of the model, and what it expects of each command."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from tests.model.account import Account, Row
from tests.model.book import Book
from tests.model.order import Form, Order
from tests.model.terms import (
    CROSSES,
    PEGGED,
    PERPS,
    SPOT,
    USD_1E9,
    Key,
    Listing,
    Market,
    event,
    protection,
)

DEVIATION = Fraction(1, 2)
"""A limit this far through the opposite price is taken for a typing error."""


class Walk(NamedTuple):
    """What an order takes on arrival, in its own outcome's prices, and why it stops."""

    fills: list[tuple[int, int]]
    rest: int
    stop: str


class Verdict(NamedTuple):
    """The answer to a submit: `refused` with a code, `rejected` with one of some reasons, `ok`."""

    kind: str
    reasons: frozenset[str] = frozenset()


OK = Verdict("ok")


def _refused() -> Verdict:
    return Verdict("refused", frozenset({"VALIDATION_ERROR"}))


@dataclass
class World:
    """Everything the model knows. `is_instant`: it also says what fills on arrival."""

    is_instant: bool
    now: int
    accounts: list[Account] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=lambda: {"kalshi": 0, "polymarket": 0})
    books: dict[Market, Book] = field(default_factory=dict)
    rates: dict[Market, int] = field(default_factory=dict)
    resolved: list[Market] = field(default_factory=list)

    def __post_init__(self) -> None:
        for market in self.markets():
            self.books[market] = Book(market)

    def markets(self) -> list[Market]:
        events = (event(venue, number) for venue, number in self.numbers.items())
        return [*SPOT, *PERPS, *events, *CROSSES]

    def listings(self) -> list[Listing]:
        markets = self.markets()
        outcomes = [Listing(market, True) for market in markets if market.kind == "prediction"]
        others = [Listing(market) for market in markets if market not in CROSSES]
        return [*others, *outcomes, *(Listing(market) for market in CROSSES)]

    def counted(self, market: Market, row: Row) -> Fraction:
        """What a position counts at: its mark, or what was paid where its book is not live and
        that is worse."""
        book = self.books[market]
        if book.mark is None:
            return row.entry
        mark = Fraction(book.mark)
        if book.is_live or not book.was_live:
            return mark
        return min(mark, row.entry) if row.perp > 0 else max(mark, row.entry)

    def worth(self, asset: tuple[str, str]) -> int | None:
        """Dollars of 1e-9 for a unit of what is paid with: 1 by its peg, else by its own pair with
        a dollar, else through what a pair in it trades. None where no live book says it."""
        if asset in PEGGED:
            return USD_1E9
        own = dict.fromkeys(market.symbol for market in SPOT if Listing(market).held[1:] == asset)
        if own:
            return next((mark for symbol in own if (mark := self.middle(symbol))), None)
        for market in CROSSES:
            traded = self.worth(Listing(market).held[1:])
            mark = self.middle(market.symbol)
            if market.settle == asset and traded is not None and mark is not None:
                return traded * USD_1E9 // mark
        return None

    def middle(self, symbol: str) -> int | None:
        """Halfway between the best prices of all live books of a symbol that have both."""
        books = [book for market, book in self.books.items()
                 if market.symbol == symbol and book.is_live]  # fmt: skip
        sides = [(book.best("buy"), book.best("sell")) for book in books]
        whole = [(bid, ask) for bid, ask in sides if bid is not None and ask is not None]
        if not whole:
            return None
        return (max(bid for bid, _ in whole) + min(ask for _, ask in whole)) // 2

    # What an account may take, and where it stops.

    def touch(self, listing: Listing, side: str) -> int | None:
        """The best price that an order of this side meets, in its own outcome's prices."""
        canonical, _ = listing.canonical(side, 0)
        best = self.books[listing.market].best("sell" if canonical == "buy" else "buy")
        return None if best is None else listing.canonical(side, best)[1]

    def walk(self, account: Account, listing: Listing, side: str, qty: int, bound: int) -> Walk:
        canonical, worst = listing.canonical(side, bound)
        against = "sell" if canonical == "buy" else "buy"
        sign = 1 if canonical == "buy" else -1
        book = self.books[listing.market]
        taken = account.taken.get((listing.market.venue, listing.market.symbol, against), {})
        own = self.own_price(account, listing.market, against)
        fills: list[tuple[int, int]] = []
        for price in sorted(book.sides[against], key=lambda price: sign * price):
            if qty == 0:
                return Walk(fills, 0, "FILLED")
            if own is not None and sign * own <= min(sign * price, sign * worst):
                return Walk(fills, qty, "SELF_TRADE")
            if sign * price > sign * worst:
                return Walk(fills, qty, "SLIPPAGE_CAP")
            size = min(max(book.sides[against][price].left - taken.get(price, 0), 0), qty)
            if size > 0:
                fills.append((listing.canonical(side, price)[1], size))
                qty -= size
        if qty and own is not None and sign * own <= sign * worst:
            return Walk(fills, qty, "SELF_TRADE")
        return Walk(fills, qty, "NO_LIQUIDITY" if qty else "FILLED")

    @staticmethod
    def own_price(account: Account, market: Market, side: str) -> int | None:
        """The best canonical price of the account's own orders that rest on a side."""
        sign = -1 if side == "buy" else 1
        prices = [
            order.listing.canonical(order.side, order.form.limit)
            for order in account.open_orders()
            if order.listing.market == market and order.form.limit is not None
        ]
        found = [sign * price for canonical, price in prices if canonical == side]
        return sign * min(found) if found else None

    # What a submit is answered.

    def draft(self, account: Account, listing: Listing, side: str, qty: int, limit: int | None,
              *, reduce_only: bool, without: Order | None = None) -> Form | None:  # fmt: skip
        """The order as it is reserved for; None for a market order without a touch."""
        touch = self.touch(listing, side)
        if limit is None and touch is None:
            return None
        bound = limit if limit is not None else protection(listing, side, touch or 0)
        is_live = self.books[listing.market].is_live
        margin_at = max(bound, touch or 0) if side == "sell" and is_live else bound
        free = account.reducible(listing, side, without=without)
        is_perp = listing.market.kind == "perp"
        reducing = qty if reduce_only else min(free, qty) if is_perp else 0
        return Form(qty, limit, bound, margin_at, reducing)

    def verdict(self, account: Account, order: Order) -> Verdict:
        listing, side, form = order.listing, order.side, order.form
        market, book, limit = listing.market, self.books[listing.market], form.limit
        touch = self.touch(listing, side)
        if limit is None and (touch is None or not book.is_live):
            return _refused()
        price = limit if limit is not None else touch or 0
        free = self.takes_below_minimum(account, order, form.qty)
        if price * form.qty // 10**8 < market.minimum and not free:
            return _refused()
        reasons = set[str]()
        if book.status == "halted":
            reasons.add("EXCHANGE_BUSY")
        elif not book.is_live and order.tif in {"ioc", "fok"}:
            reasons.add("STALE_VENUE")
        if self.is_typing_error(listing, side, limit):
            reasons.add("PRICE_DEVIATION")
        if order.reduce_only and not self.closes(account, listing, side):
            reasons.add("INVALID_PARAMS")
        if order.required(form) > self.available(account, order.pays_from):
            reasons.add("INSUFFICIENT_BALANCE")
        if not reasons:
            return OK
        if self.is_refused_by_venue(account, order):
            # Two causes at once: either may be named.
            reasons.add("EXCHANGE_REJECT")
        return Verdict("rejected", frozenset(reasons))

    def is_refused_by_venue(self, account: Account, order: Order) -> bool:
        if not self.books[order.listing.market].is_live:
            return False
        if order.tif == "post_only":
            return self.crosses(account, order)
        form = order.form
        walk = self.walk(account, order.listing, order.side, form.qty, form.bound)
        return order.tif == "fok" and walk.rest > 0

    def is_typing_error(self, listing: Listing, side: str, limit: int | None) -> bool:
        touch = self.touch(listing, side)
        if limit is None or touch is None or listing.market.kind == "prediction":
            return False
        if not self.books[listing.market].is_live:
            return False
        through = limit - touch if side == "buy" else touch - limit
        return through > touch * DEVIATION

    @staticmethod
    def closes(account: Account, listing: Listing, side: str) -> bool:
        return account.exit_room(listing, side) > 0

    @staticmethod
    def takes_below_minimum(account: Account, order: Order, qty: int) -> bool:
        """Exits of perps are free of minimums; binance wants them marked."""
        if order.listing.market.kind != "perp" or order.reduce_only:
            return order.reduce_only
        position = account.look(order.listing.held).perp
        opposite = -position if order.side == "buy" else position
        return order.listing.market.venue != "binance" and qty <= opposite

    def available(self, account: Account, key: Key) -> int:
        """What a new order may reserve."""
        return max(account.free(key, self.counted), 0)

    def crosses(self, account: Account, order: Order) -> bool:
        """Whether a post-only order would take, or would meet an own order."""
        limit = order.form.limit
        assert limit is not None
        walk = self.walk(account, order.listing, order.side, 1, limit)
        return bool(walk.fills) or walk.stop == "SELF_TRADE"
