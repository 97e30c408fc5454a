"""Risk states, alerts and costs of orders: numbered events, kept for readers that come back."""

import json
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic_core import to_json

from sequence.sandbox.stream.pace import Pace
from sequence.sandbox.stream.packet import packet_of
from sequence.sandbox.stream.topic import FeedName
from sequence.sandbox.venue_status import stale_venues

if TYPE_CHECKING:
    from sequence.sandbox.keys import Principal
    from sequence.sandbox.state import State
    from sequence.sandbox.stream.reader import Reader

EVENTS: Final[dict[FeedName, str]] = {"risk": "risk_state", "alerts": "alert", "tca": "tca"}
KEPT: Final = 1_000
TERMINAL: Final = ("FILLED", "CANCELLED", "REJECTED", "EXPIRED")
_RISK_NS: Final = 250_000_000
"""Risk states follow the market, so they are looked at four times a second at most."""
_STALE_NS: Final = 1_000_000_000


class FeedEvent(NamedTuple):
    """One event of a feed."""

    number: int
    data: dict[str, Any]
    text: bytes


Listener = Callable[[FeedEvent], None]


class Feed:
    """One kind of events of one client in one mode."""

    def __init__(self) -> None:
        self.recent: deque[FeedEvent] = deque(maxlen=KEPT)
        self.listeners: list[Listener] = []
        self.number = 0

    def add(self, data: dict[str, Any]) -> None:
        """Numbers an event and tells it."""
        self.number += 1
        event = FeedEvent(self.number, data, to_json(data))
        self.recent.append(event)
        for listener in list(self.listeners):
            listener(event)


class Feeds:
    """The feeds of one runtime; its lock guards them.

    Attributes:
        cost_of: What an order of an account cost; None before one of its fills can tell.
        catch_up: Has everything told that happened before a feed begins.
    """

    cost_of: Callable[[int, str], dict[str, Any] | None]
    catch_up: Callable[[], None]

    def __init__(self, state: "State") -> None:
        self._state: Final = state
        self._tca: dict[tuple[str, str], Feed] = {}
        self._followers: dict[tuple[Reader, FeedName], tuple[Feed, Listener]] = {}
        self._reported: deque[str] = deque(maxlen=KEPT)
        self._risk: dict[tuple[str, str], tuple[Feed, Principal]] = {}
        self._alerts: dict[tuple[str, str], Feed] = {}
        self._owners: dict[int, str] = {}
        self._told: dict[tuple[str, str], dict[str, Any]] = {}
        self._risk_pace: Final = Pace(state, _RISK_NS)
        self._stale_pace: Final = Pace(state, _STALE_NS)
        self._stale: set[str] | None = None
        self._alert_number = 0
        self._clock: dict[str, Any] | None = None

    @property
    def is_read(self) -> bool:
        """True while private events matter to a feed."""
        return bool(self._tca or self._alerts)

    def feed(self, name: FeedName, principal: "Principal") -> Feed:
        """A feed of the caller; made at its first use, and kept up to date from then on."""
        if not self.is_read:
            self.catch_up()
        key = principal.client.client_id, principal.mode
        self._owners[self._state.account(principal)] = principal.client.client_id
        if name == "tca":
            return self._tca.setdefault(key, Feed())
        if name == "alerts":
            return self._alerts.get(key) or self._new_alerts(key)
        if key not in self._risk:
            self._risk[key] = Feed(), principal
        feed = self._risk[key][0]
        self._risk_pace.hurry()
        self._poll_risk()
        return feed

    def _new_alerts(self, key: tuple[str, str]) -> Feed:
        feed = self._alerts[key] = Feed()
        if self._clock is not None:
            self._raise(feed, self._clock, self._state.now_ns)
        return feed

    def alert(self, account: int, ts_ns: int, data: str) -> None:
        """An alert of the core, as JSON text."""
        client_id = self._owners.get(account)
        if client_id is None:
            return
        alert = json.loads(data)
        self._raise(self._alerts.get((client_id, "sandbox")), alert, ts_ns)
        if alert["kind"].startswith("kill_switch"):
            self._raise(self._alerts.get((client_id, "live")), alert, ts_ns)

    def order(self, account: int, data: str) -> None:
        """An order changed: once it has ended, its cost is told."""
        feed = self._tca.get((self._owners.get(account, ""), "sandbox"))
        if feed is None:
            return
        row = json.loads(data)
        name: str = row["node_order_id"]
        if row["status"] not in TERMINAL or not row["filled_qty_1e8"] or name in self._reported:
            return
        report = self.cost_of(account, name)
        if report is not None:
            self._reported.append(name)
            feed.add(report)

    def follow(self, reader: "Reader", name: FeedName, channel: str) -> None:
        """A reader is told the events of a feed from now on, and first the risk state as it is."""

        def listen(event: FeedEvent) -> None:
            head = {"channel": channel, "seq": event.number, "ts_ns": event.data["ts_ns"]}
            reader.sink.event(packet_of(head | {"data": event.data}))

        if (reader, name) in self._followers:
            return
        feed = self.feed(name, reader.principal)
        if name == "risk":
            listen(feed.recent[-1])
        feed.listeners.append(listen)
        self._followers[reader, name] = feed, listen

    def unfollow(self, reader: "Reader", name: FeedName) -> None:
        """It is told no more."""
        feed, listen = self._followers.pop((reader, name), (None, None))
        if feed is not None and listen is not None:
            feed.listeners.remove(listen)

    def store_failed(self) -> None:
        """Everybody hears that nothing is kept any more; the caller holds the lock."""
        text = "the store refused a commit: this sandbox is read-only until it is started again"
        self._raise_for_all(_alert("store_read_only", "critical", text))

    def clock_stepped(self, text: str) -> None:
        """Everybody hears what is wrong with the machine's clock, whoever comes later, too."""
        self._clock = _alert("clock_step", "warning", text)
        self._raise_for_all(self._clock)

    def poll(self) -> None:
        """Looks for changes that no command announces."""
        if self._risk:
            self._poll_risk()
        if self._alerts:
            self._poll_venues()

    def _raise(self, feed: Feed | None, data: dict[str, Any], ts_ns: int) -> None:
        if feed is None:
            return
        self._alert_number += 1
        feed.add({"alert_id": f"alert_{self._alert_number}", **data, "ts_ns": ts_ns})

    def _raise_for_all(self, data: dict[str, Any]) -> None:
        for feed in self._alerts.values():
            self._raise(feed, data, self._state.now_ns)

    def _poll_risk(self) -> None:
        if not self._risk_pace.due():
            return
        for key, (feed, principal) in self._risk.items():
            state = self._risk_state(principal)
            if self._told.get(key) != state:
                self._told[key] = state
                feed.add(state | {"ts_ns": self._state.now_ns})

    def _risk_state(self, principal: "Principal") -> dict[str, Any]:
        engine, client = self._state.engine, principal.client
        switch = engine.kill_switch(client.account, principal.mode)
        head = {
            "client_id": client.client_id,
            "mode": principal.mode,
            "kill_switch": switch["engaged"],
        }
        state = engine.risk_state(client.account)
        if not principal.is_sandbox:
            # Rows of live mode do not exist here.
            state |= {"open_orders": 0, "daily_pnl_usd_1e9": 0, "nav_usd_1e9": 0}
            state |= {"nav_usd": "0.000000000", "breached": []}
        return head | state

    def _poll_venues(self) -> None:
        if not self._stale_pace.due():
            return
        stale = stale_venues(self._state)
        before, self._stale = self._stale, stale
        if before is None:
            return
        for venue in sorted(stale ^ before):
            gone = venue in stale
            kind = "feed_stale" if gone else "feed_recovered"
            text = f"market data of {venue} " + ("stopped" if gone else "is back")
            data = _alert(kind, "warning" if gone else "info", text)
            self._raise_for_all(data | {"venue": venue, "edge_id": f"venue-edge-{venue}"})


def _alert(kind: str, severity: str, message: str) -> dict[str, Any]:
    head: dict[str, Any] = {"kind": kind, "severity": severity, "message": message}
    return head | dict.fromkeys(("venue", "edge_id", "node_order_id", "graph_id"))
