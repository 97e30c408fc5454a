"""Hyperliquid: whole books of twenty levels a side, recent trades first, a ping within a minute."""

import json
import time
from typing import Any, Final

from sequence.fakes.book import Change, Print
from sequence.fakes.server import Client, Fake

_LEVELS: Final = 20


class Hyperliquid(Fake):
    """Closes a connection that says nothing for a minute."""

    name = "hyperliquid"
    heard_within_s = 60.0

    def __init__(self, symbols: list[str], **options: Any) -> None:
        super().__init__(symbols, **options)
        self._names = {symbol.partition("-")[0]: symbol for symbol in symbols}

    def depth(self) -> int:
        """Levels a side of every message."""
        return _LEVELS

    async def word(self, client: Client, text: str) -> None:
        """Subscribes one channel of one coin, or answers a ping."""
        body = json.loads(text)
        if body["method"] == "ping":
            await client.socket.send('{"channel":"pong"}')
            return
        wanted = body["subscription"]
        symbol = self._names.get(wanted.get("coin"))
        channel = {"l2Book": "book", "trades": "trade"}.get(wanted.get("type"))
        if symbol is None or channel is None:
            self.refused.append(f"invalid subscription {wanted}")
            error = {"channel": "error", "data": f"Invalid subscription {json.dumps(wanted)}"}
            await client.socket.send(json.dumps(error))
            return
        if body["method"] == "unsubscribe":
            client.topics.discard((channel, symbol))
        else:
            client.topics.add((channel, symbol))
        answer = {"channel": "subscriptionResponse", "data": body}
        await client.socket.send(json.dumps(answer))
        if body["method"] == "subscribe" and channel == "book":
            await client.socket.send(self.snapshot(client, symbol))

    def listed(self, path: str, posted: str) -> str | None:
        """`POST /info` of `{"type": "meta"}`: decimals of sizes; prices follow a rule."""
        if not path.endswith("/info") or json.loads(posted or "{}").get("type") != "meta":
            return None
        rows = [
            {"name": coin, "szDecimals": self.books[symbol].lot_decimals}
            | ({"isDelisted": True} if symbol in self.halted else {})
            for coin, symbol in self._names.items()
        ]
        return json.dumps({"universe": rows})

    def snapshot(self, client: Client, symbol: str) -> str:
        """Every message is a snapshot."""
        del client
        return self._book(symbol, _LEVELS)

    def _book(self, symbol: str, most: int) -> str:
        book = self.books[symbol]
        levels = [
            [
                {"px": book.price(ticks), "sz": book.size(lots), "n": 1}
                for ticks, lots in book.levels(side)[:most]
            ]
            for side in ("bid", "ask")
        ]
        data = {"coin": symbol.partition("-")[0], "time": _ms(), "levels": levels}
        return json.dumps({"channel": "l2Book", "data": data})

    def update(self, client: Client, symbol: str, changes: list[Change]) -> str:
        """The whole book again."""
        del client, changes
        return self._book(symbol, 0 if self.takes_empty() else _LEVELS)

    def trade(self, client: Client, symbol: str, printed: Print) -> str:
        """The last print."""
        del client
        book = self.books[symbol]
        ticks, lots, taker = printed
        row = {
            "coin": symbol.partition("-")[0],
            "side": "B" if taker == "buy" else "A",
            "px": book.price(ticks),
            "sz": book.size(lots),
            "hash": "0x0",
            "time": _ms(),
            "tid": self.new_trade_id(),
            "users": ["0x1", "0x2"],
        }
        return json.dumps({"channel": "trades", "data": [row]})


def _ms() -> int:
    return time.time_ns() // 10**6
