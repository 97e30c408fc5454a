"""Binance spot and USD-margined futures. Source: Binance's API documentation, diff. depth streams.

The stream sends changes only; the book that joins them is fetched, once the changes have begun.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final
from urllib.parse import urlencode

from sequence.feeds.live.venue import Document, Venue, batches

_PER_FRAME: Final = 100
_numbers = count(1)


@dataclass(slots=True)
class Binance(Venue):
    """Spot; `usdm()` makes the futures. Both close after 24 hours."""

    name: str = "binance"
    url: str = "wss://stream.binance.com:9443/stream"
    rest_url: str = "https://api.binance.com/api/v3"
    in_usd: bool | None = False
    ping_every_s: float = 5.0
    silence_s: float = 15.0
    lifetime_s: float = 23.5 * 3600
    # A book of this depth weighs 50 of the 6,000 that an address has in a minute, at the futures
    # 20 of 2,400.
    fetches_per_min: float = 100.0
    depth: int = 1_000

    def subscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """Changes of the book every 100 ms, and trades."""
        return self._messages("SUBSCRIBE", symbols)

    def unsubscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """The same streams."""
        return self._messages("UNSUBSCRIBE", symbols)

    def heal(self, symbol: str) -> list[str]:
        """Nothing to send: the book is fetched again."""
        del symbol
        return []

    def ping(self) -> str:
        """A question: its answer shows that the books are as they were, however quiet."""
        return json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": next(_numbers)})

    def ends_soon(self, frame: bytes) -> bool:
        """`{"e": "serverShutdown", ...}`, some time before."""
        return b'"serverShutdown"' in frame[:128]

    def complaint(self, frame: bytes) -> str | None:
        """The text of `{"code": 2, "msg": ..., "id": 1}` or of `{"error": {"msg": ...}}`."""
        if b'"msg"' not in frame or b'"stream"' in frame[:32]:
            return None
        body = json.loads(frame)
        return str(body.get("msg") or body.get("error", {}).get("msg"))

    def lists(self, symbols: Sequence[str]) -> list[Document]:
        """All of them."""
        if not self.rest_url:
            return []
        del symbols
        return [Document(f"{self.rest_url}/exchangeInfo")]

    def book_url(self, symbol: str) -> str:
        """Where the book is fetched."""
        query = urlencode({"symbol": self.spell(symbol), "limit": self.depth})
        return f"{self.rest_url}/depth?{query}"

    def _messages(self, method: str, symbols: Sequence[str]) -> Iterator[str]:
        for some in batches(symbols, _PER_FRAME):
            names = [self.spell(symbol).lower() for symbol in some]
            trades = "aggTrade" if self.futures else "trade"
            streams = [f"{name}@{kind}" for name in names for kind in ("depth@100ms", trades)]
            yield json.dumps({"method": method, "params": streams, "id": next(_numbers)})


def usdm() -> Binance:
    """USD-margined futures."""
    return Binance(
        url="wss://fstream.binance.com/stream",
        rest_url="https://fapi.binance.com/fapi/v1",
        futures=True,
        kind="perp",
        sends_per_s=10.0,
    )
