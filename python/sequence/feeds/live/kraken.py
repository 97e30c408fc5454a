"""Kraken spot, WebSocket v2. Source: Kraken's documentation of the channels `book` and `trade`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sequence.feeds.live.venue import Document, Venue, batches

_PER_FRAME: Final = 100


@dataclass(slots=True)
class Kraken(Venue):
    """Books with a checksum over their ten best levels; the venue sends heartbeats by itself."""

    name: str = "kraken"
    url: str = "wss://ws.kraken.com/v2"
    rest_url: str = "https://api.kraken.com"
    silence_s: float = 10.0
    sends_per_s: float = 20.0
    depth: int = 25
    """10, 25, 100, 500 or 1000. Loss shows in the ten best levels only."""

    def subscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """One message per channel and hundred symbols."""
        return self._messages("subscribe", symbols)

    def unsubscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """One message per channel and hundred symbols."""
        return self._messages("unsubscribe", symbols)

    def heal(self, symbol: str) -> list[str]:
        """The book alone: trades go on."""
        return [self._book("unsubscribe", [symbol]), self._book("subscribe", [symbol])]

    def lists(self, symbols: Sequence[str]) -> list[Document]:
        """All of them."""
        if not self.rest_url:
            return []
        del symbols
        return [Document(f"{self.rest_url}/0/public/AssetPairs")]

    def complaint(self, frame: bytes) -> str | None:
        """The text of `{"method": "subscribe", "success": false, "error": ...}`."""
        if b'"success"' not in frame and b'"Error"' not in frame:
            return None
        body = json.loads(frame)
        text = body.get("error") or body.get("Error")
        return None if text is None else str(text)

    def _messages(self, method: str, symbols: Sequence[str]) -> Iterator[str]:
        for some in batches(symbols, _PER_FRAME):
            yield self._book(method, some)
            names = [self.spell(symbol) for symbol in some]
            yield json.dumps({"method": method, "params": {"channel": "trade", "symbol": names}})

    def _book(self, method: str, symbols: Sequence[str]) -> str:
        names = [self.spell(symbol) for symbol in symbols]
        params = {"channel": "book", "symbol": names, "depth": self.depth}
        if method == "subscribe":
            params["snapshot"] = True
        return json.dumps({"method": method, "params": params})
