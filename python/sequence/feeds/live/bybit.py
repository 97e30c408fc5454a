"""Bybit v5, spot and linear perpetuals. Source: Bybit's API documentation v5, public streams."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from sequence.feeds.live.venue import Document, Venue, batches

_PER_FRAME: Final = 10
"""Topics of a request on the spot host."""
_CURSOR: Final = re.compile(rb'"nextPageCursor"\s*:\s*"([^"]*)"')


@dataclass(slots=True)
class Bybit(Venue):
    """Spot; `linear()` makes the perpetuals. Updates are numbered per symbol."""

    name: str = "bybit"
    url: str = "wss://stream.bybit.com/v5/public/spot"
    rest_url: str = "https://api.bybit.com"
    in_usd: bool | None = False
    # The venue asks for one every 20 seconds; more of them show that a quiet book is alive.
    ping_every_s: float = 4.0
    silence_s: float = 12.0
    sends_per_s: float = 10.0
    depth: int = 50
    """1, 50, 200 or 1000."""

    def subscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """Book and trades, ten topics to a message."""
        return self._messages("subscribe", symbols)

    def unsubscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """The same topics."""
        return self._messages("unsubscribe", symbols)

    def heal(self, symbol: str) -> list[str]:
        """The book alone: trades go on."""
        topic = f"orderbook.{self.depth}.{self.spell(symbol)}"
        return [json.dumps({"op": op, "args": [topic]}) for op in ("unsubscribe", "subscribe")]

    def ping(self) -> str:
        """Answered with `{"ret_msg": "pong", "op": "ping"}`."""
        return '{"op":"ping"}'

    def lists(self, symbols: Sequence[str]) -> list[Document]:
        """All of them; perpetuals are told a thousand at a time."""
        if not self.rest_url:
            return []
        del symbols
        kind = "linear" if self.futures else "spot"
        path = f"/v5/market/instruments-info?category={kind}&limit=1000"
        return [Document(self.rest_url + path)]

    def list_after(self, document: Document, body: bytes) -> Document | None:
        """`nextPageCursor` of a page; empty on the last."""
        found = _CURSOR.search(body)
        if found is None or not found[1]:
            return None
        # Some of what the venue sends is quoted already.
        cursor = quote(found[1].decode("ascii", "replace"), safe="%")
        first = document.url.partition("&cursor=")[0]
        return Document(f"{first}&cursor={cursor}")

    def complaint(self, frame: bytes) -> str | None:
        """The text of `{"success": false, "ret_msg": ...}`."""
        if b'"success":false' not in frame[:64].replace(b" ", b""):
            return None
        return str(json.loads(frame).get("ret_msg"))

    def _messages(self, op: str, symbols: Sequence[str]) -> Iterator[str]:
        names = [self.spell(symbol) for symbol in symbols]
        topics = [t for n in names for t in (f"orderbook.{self.depth}.{n}", f"publicTrade.{n}")]
        for some in batches(topics, _PER_FRAME):
            yield json.dumps({"op": op, "args": some})


def linear() -> Bybit:
    """Perpetuals settled in USDT or USDC."""
    return Bybit(url="wss://stream.bybit.com/v5/public/linear", futures=True, kind="perp")
