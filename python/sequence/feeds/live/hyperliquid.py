"""Hyperliquid. Source: Hyperliquid's API documentation, `l2Book` and `trades`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sequence.feeds.live.venue import Document, Kind, Venue


@dataclass(slots=True)
class Hyperliquid(Venue):
    """Every message is a whole book of twenty levels a side: the next one repairs a lost one."""

    name: str = "hyperliquid"
    url: str = "wss://api.hyperliquid.xyz/ws"
    rest_url: str = "https://api.hyperliquid.xyz"
    kind: Kind = "perp"
    in_usd: bool | None = True
    ping_every_s: float = 4.0
    silence_s: float = 12.0
    sends_per_s: float = 30.0
    # It counts the subscriptions of an address: a thousand, two for each symbol.
    most_sockets: int = 1

    def subscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """One message per channel and coin."""
        return self._messages("subscribe", symbols)

    def unsubscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """One message per channel and coin."""
        return self._messages("unsubscribe", symbols)

    def ping(self) -> str:
        """Answered with `{"channel": "pong"}`."""
        return '{"method":"ping"}'

    def lists(self, symbols: Sequence[str]) -> list[Document]:
        """All of them."""
        if not self.rest_url:
            return []
        del symbols
        return [Document(f"{self.rest_url}/info", '{"type":"meta"}')]

    def complaint(self, frame: bytes) -> str | None:
        """The text of `{"channel": "error", "data": ...}`."""
        if b'"error"' not in frame[:40]:
            return None
        return str(json.loads(frame).get("data"))

    def _messages(self, method: str, symbols: Sequence[str]) -> Iterator[str]:
        for symbol in symbols:
            for kind in ("l2Book", "trades"):
                body = {"type": kind, "coin": self.spell(symbol)}
                yield json.dumps({"method": method, "subscription": body})
