"""Polymarket CLOB, market channel. Source: Polymarket's documentation of the market channel."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sequence.feeds.live.venue import RECONNECT, Document, Kind, Venue


@dataclass(slots=True)
class Polymarket(Venue):
    """Symbols are token ids; the first book of a token is the only acknowledgement."""

    name: str = "polymarket"
    url: str = "wss://ws-subscriptions-clob.polymarket.com/ws/market"
    rest_url: str = "https://gamma-api.polymarket.com"
    kind: Kind = "prediction"
    lists_all: bool = False
    # Beyond a few hundred tokens the venue sends a connection no first book.
    most_symbols: int = 200
    most_sockets: int = 10
    ping_every_s: float = 10.0
    silence_s: float = 30.0
    began: bool = False
    """The first message of a connection has a form of its own."""

    def subscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """All tokens in one message: a connection carries up to two hundred."""
        tokens = [self.spell(symbol) for symbol in symbols]
        if not tokens:
            return
        if self.began:
            yield json.dumps({"assets_ids": tokens, "operation": "subscribe"})
        else:
            self.began = True
            # Without the flag it does not say that a market is resolved.
            first = {"assets_ids": tokens, "type": "market", "custom_feature_enabled": True}
            yield json.dumps(first)

    def unsubscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """All tokens in one message."""
        tokens = [self.spell(symbol) for symbol in symbols]
        yield json.dumps({"assets_ids": tokens, "operation": "unsubscribe"})

    def headers(self) -> dict[str, str]:
        """None; a new connection begins with the first message again."""
        self.began = False
        return {}

    def heal(self, symbol: str) -> str:
        """A token that is subscribed already gets no second book on the same connection."""
        del symbol
        return RECONNECT

    def lists(self, symbols: Sequence[str]) -> list[Document]:
        """One document per token."""
        if not self.rest_url:
            return []
        names = [self.spell(symbol) for symbol in symbols]
        return [Document(f"{self.rest_url}/markets?clob_token_ids={name}") for name in names]

    def ping(self) -> str:
        """Answered with the text `PONG`."""
        return "PING"
