"""Event markets as they are listed and as they are resolved: what two sockets tell everybody."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Literal

from sequence.sandbox.event_markets import market_row
from sequence.sandbox.listed import symbol_rows
from sequence.sandbox.stream.packet import Packet, packet_of

if TYPE_CHECKING:
    from sequence.sandbox.state import State
    from sequence.sandbox.stream.reader import Reader

ListingName = Literal["new_markets", "market_resolved"]
KEPT: Final = 128
"""Events that a reader is told when it comes."""
_ONE: Final = 10**9
_SECOND_NS: Final = 10**9
_ENDS: Final[dict[int | None, tuple[str, str, str]]] = {
    _ONE: ("YES", "yes_token_id", "no_token_id"),
    0: ("NO", "no_token_id", "yes_token_id"),
}
"""Who won by what YES pays, and the keys of the winning and the losing token."""
_VENUES: Final = ("polymarket", "kalshi")


class Listings:
    """Looks for what is new while somebody reads; the lock of the runtime guards it."""

    def __init__(self, state: "State") -> None:
        self._state: Final = state
        self._recent: Final[dict[ListingName, deque[dict[str, Any]]]] = {
            "new_markets": deque(maxlen=KEPT),
            "market_resolved": deque(maxlen=KEPT),
        }
        self._readers: Final[dict[tuple[Reader, str], ListingName]] = {}
        self._known: Final[dict[tuple[str, str], bool]] = {}
        """Event markets by venue and slug, and whether they were told to be resolved."""
        self._looked: tuple[int, ...] = ()

    def follow(self, reader: "Reader", name: ListingName, channel: str) -> None:
        """A reader gets the last events and every one from now on; without a channel, bare."""
        self.poll(anyway=True)
        self._readers[reader, channel] = name
        for data in self._recent[name]:
            reader.sink.event(_packet(channel, data))

    def unfollow(self, reader: "Reader", channel: str) -> None:
        """A reader gets no more of a channel."""
        self._readers.pop((reader, channel), None)

    def remove(self, reader: "Reader") -> None:
        """A reader is gone."""
        for key in [key for key in self._readers if key[0] is reader]:
            del self._readers[key]

    def poll(self, *, anyway: bool = False) -> None:
        """Looks again where something may have happened, if anybody wants to know."""
        if not (self._readers or anyway):
            return
        engine, now_ns = self._state.engine, self._state.now_ns
        seen = (engine.market_count, engine.last_seq, now_ns // _SECOND_NS)
        if seen == self._looked:
            return
        self._looked = seen
        for venue in _VENUES:
            for row in symbol_rows(self._state, venue, "prediction"):
                for name, data in self._news(venue, row):
                    self._tell(name, data | {"observed_at_ns": now_ns})

    def _news(
        self, venue: str, row: dict[str, Any]
    ) -> Iterator[tuple[ListingName, dict[str, Any]]]:
        key = venue, row["symbol"]
        if key not in self._known:
            self._known[key] = False
            found = market_row(self._state.engine, venue, row)
            yield "new_markets", found | {"kind": "new_market"}
        if self._known[key] or row["status"] != "resolved":
            return
        self._known[key] = True
        value = self._state.engine.settlement(venue, row["symbol"])["value_1e9"]
        yield "market_resolved", _resolved(venue, row, value)

    def _tell(self, name: ListingName, data: dict[str, Any]) -> None:
        self._recent[name].append(data)
        for (reader, channel), wanted in self._readers.items():
            if wanted == name:
                reader.sink.event(_packet(channel, data))


def _resolved(venue: str, row: dict[str, Any], value_1e9: int | None) -> dict[str, Any]:
    """Who won; nobody where the market is void or pays both sides a part."""
    market = row["market"]
    outcome, won, lost = _ENDS.get(value_1e9, (None, None, None))
    return {
        "kind": "market_resolved",
        "venue": venue,
        "slug": row["symbol"],
        "event_id": None,
        "winning_outcome": outcome,
        "winning_token_id": market[won] if won else None,
        "losing_token_id": market[lost] if lost else None,
    }


def _packet(channel: str, data: dict[str, Any]) -> Packet:
    return packet_of({"channel": channel, "data": data} if channel else data)
