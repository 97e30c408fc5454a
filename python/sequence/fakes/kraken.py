"""Kraken spot, WebSocket v2: one acknowledgement per symbol, checksums, truncation to the depth."""

import json
import zlib
from datetime import UTC, datetime
from typing import Any, Final

from sequence.fakes.book import Change, Print, TrueBook
from sequence.fakes.server import Client, Fake

_DEPTHS: Final = (10, 25, 100, 500, 1000)
_SUMMED: Final = 10


class Kraken(Fake):
    """Books of `depth` levels; subscriptions to unknown pairs or depths are refused."""

    name = "kraken"
    sends_per_s = 20.0
    beats_every_s = 1.0
    beats_when_quiet = True

    def __init__(self, symbols: list[str], **options: Any) -> None:
        super().__init__(symbols, **options)
        self._depth = _DEPTHS[1]
        self._names = {symbol.replace("-", "/"): symbol for symbol in symbols}

    def depth(self) -> int:
        """The subscribed depth."""
        return self._depth

    async def greet(self, client: Client) -> None:
        """The status of the exchange."""
        data = [{"version": "2.0.10", "system": "online", "api_version": "v2", "connection_id": 1}]
        await client.socket.send(json.dumps({"channel": "status", "type": "update", "data": data}))

    async def word(self, client: Client, text: str) -> None:
        """Subscribes and unsubscribes, one answer per symbol."""
        body = json.loads(text)
        if body.get("method") == "ping":
            await client.socket.send('{"method":"pong"}')
            return
        params = body["params"]
        channel, subscribes = params["channel"], body["method"] == "subscribe"
        for name in params["symbol"]:
            symbol = self._names.get(name)
            error = None
            if symbol is None:
                error = f"Currency pair not supported {name}"
            elif channel == "book" and params.get("depth") not in _DEPTHS:
                error = "Depth not supported"
            elif channel not in ("book", "trade"):
                error = "Channel not supported"
            answer: dict[str, Any] = {"method": body["method"], "success": error is None}
            if error is not None or symbol is None:
                self.refused.append(str(error))
                await client.socket.send(json.dumps(answer | {"error": error}))
                continue
            answer["result"] = {"channel": channel, "symbol": name, "snapshot": True}
            topic = ("book" if channel == "book" else "trade", symbol)
            if channel == "book":
                self._depth = answer["result"]["depth"] = params["depth"]
            if not subscribes:
                client.topics.discard(topic)
                await client.socket.send(json.dumps(answer))
                continue
            await client.socket.send(json.dumps(answer))
            if channel == "book":
                await client.socket.send(self.snapshot(client, symbol))
            client.topics.add(topic)

    def snapshot(self, client: Client, symbol: str) -> str:
        """The best levels of both sides."""
        book = self.books[symbol]
        client.ids[symbol] = 0
        bids = book.levels("bid")[: self._depth]
        asks = book.levels("ask")[: self._depth]
        return self._frame("snapshot", symbol, bids, asks)

    def update(self, client: Client, symbol: str, changes: list[Change]) -> str | None:
        """Levels that changed within the depth, and those that moved into it."""
        del client
        book = self.books[symbol]
        sides: dict[str, list[tuple[int, int]]] = {"bid": [], "ask": []}
        for side, ticks, lots in changes:
            sides[side].append((ticks, lots))
        # A level that a removal lets into the depth is sent as well.
        for side in ("bid", "ask"):
            if any(lots == 0 for _, lots in sides[side]):
                known = {ticks for ticks, _ in sides[side]}
                shown = book.levels("bid" if side == "bid" else "ask")[: self._depth]
                sides[side] += [level for level in shown[-6:] if level[0] not in known]
        return self._frame("update", symbol, sides["bid"], sides["ask"])

    def trade(self, client: Client, symbol: str, printed: Print) -> str:
        """The last print."""
        del client
        book = self.books[symbol]
        ticks, lots, side = printed
        row = (
            f'{{"symbol":"{symbol.replace("-", "/")}","side":"{side}","price":{book.price(ticks)},'
            f'"qty":{book.size(lots)},"ord_type":"limit","trade_id":{self.new_trade_id()},'
            f'"timestamp":"{_now()}"}}'
        )
        return f'{{"channel":"trade","type":"update","data":[{row}]}}'

    def beat(self, client: Client) -> str:
        """Sent to everybody."""
        del client
        return '{"channel":"heartbeat"}'

    def listed(self, path: str, posted: str) -> str | None:
        """`/0/public/AssetPairs`, with the older names of two coins."""
        del posted
        if not path.endswith("/AssetPairs"):
            return None
        rows = {
            symbol.replace("-", ""): {
                "wsname": symbol.replace("-", "/").replace("BTC", "XBT").replace("DOGE", "XDG"),
                "tick_size": self.step(symbol),
                "pair_decimals": self.books[symbol].tick_decimals,
                "lot_decimals": self.books[symbol].lot_decimals,
                "ordermin": self.lot(symbol),
                "costmin": "0.5",
                "status": "cancel_only" if symbol in self.halted else "online",
            }
            for symbol in self.symbols
        }
        return json.dumps({"error": [], "result": rows})

    def _frame(
        self, kind: str, symbol: str, bids: list[tuple[int, int]], asks: list[tuple[int, int]]
    ) -> str:
        book = self.books[symbol]

        def side(levels: list[tuple[int, int]]) -> str:
            rows = (f'{{"price":{book.price(t)},"qty":{book.size(q)}}}' for t, q in levels)
            return "[" + ",".join(rows) + "]"

        return (
            f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol.replace("-", "/")}",'
            f'"bids":{side(bids)},"asks":{side(asks)},"checksum":{checksum(book)},'
            f'"timestamp":"{_now()}"}}]}}'
        )


def checksum(book: TrueBook) -> int:
    """CRC-32 over the texts of the ten best asks, then bids, without dots and leading zeros."""
    text = ""
    for ticks, lots in book.levels("ask")[:_SUMMED] + book.levels("bid")[:_SUMMED]:
        for part in (book.price(ticks), book.size(lots)):
            text += part.replace(".", "").lstrip("0")
    return zlib.crc32(text.encode())


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
