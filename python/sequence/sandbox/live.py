"""Live books: frames of open connections go into the engine, and into a recording."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sequence.feeds.live import Live, LiveMarket
from sequence.feeds.live.catalogue import Catalogue
from sequence.feeds.live.recorder import Recorder
from sequence.feeds.live.sink import Page
from sequence.feeds.live.status import Changes, Delay
from sequence.feeds.live.venue import Venue
from sequence.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from sequence.sandbox.runtime import Runtime


class EngineSink:
    """One connection's way into the engine.

    A frame is stamped with the present of the sandbox, under its lock: what was recorded, played
    back, gives the same books and events.
    """

    def __init__(
        self, runtime: "Runtime", venue: Venue, recorder: Recorder | None, catalogue: Catalogue
    ) -> None:
        self._runtime: Final = runtime
        self._venue: Final = venue
        self._recorder: Final = recorder
        self._catalogue: Final = catalogue
        self._name: Final = venue.socket
        with runtime.lock:
            self._feed: Final = runtime.engine.open_feed(venue.name, futures=venue.futures)

    def frame(self, frame: bytes) -> tuple[Changes, str | None]:
        """Applies one frame: books joined or lost, and why it could not be read."""
        with self._runtime.turn() as now_ns:
            if self._recorder is not None:
                self._recorder.frame(self._name, self._venue.name, now_ns, frame)
            return self._runtime.engine.live_frame(self._feed, frame, now_ns)

    def book(self, venue_symbol: str, url: str, body: bytes) -> tuple[Changes, str | None]:
        """Applies a book fetched over REST."""
        with self._runtime.turn() as now_ns:
            if self._recorder is not None:
                self._recorder.book(self._name, self._venue.name, url, now_ns, body)
            return self._runtime.engine.live_book(self._feed, venue_symbol, body, now_ns)

    def listed(self, pages: Sequence[Page]) -> None:
        """Takes what a venue says of its instruments."""
        with self._runtime.turn() as now_ns:
            for page in pages:
                self._runtime.engine.live_list(self._feed, page.rows, now_ns)
        if self._recorder is not None:
            # Megabytes, for which no order waits: this thread alone brings what is heard here.
            for page in pages:
                self._recorder.book(self._name, self._venue.name, page.url, now_ns, page.body)
        self._catalogue.take(self._venue, [page.rows for page in pages], now_ns)

    def lost(self) -> Changes:
        """The connection is gone: its books are given up."""
        if self._runtime.closed:
            return []
        with self._runtime.turn() as now_ns:
            if self._recorder is not None:
                self._recorder.lost(self._name, self._venue.url, now_ns)
            return self._runtime.engine.live_lost(self._feed, now_ns)

    def delay(self) -> Delay | None:
        """How late its messages come; None before one that says when it was."""
        with self._runtime.lock:
            found = self._runtime.engine.live_delay(self._feed)
        return None if found is None else Delay(*found)


class LiveFeeds:
    """The live market of one sandbox, with its recording."""

    def __init__(self, runtime: "Runtime", live: Live) -> None:
        self._recorder = None if live.record is None else Recorder(Path(live.record))
        recorder = self._recorder
        venues = live.connections(runtime.engine.symbols_in_use())
        made_up = set[str]()
        if live.demo:
            with runtime.turn() as now_ns:
                made_up = runtime.engine.start_demo(
                    now_ns,
                    venues=sorted({venue.name for venue in venues}),
                    symbols=sorted({symbol for venue in venues for symbol in venue.symbols}),
                )
        catalogue = Catalogue(venues, _folder_of(runtime))
        self.market: Final = LiveMarket(
            venues,
            lambda venue: EngineSink(runtime, venue, recorder, catalogue),
            catalogue,
            runtime.lock,
        )
        self.market.made_up = made_up
        self.market.recorder = recorder

    def start(self) -> None:
        """Begins to connect and returns at once."""
        self.market.start()

    def close(self) -> None:
        """Ends connections, then the recording."""
        self.market.close()
        if self._recorder is not None:
            self._recorder.close()


def _folder_of(runtime: "Runtime") -> Path | None:
    """Where lists of instruments are kept: beside the database; nowhere without one."""
    store = None if runtime.keeper is None else runtime.keeper.store
    if not isinstance(store, SqliteStore):
        return None
    return store.path.with_name(f"{store.path.name}.catalogue")
