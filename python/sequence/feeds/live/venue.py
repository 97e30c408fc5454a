"""What a connection must know of a venue: addresses, words, heartbeats and limits.

One file per venue fills this in; `connection` does the rest and is the same for all. Sources stand
in each venue's file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, NamedTuple, Self

from sequence import _core

RECONNECT: Final = "reconnect"
"""What `Venue.heal` answers where only a new connection brings a book back."""

Headers = Mapping[str, str]
Kind = Literal["spot", "perp", "prediction"]


class Document(NamedTuple):
    """What is fetched: an address, and what is posted there, if anything."""

    url: str
    body: str | None = None


@dataclass(slots=True)
class Venue:
    """The rules of one venue's public market data; the defaults are those of most.

    Attributes:
        name: Venue id, as in the API.
        url: WebSocket address.
        rest_url: Root of the REST API; empty where none is needed.
        symbols: Canonical symbols to subscribe.
        futures: Perpetuals of a venue whose spot is another connection.
        kind: What it trades.
        in_usd: Whether its pairs are in `USD`; None where they may be.
        lists_all: Whether what `lists` fetches names all its instruments.
        most_symbols: How many symbols a connection can have.
        most_sockets: How many connections may carry its symbols together.
        part: Which of these connections this is, from 1.
        ping_every_s: Sends `ping` this often; 0 where the venue pings.
        silence_s: Nothing heard for this long means the connection is dead.
        sends_per_s: Messages a client may send in a second.
        fetches_per_min: Documents a client may fetch in a minute.
        lifetime_s: The venue closes a connection after this long; 0 = never.
        live_within_s: A subscribed book that is not live after this long is asked for again.
        overlap_s: How long a second connection listens before it takes over from one that is near
            its end.
        retry_first_s: How long to wait before a connection is opened again, the first time.
        retry_most_s: How long at most; waits double in between.
        heal_first_s: How long to wait before a lost book is asked for again, the first time.
        heal_every_s: A book that is lost again is asked for no more often than this, and ever more
            seldom, until a minute has passed without a loss.
        list_every_s: How often its list of instruments is fetched.
    """

    name: str
    url: str
    rest_url: str = ""
    symbols: list[str] = field(default_factory=list[str])
    futures: bool = False
    kind: Kind = "spot"
    in_usd: bool | None = None
    lists_all: bool = True
    most_symbols: int = 500
    most_sockets: int = 4
    part: int = 1
    ping_every_s: float = 0.0
    silence_s: float = 30.0
    sends_per_s: float = 5.0
    fetches_per_min: float = 600.0
    lifetime_s: float = 0.0
    live_within_s: float = 10.0
    overlap_s: float = 2.0
    retry_first_s: float = 0.25
    retry_most_s: float = 30.0
    heal_first_s: float = 0.25
    heal_every_s: float = 5.0
    list_every_s: float = 6 * 3600.0

    @property
    def label(self) -> str:
        """The name of its list and of its addresses: spot and perpetuals of an exchange are two."""
        return f"{self.name}-perp" if self.futures else self.name

    @property
    def socket(self) -> str:
        """The connection's own name, where several carry the symbols of one list."""
        return self.label if self.part == 1 else f"{self.label}-{self.part}"

    def part_of(self, part: int, symbols: Sequence[str]) -> Self:
        """The rules of a further connection, which carries other symbols."""
        return replace(self, part=part, symbols=list(symbols))

    @property
    def limit(self) -> str:
        """How many symbols it takes, as a sentence."""
        sockets = "connections" if self.most_sockets > 1 else "connection"
        return (
            f"{self.name} takes at most {self.most_symbols * self.most_sockets} symbols here "
            f"({self.most_sockets} {sockets} of {self.most_symbols})"
        )

    def spell(self, symbol: str) -> str:
        """The venue's own name of a canonical symbol."""
        return _core.venue_symbol(self.name, symbol)

    def carries(self, symbol: str) -> bool:
        """Whether it can have a book of this very name: prices in USDT are none in USD."""
        if plain(symbol) != symbol:
            return False
        parsed = _core.parse_symbol(symbol)
        if parsed.kind != self.kind or parsed.chain is not None:
            return False
        if self.kind == "prediction":
            return (parsed.token_id is not None) == (self.name == "polymarket")
        return self.in_usd is None or self.in_usd == (parsed.quote == "USD")

    def headers(self) -> Headers:
        """Headers of the handshake, made anew for each, in a thread: it may take a while."""
        return {}

    def subscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """Messages that subscribe book and trades of canonical symbols, in the order to send."""
        raise NotImplementedError

    def unsubscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """Messages that end what `subscribe` began."""
        raise NotImplementedError

    def heal(self, symbol: str) -> list[str] | str:
        """Messages that bring one lost book back, or `RECONNECT`."""
        return [*self.unsubscribe([symbol]), *self.subscribe([symbol])]

    def ping(self) -> str:
        """The message that keeps the connection open."""
        return ""

    def reply(self, frame: bytes) -> str | None:
        """What the venue wants to hear back at once, or None."""
        del frame
        return None

    def ends_soon(self, frame: bytes) -> bool:
        """Whether the venue says that it will close this connection soon."""
        del frame
        return False

    def complaint(self, frame: bytes) -> str | None:
        """What the venue says is wrong with what was sent to it, or None."""
        del frame
        return None

    def lists(self, symbols: Sequence[str]) -> list[Document]:
        """Where the venue says what its instruments are: ticks, lots, least sizes.

        Args:
            symbols: The instruments of interest, for a venue without one list of all.
        """
        del symbols
        return []

    def list_after(self, document: Document, body: bytes) -> Document | None:
        """Where a list goes on after one page of it; None where that was the last."""
        del document, body
        return None

    def book_url(self, symbol: str) -> str | None:
        """Where the book that joins the stream is fetched; None where the stream sends it."""
        del symbol
        return None


def plain(symbol: str) -> str | None:
    """The name under which a book is kept: without an outcome; None for what is no symbol."""
    try:
        parsed = _core.parse_symbol(symbol)
    except ValueError:
        return None
    return parsed.token_id or parsed.market_slug or parsed.canonical


def batches(symbols: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Symbols in groups of at most ``size``, in order."""
    for start in range(0, len(symbols), size):
        yield symbols[start : start + size]
