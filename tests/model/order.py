"""The sums of one order: what its fills cost, and what the rest of it still holds back."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from tests.model.terms import (
    CENT,
    INITIAL,
    MOST_ROUNDED,
    ONE,
    SHARE,
    Key,
    Listing,
    quadratic,
)

OPEN = frozenset({"NEW", "ACCEPTED", "PARTIAL"})
EDGES = {
    "NEW": {"ACCEPTED", "REJECTED", "CANCELLED"},
    "ACCEPTED": {"ACCEPTED", "PARTIAL", "FILLED", "CANCELLED", "EXPIRED", "REJECTED"},
    "PARTIAL": {"PARTIAL", "FILLED", "CANCELLED", "EXPIRED"},
}


class Form(NamedTuple):
    """What an order asks for: as sent, or as an amend that is on its way asks.

    `bound` is the worst price, `margin_at` the price that margin is taken at.
    """

    qty: int
    limit: int | None
    bound: int
    margin_at: int
    reducing: int


@dataclass
class Order:
    """One order of one account, with the form in force and the one under way."""

    listing: Listing
    side: str
    form: Form
    tif: str
    reduce_only: bool = False
    name: str = ""
    status: str = "NEW"
    waiting: Form | None = None
    filled: int = 0
    exact: int = 0
    booked: int = 0
    due: Fraction = Fraction(0)
    paid: int = 0
    acc: int = 0
    over_paid: Fraction = Fraction(0)
    is_liquidation: bool = False
    cancel_sent: bool = False
    ends_ns: int | None = None
    past: list[Form] = field(default_factory=list)
    told: int | None = None
    seen: set[int] = field(default_factory=set)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def rest(self) -> int:
        return self.form.qty - self.filled

    @property
    def pays_from(self) -> Key:
        """The row that the reservation is in."""
        market = self.listing.market
        is_sale = self.side == "sell" and market.kind != "perp"
        return self.listing.held if is_sale else market.cash

    def charge(self, price: int, qty: int, rate: Fraction) -> tuple[int, int]:
        """Books a fill; returns (notional, fee). Both are rounded over the whole order."""
        self.filled += qty
        self.exact += price * qty
        rounded = ceil if self.side == "buy" else floor
        notional = rounded(Fraction(self.exact, ONE)) - self.booked
        self.booked += notional
        fee = getattr(self, f"_{self.listing.market.fees}")(price, qty, rate, notional)
        self.paid += fee
        return notional, fee

    def _bps(self, price: int, qty: int, rate: Fraction, notional: int) -> int:
        self.due += Fraction(price * qty, ONE) * rate
        fee = ceil(self.due) - self.paid
        return min(fee, notional) if self.side == "sell" else fee

    def _joins(self) -> bool:
        """A purchase that leaves a thousand lots open is rounded together with its next fill."""
        if self.side == "sell":
            return False
        largest = max(form.qty for form in (self.form, self.waiting) if form is not None)
        return largest - self.filled >= MOST_ROUNDED * self.listing.market.lot

    def _kalshi(self, price: int, qty: int, rate: Fraction, notional: int) -> int:
        step = 100_000
        exact = quadratic(price, qty, rate) - self.over_paid
        fee = max(ceil(exact / step), 0) * step
        if self.side == "sell":
            fee = min(fee, notional // step * step)
        self.over_paid = fee - exact if self._joins() else Fraction(0)
        change = (notional if self.side == "sell" else -notional) - fee
        rounding = change % CENT
        rebate = max(ceil(Fraction(self.acc + rounding, CENT)) - 1, 0) * CENT
        self.acc += rounding - rebate
        return fee + rounding - rebate

    def _polymarket(self, price: int, qty: int, rate: Fraction, notional: int) -> int:
        step = 10_000
        exact = (quadratic(price, qty, rate) - self.over_paid) / step
        fee = floor(exact + Fraction(1, 2)) * step if exact >= 1 else 0
        self.over_paid = fee - exact * step if self._joins() else Fraction(0)
        return min(fee, notional) if self.side == "sell" else fee

    def reserved(self) -> int:
        """What is held back: enough for the form in force and for the one under way."""
        if not self.is_open or self.is_liquidation:
            return 0
        if self.told is not None:
            return self.told
        if self.waiting is None:
            return self.required(self.form)
        return self.over(self.form, self.waiting)

    def closes(self) -> int:
        """How much of a position it closes, in the form it has or is to get."""
        forms = [self.form, *([self.waiting] if self.waiting else [])]
        return max(min(form.reducing, form.qty - self.filled) for form in forms)

    def most(self) -> int:
        """Enough for every form whose fills may still be told."""
        forms = [self.form, *self.past, *([self.waiting] if self.waiting else [])]
        return max(self.over(one, other) for one in forms for other in forms)

    def over(self, one: Form, other: Form) -> int:
        """Enough for whichever of two forms the order has when it is filled."""
        mixed = self._mixed(one, other)
        return max(self.required(form) for form in (one, other, *mixed))

    def _mixed(self, old: Form, new: Form) -> list[Form]:
        """A fill of the old form may be dearer than the new one, which then has more to come."""
        is_perp = self.listing.market.kind == "perp"
        cheaper = new.bound < old.bound if self.side == "buy" else False
        if is_perp:
            cheaper = new.margin_at < old.margin_at or new.reducing > old.reducing
        if not cheaper or new.qty <= old.qty:
            return []
        worst = max if self.side == "buy" else min
        bound, margin_at = worst(old.bound, new.bound), max(old.margin_at, new.margin_at)
        opens = max(self._opened_by(old, new, taken) for taken in (0, new.reducing, old.qty))
        return [Form(new.qty, None, bound, margin_at, new.qty - self.filled - opens)]

    def _opened_by(self, old: Form, new: Form, taken: int) -> int:
        """What both forms open after such a fill of the old one: it closes for both."""
        taken = min(taken, old.qty - self.filled)
        rest = new.qty - self.filled - taken
        return max(taken - old.reducing, 0) + rest - min(max(new.reducing - taken, 0), rest)

    def required(self, form: Form) -> int:
        """What the rest of a form can still cost at most."""
        market, rest = self.listing.market, form.qty - self.filled
        if rest <= 0:
            return 0
        if market.kind == "perp":
            return self._margin_and_fee(form, max(rest - form.reducing, 0))
        if self.side == "sell":
            return rest * 10
        rate = max(market.maker, market.taker)
        worst = Fraction(self.exact + form.bound * rest, ONE)
        if market.fees == "bps":
            due = self.due + form.bound * rest * SHARE * rate
            return ceil(worst) - self.booked + ceil(due) - self.paid
        fee = quadratic(form.bound, rest, rate) - self.over_paid
        fills = min(ceil(Fraction(rest, market.lot)), MOST_ROUNDED)
        if market.fees == "kalshi":
            steps = fills * 100_000
            total = ceil(worst) - self.booked + ceil(fee) + steps + CENT - self.acc
            return ceil(Fraction(total, CENT)) * CENT
        return ceil(worst + fee) - self.booked + fills * 5_000

    def _margin_and_fee(self, form: Form, opening: int) -> int:
        if opening == 0:
            return 0
        market, notional = self.listing.market, form.margin_at * opening * SHARE
        rate = max(market.maker, market.taker)
        return ceil(notional * INITIAL) + ceil(self.due + notional * rate) - self.paid
