"""OKX v5: changes that name the one before them, text pings, few requests to a connection."""

import json
import time
from typing import Any, Final

from sequence.fakes.book import Change, Print, Shown
from sequence.fakes.server import Client, Fake

_DEPTH: Final = 400
_MOST_ASKED: Final = 480
_MOST_BYTES: Final = 64 << 10


class Okx(Fake):
    """Closes connections that fall silent; answers with checksums of 0, as the venue does now."""

    name = "okx"
    heard_within_s = 30.0
    subscribe_within_s = 30.0

    def __init__(self, symbols: list[str], **options: Any) -> None:
        super().__init__(symbols, **options)
        self._shown: dict[tuple[int, str], Shown] = {}

    def depth(self) -> int:
        """Levels of the channel `books`."""
        return _DEPTH

    async def word(self, client: Client, text: str) -> None:
        """Text pings, subscriptions and their ends, one answer per channel."""
        if text == "ping":
            await client.socket.send("pong")
            return
        client.seq += 1
        if client.seq > _MOST_ASKED or len(text) > _MOST_BYTES:
            await self.hang_up(client, "too many requests of one connection")
            return
        body = json.loads(text)
        for arg in body["args"]:
            channel = {"books": "book", "trades": "trade"}.get(arg["channel"])
            symbol = arg["instId"]
            if channel is None or symbol not in self.books:
                why = f"channel:{arg['channel']},instId:{symbol} doesn't exist"
                self.refused.append(why)
                await client.socket.send(
                    json.dumps({"event": "error", "msg": why, "code": "60018", "connId": "fake"})
                )
                continue
            told = {"event": body["op"], "arg": arg, "connId": "fake"}
            await client.socket.send(json.dumps(told))
            if body["op"] == "unsubscribe":
                client.topics.discard((channel, symbol))
                continue
            if channel == "book":
                await client.socket.send(self.snapshot(client, symbol))
            client.topics.add((channel, symbol))

    def snapshot(self, client: Client, symbol: str) -> str:
        """The whole book; nothing came before it."""
        shown = self._shown[id(client), symbol] = Shown(self.books[symbol], _DEPTH)
        client.ids[symbol] = self.draw.randint(1, 10**9)
        return self._book(client, symbol, "snapshot", shown.levels(), -1)

    def update(self, client: Client, symbol: str, changes: list[Change]) -> str:
        """Levels that changed; ids go up by any step, and after a maintenance down once."""
        del changes
        before = client.ids[symbol]
        client.ids[symbol] = max(1, before + client.ids.pop("turn", self.draw.randint(1, 90)))
        levels = self._shown[id(client), symbol].changes()
        return self._book(client, symbol, "update", levels, before)

    def trade(self, client: Client, symbol: str, printed: Print) -> str:
        """The last print; its side is the taker's."""
        del client
        book, (ticks, lots, taker) = self.books[symbol], printed
        row = {
            "instId": symbol,
            "tradeId": str(self.new_trade_id()),
            "px": book.price(ticks),
            "sz": book.size(lots),
            "side": taker,
            "ts": str(time.time_ns() // 10**6),
            "count": "1",
        }
        return json.dumps({"arg": {"channel": "trades", "instId": symbol}, "data": [row]})

    def listed(self, path: str, posted: str) -> str | None:
        """`/api/v5/public/instruments`."""
        del posted
        if "/public/instruments?" not in path:
            return None
        rows = [
            {
                "instId": symbol,
                "tickSz": self.step(symbol),
                "lotSz": self.lot(symbol),
                "minSz": self.lot(symbol),
                "state": "suspend" if symbol in self.halted else "live",
            }
            for symbol in self.symbols
        ]
        return json.dumps({"code": "0", "data": rows})

    def farewell(self) -> str:
        """A notice of a service upgrade."""
        why = "The connection will soon be closed for a service upgrade. Please reconnect."
        return json.dumps({"event": "notice", "code": "64008", "msg": why, "connId": "fake"})

    async def restarted(self, client: Client, frame: str) -> None:
        """The next id is lower than the one before it: nothing is lost."""
        await client.socket.send(frame)
        client.ids["turn"] = -self.draw.randint(1, 500)

    def _book(
        self, client: Client, symbol: str, action: str, levels: list[Change], before: int
    ) -> str:
        book = self.books[symbol]
        sides = {
            key: [
                [book.price(t), book.size(q) if q else "0", "0", "1" if q else "0"]
                for of, t, q in levels
                if of == side
            ]
            for key, side in (("asks", "ask"), ("bids", "bid"))
        }
        row = sides | {
            "ts": str(time.time_ns() // 10**6),
            "checksum": 0,
            "prevSeqId": before,
            "seqId": client.ids[symbol],
        }
        arg = {"channel": "books", "instId": symbol}
        return json.dumps({"arg": arg, "action": action, "data": [row]})
