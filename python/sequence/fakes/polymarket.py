"""Polymarket CLOB, market channel: no acknowledgement, books as an array, a text ping in time."""

import json
import time
from typing import Any, Final

from sequence.fakes.book import Change, Print
from sequence.fakes.server import Client, Fake, NoticeKind

_MOST_WITH_A_BOOK: Final = 500
"""Tokens of a connection, beyond which the venue sends it no first book."""


class Polymarket(Fake):
    """Symbols are token ids; prices are between 0 and 1."""

    name = "polymarket"
    heard_within_s = 30.0

    def __init__(self, symbols: list[str], **options: Any) -> None:
        given = {"tick_decimals": 2, "lot_decimals": 2, "mid": 50} | options
        super().__init__(symbols, **given)
        self.ticks: dict[str, str] = {}
        for book in self.books.values():
            book.lowest, book.highest = 1, 99

    async def word(self, client: Client, text: str) -> None:
        """The first message has a type, later ones an operation; `PING` is a text."""
        if text == "PING":
            await client.socket.send("PONG")
            return
        body = json.loads(text)
        if body.get("type") != "market" and body.get("operation") not in (
            "subscribe",
            "unsubscribe",
        ):
            await self.hang_up(client, "neither a type nor an operation")
            return
        if body.get("operation") == "unsubscribe":
            for symbol in body["assets_ids"]:
                client.topics -= {("book", symbol), ("trade", symbol)}
            return
        client.ids["custom"] = client.ids.get("custom", 0) or body.get("custom_feature_enabled", 0)
        known = [symbol for symbol in body["assets_ids"] if symbol in self.books]
        if len({symbol for _, symbol in client.topics} | set(known)) <= _MOST_WITH_A_BOOK:
            books = ",".join(self.snapshot(client, symbol) for symbol in known)
            await client.socket.send(f"[{books}]")
        for symbol in known:
            client.topics |= {("book", symbol), ("trade", symbol)}

    def notice(self, client: Client, kind: NoticeKind, symbol: str) -> str | None:
        """A new tick empties the book; that a market is resolved hears who asked for it."""
        if kind == "end":
            head = {"event_type": "market_resolved", "assets_ids": [symbol], "market": "0x01"}
            told = head | {"winning_asset_id": symbol, "winning_outcome": "Yes", "timestamp": _ms()}
            return json.dumps(told) if client.ids.get("custom") else None
        self.ticks[symbol] = "0.001"
        head = {"event_type": "tick_size_change", "asset_id": symbol, "market": "0x01"}
        told = head | {"old_tick_size": "0.01", "new_tick_size": "0.001", "timestamp": _ms()}
        return json.dumps(told) if ("book", symbol) in client.topics else None

    def step(self, symbol: str) -> str:
        """The tick that was told last."""
        return self.ticks.get(symbol, super().step(symbol))

    def listed(self, path: str, posted: str) -> str | None:
        """`GET /markets?clob_token_ids=`: the market of a token and of its opposite."""
        del posted
        token = path.rpartition("clob_token_ids=")[2]
        if "/markets" not in path or token not in self.books:
            return None
        row = {
            "clobTokenIds": json.dumps([token]),
            "orderPriceMinTickSize": float(self.step(token)),
            "orderMinSize": 1,
            "acceptingOrders": token not in self.halted,
            "closed": False,
        }
        return json.dumps([row])

    def snapshot(self, client: Client, symbol: str) -> str:
        """The whole book, worst price first."""
        del client
        book = self.books[symbol]

        def side(levels: list[tuple[int, int]]) -> list[dict[str, str]]:
            return [{"price": book.price(t), "size": book.size(q)} for t, q in reversed(levels)]

        sides = {"bids": side(book.levels("bid")), "asks": side(book.levels("ask"))}
        head = {"event_type": "book", "asset_id": symbol, "market": "0x01", "timestamp": _ms()}
        return json.dumps(head | sides | {"hash": "0"})

    def update(self, client: Client, symbol: str, changes: list[Change]) -> str:
        """Totals of the levels that changed, with the best prices after them."""
        del client
        book = self.books[symbol]
        best = {
            "best_bid": book.price(book.levels("bid")[0][0]),
            "best_ask": book.price(book.levels("ask")[0][0]),
        }
        rows = [
            {
                "asset_id": symbol,
                "price": book.price(ticks),
                "side": "BUY" if side == "bid" else "SELL",
                "size": book.size(lots),
                "hash": "0",
            }
            | best
            for side, ticks, lots in changes
        ]
        head = {"event_type": "price_change", "market": "0x01", "timestamp": _ms()}
        return json.dumps(head | {"price_changes": rows})

    def trade(self, client: Client, symbol: str, printed: Print) -> str:
        """The last print."""
        del client
        book = self.books[symbol]
        ticks, lots, taker = printed
        return json.dumps(
            {
                "event_type": "last_trade_price",
                "asset_id": symbol,
                "market": "0x01",
                "price": book.price(ticks),
                "side": taker.upper(),
                "size": book.size(lots),
                "fee_rate_bps": "0",
                "timestamp": _ms(),
            }
        )


def _ms() -> str:
    return str(time.time_ns() // 10**6)
