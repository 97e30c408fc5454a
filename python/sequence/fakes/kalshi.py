"""Kalshi: a signed handshake, one sequence per subscription, changes instead of totals."""

import json
import subprocess
import tempfile
import time
from base64 import b64decode
from itertools import count
from pathlib import Path
from typing import Any, Final

from websockets.datastructures import Headers

from sequence.fakes.book import Change, Print
from sequence.fakes.server import Client, Fake, NoticeKind

_SKEW_MS: Final = 5_000
_CENTS: Final = 100
_LIFECYCLE: Final = "market_lifecycle_v2"


class Kalshi(Fake):
    """Both sides are bids: an ask at p is shown as a bid of the no side at 1 - p."""

    name = "kalshi"
    pings_every_s = 10.0
    ponged_within_s = 30.0

    def __init__(
        self,
        symbols: list[str],
        *,
        public_key: Path | None = None,
        **options: Any,
    ) -> None:
        given = {"tick_decimals": 2, "lot_decimals": 2, "mid": 50} | options
        super().__init__(symbols, **given)
        self.close_time = "2099-12-31T00:00:00Z"
        self._public_key = public_key
        self._sids = count(1)
        self._more: list[str] = []
        self._shown: dict[tuple[int, str], dict[tuple[str, int], int]] = {}
        for book in self.books.values():
            book.lowest, book.highest = 1, 99

    def admits(self, headers: Headers) -> str | None:
        """Checks the signature and that it is not older than five seconds."""
        if self._public_key is None:
            return None
        stamp = headers.get("KALSHI-ACCESS-TIMESTAMP", "0")
        if abs(time.time_ns() // 10**6 - int(stamp)) > _SKEW_MS:
            return "the signature is too old"
        signed = f"{stamp}GET/ws".encode()
        given = b64decode(headers.get("KALSHI-ACCESS-SIGNATURE", ""))
        return None if _is_signed(signed, given, self._public_key) else "the signature is wrong"

    async def word(self, client: Client, text: str) -> None:
        """Subscribes both channels of markets; each answer is numbered by its subscription."""
        body = json.loads(text)
        params = body.get("params", {})
        if body.get("cmd") == "list_subscriptions":
            await client.socket.send(json.dumps({"id": body["id"], "type": "ok", "msg": []}))
            return
        if body.get("cmd") == "subscribe" and params.get("channels") == [_LIFECYCLE]:
            client.ids[_LIFECYCLE] = next(self._sids)
            told = {"channel": _LIFECYCLE, "sid": client.ids[_LIFECYCLE]}
            await client.socket.send(
                json.dumps({"id": body["id"], "type": "subscribed", "msg": told})
            )
            return
        if body.get("cmd") != "subscribe" or "use_yes_price" not in params:
            self.refused.append("not a subscription with an explicit price leg")
            error = {"code": 8, "msg": "Unknown command"}
            await client.socket.send(
                json.dumps({"id": body.get("id"), "type": "error", "msg": error})
            )
            return
        for channel in params["channels"]:
            sid = next(self._sids)
            for symbol in params["market_tickers"]:
                client.ids[f"{channel}|{symbol}"] = sid
            client.ids[f"seq|{sid}"] = 0
            told = {"channel": channel, "sid": sid}
            answer = {"id": body["id"], "type": "subscribed", "msg": told}
            await client.socket.send(json.dumps(answer))
        for symbol in params["market_tickers"]:
            if symbol in self.books:
                await self.send(client, self.snapshot(client, symbol))
                client.topics |= {("book", symbol), ("trade", symbol)}

    def notice(self, client: Client, kind: NoticeKind, symbol: str) -> str | None:
        """What befalls any market, to who asked for it."""
        if _LIFECYCLE not in client.ids:
            return None
        message = {"market_ticker": symbol, "event_type": "determined"}
        if kind == "grid":
            message["event_type"] = "price_level_structure_updated"
            message["price_level_structure"] = "deci_cent"
        client.seq += 1
        told = {"type": _LIFECYCLE, "sid": client.ids[_LIFECYCLE], "seq": client.seq}
        return json.dumps(told | {"msg": message})

    def listed(self, path: str, posted: str) -> str | None:
        """`GET /markets/{ticker}`."""
        del posted
        ticker = path.rpartition("/markets/")[2]
        if ticker not in self.books:
            return None
        row = {
            "ticker": ticker,
            "status": "inactive" if ticker in self.halted else "active",
            "close_time": self.close_time,
            "price_level_structure": "linear_cent",
            "fractional_trading_enabled": self.books[ticker].lot_decimals > 0,
        }
        return json.dumps({"market": row})

    def snapshot(self, client: Client, symbol: str) -> str:
        """All bids of both sides."""
        book = self.books[symbol]
        self._shown[id(client), symbol] = {
            (side, ticks): lots for side in ("bid", "ask") for ticks, lots in book.levels(side)
        }
        yes = [[_dollars(ticks), book.size(lots)] for ticks, lots in book.levels("bid")]
        no = [[_dollars(_CENTS - ticks), book.size(lots)] for ticks, lots in book.levels("ask")]
        names = {"market_ticker": symbol, "market_id": "m"}
        message: dict[str, Any] = names | {"yes_dollars_fp": yes, "no_dollars_fp": no}
        return self._frame(client, "orderbook_snapshot", "orderbook_delta", message)

    def update(self, client: Client, symbol: str, changes: list[Change]) -> str | None:
        """One message per changed level; further ones go out at once."""
        shown = self._shown[id(client), symbol]
        frames: list[str] = []
        book = self.books[symbol]
        for side, ticks, lots in changes:
            delta = lots - shown.get((side, ticks), 0)
            shown[side, ticks] = lots
            if not delta:
                continue
            price = ticks if side == "bid" else _CENTS - ticks
            message = {
                "market_ticker": symbol,
                "price_dollars": _dollars(price),
                "delta_fp": book.size(delta),
                "side": "yes" if side == "bid" else "no",
                "ts_ms": time.time_ns() // 10**6,
            }
            frames.append(self._frame(client, "orderbook_delta", "orderbook_delta", message))
        self._more = frames[1:]
        return frames[0] if frames else None

    async def send(self, client: Client, frame: str | None, *, of_book: bool = True) -> None:
        """A move of several levels is several frames."""
        more, self._more = self._more, []
        for each in (frame, *more):
            await super().send(client, each, of_book=of_book)

    def trade(self, client: Client, symbol: str, printed: Print) -> str:
        """The last print."""
        book = self.books[symbol]
        ticks, lots, taker = printed
        message = {
            "trade_id": str(self.new_trade_id()),
            "market_ticker": symbol,
            "yes_price_dollars": _dollars(ticks),
            "no_price_dollars": _dollars(_CENTS - ticks),
            "count_fp": book.size(lots),
            "taker_side": "yes" if taker == "buy" else "no",
            "ts_ms": time.time_ns() // 10**6,
        }
        return self._frame(client, "trade", "trade", message)

    def _frame(self, client: Client, kind: str, channel: str, message: dict[str, Any]) -> str:
        sid = client.ids[f"{channel}|{message['market_ticker']}"]
        client.ids[f"seq|{sid}"] += 1
        return json.dumps(
            {"type": kind, "sid": sid, "seq": client.ids[f"seq|{sid}"], "msg": message}
        )


def _dollars(ticks: int) -> str:
    return f"{ticks / _CENTS:.4f}"


def _is_signed(text: bytes, signature: bytes, key: Path) -> bool:
    """RSA-PSS with SHA-256, by the `openssl` program."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(signature)
        file.flush()
        options = ("rsa_padding_mode:pss", "rsa_pss_saltlen:digest", "rsa_mgf1_md:sha256")
        command = ["openssl", "dgst", "-sha256", "-verify", str(key), "-signature", file.name]
        for option in options:
            command += ["-sigopt", option]
        done = subprocess.run(command, input=text, capture_output=True, check=False)  # noqa: S603
    return done.returncode == 0
