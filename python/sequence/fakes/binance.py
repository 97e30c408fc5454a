"""Binance spot: a stream of changes, a book over HTTP, five messages a second, 24 hours of life."""

import json
import time
from collections import deque
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from sequence.fakes.book import Change, Print
from sequence.fakes.server import Client, Fake

_MINUTE_S: Final = 60.0
_MOST_WEIGHT: Final = 6_000
_WEIGHTS: Final = ((100, 5), (500, 25), (1_000, 50), (5_000, 250))
"""What a book of so many levels weighs at most."""
_KINDS: Final = {"depth@100ms": "book", "trade": "trade", "aggTrade": "trade"}


class Binance(Fake):
    """Numbers its changes; a fetched book says which of them it contains."""

    name = "binance"
    sends_per_s = 5.0
    lifetime_s = 24 * 3600.0
    pings_every_s = 20.0
    ponged_within_s = 60.0

    def __init__(self, symbols: list[str], **options: Any) -> None:
        super().__init__(symbols, **options)
        self._names = {symbol.replace("-", ""): symbol for symbol in symbols}
        self._last = dict.fromkeys(symbols, 1_000)
        self._old: dict[str, str] = {}
        self._weighed = deque[tuple[float, int]]()
        self._counted: dict[str, tuple[int, int]] = {}
        for symbol in symbols:
            self._old[symbol] = self._book(symbol)

    async def word(self, client: Client, text: str) -> None:
        """Subscribes and unsubscribes streams such as `btcusdt@depth@100ms`."""
        body = json.loads(text)
        if body["method"] == "LIST_SUBSCRIPTIONS":
            await client.socket.send(json.dumps({"result": [], "id": body["id"]}))
            return
        for stream in body["params"]:
            name, _, kind = stream.partition("@")
            symbol, channel = self._names.get(name.upper()), _KINDS.get(kind)
            if symbol is None or channel is None or name != name.lower():
                self.refused.append(f"invalid stream {stream}")
                error = {"code": 2, "msg": f"Invalid request: {stream}", "id": body["id"]}
                await client.socket.send(json.dumps(error))
                return
            if body["method"] == "SUBSCRIBE":
                client.topics.add((channel, symbol))
            else:
                client.topics.discard((channel, symbol))
        await client.socket.send(json.dumps({"result": None, "id": body["id"]}))

    def snapshot(self, client: Client, symbol: str) -> None:
        """The stream sends no book."""
        del client, symbol

    def steps(self) -> None:
        """Every move of the books is one run of ids, whoever listens."""
        for symbol in self.symbols:
            first = self._last[symbol] + 1
            self._last[symbol] += self.draw.randint(1, 5)
            self._counted[symbol] = (first, self._last[symbol])

    def update(self, client: Client, symbol: str, changes: list[Change]) -> str:
        """Levels that changed, with the ids they cover."""
        del client
        book = self.books[symbol]
        first, last = self._counted[symbol]
        sides = {
            key: [
                [book.price(ticks), book.size(lots) if lots else "0.0"]
                for side, ticks, lots in changes
                if side == wanted
            ]
            for key, wanted in (("b", "bid"), ("a", "ask"))
        }
        name = symbol.replace("-", "")
        data = {"e": "depthUpdate", "E": _ms(), "s": name, "U": first, "u": last} | sides
        return json.dumps({"stream": f"{name.lower()}@depth@100ms", "data": data})

    def trade(self, client: Client, symbol: str, printed: Print) -> str:
        """The last print."""
        del client
        book = self.books[symbol]
        ticks, lots, taker = printed
        name = symbol.replace("-", "")
        data = {
            "e": "trade",
            "E": _ms(),
            "s": name,
            "t": self.new_trade_id(),
            "p": book.price(ticks),
            "q": book.size(lots),
            "T": _ms(),
            "m": taker == "sell",
        }
        return json.dumps({"stream": f"{name.lower()}@trade", "data": data})

    def listed(self, path: str, posted: str) -> str | None:
        """`/exchangeInfo`."""
        del posted
        if not path.endswith("/exchangeInfo"):
            return None
        rows = [
            {
                "symbol": name,
                "status": "HALT" if symbol in self.halted else "TRADING",
                "filters": [
                    {"filterType": "PRICE_FILTER", "tickSize": self.step(symbol)},
                    {
                        "filterType": "LOT_SIZE",
                        "minQty": self.lot(symbol),
                        "stepSize": self.lot(symbol),
                    },
                    {"filterType": "NOTIONAL", "minNotional": "5"},
                ],
            }
            for name, symbol in self._names.items()
        ]
        return json.dumps({"timezone": "UTC", "symbols": rows})

    def fetched(self, path: str, posted: str = "") -> tuple[int, str]:
        """`/depth?symbol=BTCUSDT&limit=1000`."""
        listed = self.listed(path, posted)
        if listed is not None:
            return 200, listed
        parts = urlsplit(path)
        names = parse_qs(parts.query).get("symbol", [""])
        symbol = self._names.get(names[0])
        if symbol is None:
            return 400, '{"code":-1121,"msg":"Invalid symbol."}'
        if not self._within_weight(int(parse_qs(parts.query).get("limit", ["100"])[0])):
            self.refused.append("more weight than a minute has")
            return 429, '{"code":-1003,"msg":"Too much request weight used."}'
        self.asks[symbol] += 1
        if self.takes_old_book():
            return 200, self._old[symbol]
        return 200, self._book(symbol)

    def _within_weight(self, levels: int) -> bool:
        now_s = time.monotonic()
        while self._weighed and now_s - self._weighed[0][0] > _MINUTE_S / self.hurry:
            self._weighed.popleft()
        weight = next(weight for most, weight in _WEIGHTS if levels <= most)
        self._weighed.append((now_s, weight))
        return sum(weight for _, weight in self._weighed) <= _MOST_WEIGHT

    def farewell(self) -> str:
        """An event without a stream."""
        return json.dumps({"e": "serverShutdown", "E": _ms()})

    def _book(self, symbol: str) -> str:
        book = self.books[symbol]

        def side(levels: list[tuple[int, int]]) -> list[list[str]]:
            return [[book.price(t), book.size(q)] for t, q in levels]

        sides = {"bids": side(book.levels("bid")), "asks": side(book.levels("ask"))}
        return json.dumps({"lastUpdateId": self._last[symbol]} | sides)


def _ms() -> int:
    return time.time_ns() // 10**6
