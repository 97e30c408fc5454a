"""Coinbase Advanced Trade. Source: Coinbase's documentation of `level2` and `market_trades`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sequence.feeds.live.venue import RECONNECT, Document, Venue

_CHANNELS: Final = ("level2", "market_trades")


@dataclass(slots=True)
class Coinbase(Venue):
    """One sequence over all channels of a connection: a gap costs every book on it."""

    name: str = "coinbase"
    url: str = "wss://advanced-trade-ws.coinbase.com"
    rest_url: str = "https://api.coinbase.com"
    silence_s: float = 5.0
    sends_per_s: float = 8.0

    def carries(self, symbol: str) -> bool:
        """Pairs in USDC are other names of those in USD, by which the one book goes."""
        return Venue.carries(self, symbol) and not symbol.endswith("-USDC")

    def subscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """One message per channel; heartbeats keep quiet connections open."""
        yield json.dumps({"type": "subscribe", "channel": "heartbeats"})
        yield from self._messages("subscribe", symbols)

    def unsubscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """One message per channel."""
        return self._messages("unsubscribe", symbols)

    def heal(self, symbol: str) -> str:
        """Only a new connection begins a sequence that can be trusted."""
        del symbol
        return RECONNECT

    def lists(self, symbols: Sequence[str]) -> list[Document]:
        """All of them."""
        if not self.rest_url:
            return []
        del symbols
        return [Document(f"{self.rest_url}/api/v3/brokerage/market/products")]

    def complaint(self, frame: bytes) -> str | None:
        """The text of `{"type": "error", "message": ...}`."""
        if b'"error"' not in frame[:64]:
            return None
        body = json.loads(frame)
        return str(body.get("message", body)) if body.get("type") == "error" else None

    def _messages(self, kind: str, symbols: Sequence[str]) -> Iterator[str]:
        names = [self.spell(symbol) for symbol in symbols]
        for channel in _CHANNELS:
            yield json.dumps({"type": kind, "product_ids": names, "channel": channel})
