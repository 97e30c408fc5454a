"""OKX v5, spot. Source: OKX's API documentation v5, `books` and `trades`.

Sizes of its swaps are in contracts, whose size the book does not tell: they are not subscribed.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sequence.feeds.live.venue import RECONNECT, Document, Venue, batches

_PER_FRAME: Final = 100
_PER_HOUR: Final = 480
"""Subscriptions and their ends that one connection may ask for."""


@dataclass(slots=True)
class Okx(Venue):
    """Books of 400 levels; each change names the one before it."""

    name: str = "okx"
    url: str = "wss://ws.okx.com:8443/ws/v5/public"
    rest_url: str = "https://www.okx.com"
    in_usd: bool | None = False
    # It closes a connection that is silent for 30 seconds; see `Bybit` for why more are sent.
    ping_every_s: float = 4.0
    silence_s: float = 12.0
    sends_per_s: float = 5.0
    asked: int = 0
    """Subscriptions and their ends asked for on this connection."""

    def headers(self) -> dict[str, str]:
        """None; a new connection has its requests before it."""
        self.asked = 0
        return {}

    def subscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """Both channels of a hundred symbols in a message."""
        return self._messages("subscribe", symbols, ("books", "trades"))

    def unsubscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """The same channels."""
        return self._messages("unsubscribe", symbols, ("books", "trades"))

    def heal(self, symbol: str) -> list[str] | str:
        """The book alone, as long as this connection may ask."""
        if self.asked + 2 > _PER_HOUR:
            return RECONNECT
        return [
            *self._messages("unsubscribe", [symbol], ("books",)),
            *self._messages("subscribe", [symbol], ("books",)),
        ]

    def ping(self) -> str:
        """Answered with the text `pong`."""
        return "ping"

    def lists(self, symbols: Sequence[str]) -> list[Document]:
        """All of them."""
        if not self.rest_url:
            return []
        del symbols
        return [Document(f"{self.rest_url}/api/v5/public/instruments?instType=SPOT")]

    def ends_soon(self, frame: bytes) -> bool:
        """`{"event": "notice", "code": "64008", ...}`: the service is renewed."""
        return b'"64008"' in frame and b'"notice"' in frame[:64]

    def complaint(self, frame: bytes) -> str | None:
        """The text of `{"event": "error", "msg": ..., "code": ...}`, and of notices."""
        if b'"error"' not in frame[:64] and b'"notice"' not in frame[:64]:
            return None
        body = json.loads(frame)
        return f"{body.get('msg')} (code {body.get('code')})"

    def _messages(self, op: str, symbols: Sequence[str], channels: Sequence[str]) -> Iterator[str]:
        for some in batches(symbols, _PER_FRAME):
            self.asked += 1
            names = [self.spell(symbol) for symbol in some]
            args = [{"channel": c, "instId": name} for name in names for c in channels]
            yield json.dumps({"op": op, "args": args})
