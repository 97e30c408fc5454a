"""Crossings: each feature followed by each other one, on each kind of contract and both sides.

Nothing waits between the two, so with delays the second meets the first on its way.
"""

import itertools
from typing import NamedTuple

from tests.model.commands import CASH, MARKETS
from tests.model.machine import Command
from tests.model.terms import ONE, USD_1E9

FEATURES = (
    "submit", "amend", "cancel", "fill", "restart", "restore", "reset", "settle", "halt",
    "stale", "funding", "liquidation", "expiry", "exit",
)  # fmt: skip
KINDS = {"spot": 1, "perp": 4, "event": 7}
"""The market of each kind, by its place."""

SECOND = 10**9
HOUR = 3_600 * SECOND
DAY = 24 * HOUR


class Crossing(NamedTuple):
    """Two features, one after the other, around a resting and a taking order."""

    first: str
    second: str
    kind: str
    side: str

    @property
    def index(self) -> int:
        return KINDS[self.kind]

    @property
    def sign(self) -> int:
        return 1 if self.side == "buy" else -1

    @property
    def other(self) -> str:
        return "sell" if self.side == "buy" else "buy"

    def script(self) -> list[Command]:
        return [
            *self.opening(),
            *getattr(self, f"_{self.first}")(),
            *getattr(self, f"_{self.second}")(),
            *self.ending(),
        ]

    def opening(self) -> list[Command]:
        """Books, funds, things to sell, a position in a perpetual, and an order that rests."""
        index, commands = self.index, list[Command]()
        commands += [self.book(number, 0) for number in range(MARKETS)]
        commands += [("write", who, key, 20_000 * ONE) for who in range(2) for key in CASH]
        commands.append(
            ("write", 0, ("kraken", "crypto", "BTC"), ONE, None, False, 60_000 * USD_1E9)
        )
        commands.append(("order", 0, 4, self.side, 10, None, "ioc"))
        commands.append(("order", 0, 7, "buy", 9, None, "ioc"))
        commands.append(("wait", 3 * SECOND))
        commands.append(("order", 0, index, self.side, 5, -4 * self.sign, "gtc"))
        commands.append(("wait", 3 * SECOND))
        return commands

    def ending(self) -> list[Command]:
        """Everything live again, an order there and back, and what is left is cancelled."""
        index = self.index
        return [
            ("wait", 3 * SECOND),
            ("status", index, "open"),
            ("stale", index, False),
            self.book(index, 0),
            self.book(4, 0),
            ("order", 0, index, self.other, 3, None, "ioc"),
            ("order", 0, index, self.side, 2, 3 * self.sign, "gtc"),
            ("wait", 3 * SECOND),
            ("trade", index, -5 * self.sign, 30, self.other),
            ("cancel_venue", 0, "kraken"),
            ("cancel_venue", 0, "kalshi"),
            ("cancel_venue", 0, "hyperliquid"),
            ("wait", 2 * HOUR),
        ]

    @staticmethod
    def book(index: int, middle: int) -> Command:
        bids = [(middle - 1, 20), (middle - 3, 40)]
        asks = [(middle + 1, 20), (middle + 3, 40)]
        return ("book", index, bids, asks, True)

    def _submit(self) -> list[Command]:
        return [("order", 0, self.index, self.side, 7, 2 * self.sign, "gtc")]

    def _amend(self) -> list[Command]:
        return [("amend", 0, 0, 8, -2 * self.sign)]

    def _cancel(self) -> list[Command]:
        return [("cancel", 0, 0)]

    def _fill(self) -> list[Command]:
        taking: Command = ("order", 0, self.index, self.side, 6, None, "ioc")
        return [taking, ("trade", self.index, -5 * self.sign, 25, self.other)]

    def _restart(self) -> list[Command]:
        return [("restart",)]

    def _restore(self) -> list[Command]:
        return [("snapshot",), *self._submit(), ("wait", SECOND), ("restore", 0)]

    def _reset(self) -> list[Command]:
        return [("reset", 0, 5_000)]

    def _settle(self) -> list[Command]:
        return [("settle", "kalshi", USD_1E9), ("settle", "kalshi", 5 * 10**8, 0)]

    def _halt(self) -> list[Command]:
        return [("status", self.index, "halted"), *self._amend(), *self._submit()]

    def _stale(self) -> list[Command]:
        return [("stale", self.index, True), *self._submit()]

    def _funding(self) -> list[Command]:
        """A boundary with what is held, and one at which more is bought."""
        return [
            ("rate", 4, -self.sign * 10**6),
            ("wait", HOUR),
            ("align",),
            ("order", 1, 4, self.side, 3, None, "ioc"),
            ("wait", HOUR),
        ]

    def _expiry(self) -> list[Command]:
        return [("order", 0, self.index, self.side, 5, -3 * self.sign, "day"), ("wait", DAY)]

    def _exit(self) -> list[Command]:
        """An exit rests, most of the position is closed, then the market trades through it."""
        return [
            ("order", 0, 4, self.other, 10, 5 * self.sign, "gtc", True),
            ("wait", 3 * SECOND),
            ("order", 0, 4, self.other, 8, None, "ioc"),
            ("wait", 3 * SECOND),
            ("trade", 4, 6 * self.sign, 60, self.side),
        ]

    def _liquidation(self) -> list[Command]:
        """What is left of the funds hardly covers the position, then the market jumps."""
        funds: Command = ("write", 0, ("hyperliquid", "crypto", "USDC"), 0, 0)
        return [funds, self.book(4, -200 * self.sign), self.book(4, -400 * self.sign)]


def crossings() -> list[Crossing]:
    """Every ordered pair of features, kind and side."""
    pairs = itertools.product(FEATURES, FEATURES)
    return [
        Crossing(first, second, kind, side)
        for first, second in pairs
        for kind in KINDS
        for side in ("buy", "sell")
    ]
