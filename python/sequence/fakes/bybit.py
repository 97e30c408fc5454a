"""Bybit v5: numbered changes of a book of a depth, pings, ten topics to a request."""

import json
import re
import time
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from sequence.fakes.book import Change, Print, Shown
from sequence.fakes.server import Client, Fake

_TOPIC: Final = re.compile(r"(orderbook\.(1|50|200|1000)|publicTrade)\.(?P<name>\w+)")
_PER_REQUEST: Final = 10


class Bybit(Fake):
    """Spot, or perpetuals where the symbols are. A client must ping every twenty seconds."""

    name = "bybit"
    heard_within_s = 20.0
    subscribe_within_s = 20.0

    def __init__(self, symbols: list[str], **options: Any) -> None:
        super().__init__(symbols, **options)
        self._depth = 50
        self._names = {s.removesuffix("-PERP").replace("-", ""): s for s in symbols}
        self._shown: dict[tuple[int, str], Shown] = {}

    def depth(self) -> int:
        """The subscribed depth."""
        return self._depth

    async def word(self, client: Client, text: str) -> None:
        """Pings, subscriptions and their ends; one answer to each."""
        body = json.loads(text)
        answer = {"success": True, "ret_msg": "", "conn_id": "fake", "op": body.get("op")}
        if body.get("op") == "ping":
            await client.socket.send(json.dumps(answer | {"ret_msg": "pong"}))
            return
        topics = body["args"]
        problem = self._problem(topics)
        if problem is not None:
            self.refused.append(problem)
            await client.socket.send(json.dumps(answer | {"success": False, "ret_msg": problem}))
            return
        await client.socket.send(json.dumps(answer))
        for topic in topics:
            kind, name = topic.split(".")[0], topic.split(".")[-1]
            key = ("book" if kind == "orderbook" else "trade", self._names[name])
            if body["op"] == "unsubscribe":
                client.topics.discard(key)
                continue
            if key[0] == "book":
                self._depth = int(topic.split(".")[1])
                client.ids[key[1]] = self.draw.randint(2, 10**6)
                await client.socket.send(self.snapshot(client, key[1]))
            client.topics.add(key)

    def _problem(self, topics: list[str]) -> str | None:
        if len(topics) > _PER_REQUEST:
            return "args size >10"
        for topic in topics:
            fits = _TOPIC.fullmatch(topic)
            if fits is None or fits["name"] not in self._names:
                return f"Invalid topic: {topic}"
        return None

    def snapshot(self, client: Client, symbol: str) -> str:
        """The best levels of both sides."""
        shown = self._shown[id(client), symbol] = Shown(self.books[symbol], self._depth)
        return self._book(client, symbol, "snapshot", shown.levels())

    def update(self, client: Client, symbol: str, changes: list[Change]) -> str:
        """Levels that changed, came into the depth or left it; one more each time."""
        del changes
        client.ids[symbol] += 1
        return self._book(client, symbol, "delta", self._shown[id(client), symbol].changes())

    def trade(self, client: Client, symbol: str, printed: Print) -> str:
        """The last print; its side is the taker's."""
        del client
        book, (ticks, lots, taker) = self.books[symbol], printed
        name, now_ms = self._name(symbol), time.time_ns() // 10**6
        row = {
            "T": now_ms,
            "s": name,
            "S": taker.capitalize(),
            "v": book.size(lots),
            "p": book.price(ticks),
            "i": f"fake-{self.new_trade_id()}",
            "BT": False,
        }
        body = {"topic": f"publicTrade.{name}", "type": "snapshot", "ts": now_ms, "data": [row]}
        return json.dumps(body)

    def listed(self, path: str, posted: str) -> str | None:
        """`/v5/market/instruments-info`, perpetuals page by page."""
        del posted
        asked = urlsplit(path)
        if not asked.path.endswith("/instruments-info"):
            return None
        given = parse_qs(asked.query)
        most = int(given["limit"][0]) if given["category"] == ["linear"] else None
        first = int(given.get("cursor", ["0"])[0].removeprefix("first="))
        last = None if most is None else first + most
        rows = [
            {
                "symbol": name,
                "status": "PreLaunch" if symbol in self.halted else "Trading",
                "priceFilter": {"tickSize": self.step(symbol)},
                "lotSizeFilter": {
                    "basePrecision": self.lot(symbol),
                    "minOrderQty": self.lot(symbol),
                    "minOrderAmt": "5",
                },
            }
            for name, symbol in islice(self._names.items(), first, last)
        ]
        is_end = last is None or last >= len(self._names)
        cursor = "" if is_end else quote(f"first={last}")
        return json.dumps({"retCode": 0, "result": {"list": rows, "nextPageCursor": cursor}})

    def restart(self, client: Client) -> None:
        """The numbers begin at 1 again, with a whole book."""
        for symbol in self.symbols:
            client.ids[symbol] = 1

    def _book(self, client: Client, symbol: str, kind: str, levels: list[Change]) -> str:
        book, name = self.books[symbol], self._name(symbol)
        sides = {
            key: [[book.price(t), book.size(q) if q else "0"] for of, t, q in levels if of == side]
            for key, side in (("b", "bid"), ("a", "ask"))
        }
        number = client.ids[symbol]
        data = {"s": name} | sides | {"u": number, "seq": number}
        now_ms = time.time_ns() // 10**6
        topic = f"orderbook.{self._depth}.{name}"
        body = {"topic": topic, "type": kind, "ts": now_ms, "data": data, "cts": now_ms}
        return json.dumps(body)

    def _name(self, symbol: str) -> str:
        return symbol.removesuffix("-PERP").replace("-", "")
