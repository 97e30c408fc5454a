"""Coinbase Advanced Trade: one sequence per connection, acknowledgements after the first data."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from sequence.fakes.book import Change, Print
from sequence.fakes.server import Client, Fake

_CHANNELS: Final = {"level2": "book", "market_trades": "trade", "heartbeats": "heartbeat"}


class Coinbase(Fake):
    """Closes a connection that subscribes to nothing within five seconds."""

    name = "coinbase"
    subscribe_within_s = 5.0
    sends_per_s = 8.0
    beats_every_s = 1.0

    async def word(self, client: Client, text: str) -> None:
        """Subscribes and unsubscribes one channel."""
        body = json.loads(text)
        channel = _CHANNELS.get(body.get("channel", ""))
        if channel is None:
            self.refused.append("unknown channel")
            await client.socket.send(json.dumps({"type": "error", "message": "unknown channel"}))
            return
        for symbol in body.get("product_ids", ["*"]):
            topic = (channel, symbol)
            if body["type"] == "unsubscribe":
                client.topics.discard(topic)
                continue
            if channel != "heartbeat" and symbol not in self.books:
                self.refused.append(f"unknown product {symbol}")
                message = f"{symbol} is not a valid product"
                await client.socket.send(json.dumps({"type": "error", "message": message}))
                continue
            if channel == "book":
                await self.send(client, self.snapshot(client, symbol))
            client.topics.add(topic)
        names = {body["channel"]: body.get("product_ids", [])}
        await self.send(client, self._frame(client, "subscriptions", [{"subscriptions": names}]))

    def snapshot(self, client: Client, symbol: str) -> str:
        """The whole book."""
        book = self.books[symbol]
        bids: list[Change] = [("bid", ticks, lots) for ticks, lots in book.levels("bid")]
        asks: list[Change] = [("ask", ticks, lots) for ticks, lots in book.levels("ask")]
        changes = bids + asks
        return self._levels(client, symbol, "snapshot", changes)

    def update(self, client: Client, symbol: str, changes: list[Change]) -> str:
        """Levels that changed."""
        return self._levels(client, symbol, "update", changes)

    def trade(self, client: Client, symbol: str, printed: Print) -> str:
        """The last print; its side is the maker's."""
        book = self.books[symbol]
        ticks, lots, taker = printed
        row = {
            "trade_id": str(self.new_trade_id()),
            "product_id": symbol,
            "price": book.price(ticks),
            "size": book.size(lots),
            "side": "SELL" if taker == "buy" else "BUY",
            "time": _now(),
        }
        return self._frame(client, "market_trades", [{"type": "update", "trades": [row]}])

    def beat(self, client: Client) -> str | None:
        """Numbered with all else, and only for those who subscribed its channel."""
        if not any(channel == "heartbeat" for channel, _ in client.topics):
            return None
        client.ids["heartbeat"] = client.ids.get("heartbeat", 0) + 1
        event = {"current_time": _now(), "heartbeat_counter": client.ids["heartbeat"]}
        return self._frame(client, "heartbeats", [event])

    def listed(self, path: str, posted: str) -> str | None:
        """`/market/products`."""
        del posted
        if not path.endswith("/market/products"):
            return None
        rows = [
            {
                "product_id": symbol,
                "price_increment": self.step(symbol),
                "base_increment": self.lot(symbol),
                "base_min_size": self.lot(symbol),
                "quote_min_size": "1",
                "status": "online",
                "trading_disabled": symbol in self.halted,
            }
            for symbol in self.symbols
        ]
        return json.dumps({"products": rows})

    def restart(self, client: Client) -> None:
        """The sequence begins at 0 again, which a client must take for a gap."""
        client.seq = 0

    def _levels(self, client: Client, symbol: str, kind: str, changes: list[Change]) -> str:
        book = self.books[symbol]
        updates = [
            {
                "side": "bid" if side == "bid" else "offer",
                "event_time": _now(),
                "price_level": book.price(ticks),
                "new_quantity": book.size(lots) if lots else "0",
            }
            for side, ticks, lots in changes
        ]
        event = {"type": kind, "product_id": symbol, "updates": updates}
        return self._frame(client, "l2_data", [event])

    def _frame(self, client: Client, channel: str, events: list[dict[str, Any]]) -> str:
        body = {
            "channel": channel,
            "client_id": "",
            "timestamp": _now(),
            "sequence_num": client.seq,
            "events": events,
        }
        client.seq += 1
        return json.dumps(body)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
