"""Liveness, the health report, venues and their edges."""

import os
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sequence import _core
from sequence.sandbox.call import Call
from sequence.sandbox.runtime import Runtime
from sequence.sandbox.venue_status import (
    ANY_AGE_S,
    Standing,
    VenueFeed,
    standing,
    ticks,
    venue_feeds,
)
from sequence.types import Edges, Health, Live, Venues

if TYPE_CHECKING:
    from sequence.feeds.live.status import Incident, VenueStatus

_HOST_LABEL: Final = "SEQUENCE_HOST_LABEL"
_BOOK_MS: Final = 25
_BOOK_MS_OF: Final = {"polymarket": 5}
_MOST_PROBLEMS: Final = 20
_MOST_CHANGES: Final = 50
_FEED_ORDER: Final = ("connected", "subscribing", "connecting", "disconnected", "closed")
"""From well to ill."""
_UNHEARD: Final = Standing("down", None)
_REDEEM_MODE: Final = {"kalshi": "auto_settled", "polymarket": "relayer_submitted"}


@dataclass(slots=True)
class _Process:
    """One venue process: spot and perp of an exchange are two."""

    venue: str
    instrument_types: list[str]
    feed: VenueFeed


def live(_: Call[None, None]) -> Live:
    """``GET /v1/health/live``: the process serves."""
    return Live.trusted({"status": "live"})


def health(call: Call[None, None]) -> Health:
    """``GET /v1/health``."""
    quotes = call.engine.quotes(None, ANY_AGE_S)
    rows = [
        {
            "venue": venue,
            **standing(call.runtime, venue, feed)._asdict(),
            "last_tick_age_ms": feed.age_ms,
            "stale_after_ms": feed.stale_after_ms,
            "gaps": feed.gaps,
        }
        for venue, feed in sorted(venue_feeds(quotes).items())
    ]
    stale = sum(not quote["nbbo"]["live"] for quote in quotes)
    degraded = any(row["status"] != "connected" for row in rows) or bool(call.runtime.clock.warning)
    warnings = {"warnings": [call.runtime.clock.warning]} if call.runtime.clock.warning else {}
    return Health.trusted(
        warnings
        | {
            "status": _overall(call.runtime, degraded=degraded),
            "version": _core.__version__,
            "api_version": "v1",
            "now_ns": call.now_ns,
            "uptime_s": int(time.monotonic() - call.runtime.started_s),
            "pid": os.getpid(),
            "host_label": os.environ.get(_HOST_LABEL) or socket.gethostname(),
            "release": _core.BUILD_PROFILE == "release",
            "epoch": call.principal.client.epoch,
            "market_data": {
                "source": call.runtime.source,
                "symbols": len(quotes),
                "stale_symbols": stale,
                "unusable": call.engine.unusable()[:_MOST_PROBLEMS],
            },
            "store": _store(call.runtime),
            "simulation": {
                "model_version": call.runtime.sim.model_version,
                "preset": call.runtime.sim.preset,
                "params_hash": call.runtime.sim.params_hash,
                "seed": call.runtime.seed,
            },
            "venues": rows,
        }
    )


def _overall(runtime: Runtime, *, degraded: bool) -> str:
    if runtime.is_read_only:
        return "read_only"
    return "degraded" if degraded else "ok"


def _store(runtime: Runtime) -> dict[str, Any]:
    if runtime.keeper is None:
        return {"backend": "memory", "writable": True}
    store = runtime.keeper.store
    shown: dict[str, Any] = {"backend": store.backend, "writable": not runtime.is_read_only}
    problems = [*runtime.problems, *(f"{row.subject}: {row.found}" for row in store.damaged())]
    if problems:
        shown["problems"] = problems[:_MOST_PROBLEMS]
    return shown


def venues(call: Call[None, None]) -> Venues:
    """``GET /v1/venues``: every venue id, also those without market data here."""
    feeds = venue_feeds(call.engine.quotes(None, ANY_AGE_S))
    unusable = call.engine.unusable()
    rows = [_venue_row(call.runtime, row, feeds.get(row["venue"])) for row in _core.VENUES]
    for row in rows:
        mine = [book for book in unusable if book["venue"] == row["venue"]]
        row["unusable"] = mine[:_MOST_PROBLEMS]
    return Venues.trusted({"venues": rows})


def edges(call: Call[None, None]) -> Edges:
    """``GET /v1/edges``: the venue processes that deliver market data."""
    quotes = call.engine.quotes(None, ANY_AGE_S)
    rows = [
        {
            "edge_id": _edge_id(process),
            "venue": process.venue,
            "instrument_types": process.instrument_types,
            "status": standing(call.runtime, process.venue, process.feed).status,
            "region": "local",
            "remote": False,
            "last_tick_age_ms": process.feed.age_ms,
            "book_ms": _BOOK_MS_OF.get(process.venue, _BOOK_MS),
        }
        for process in _processes(quotes)
    ]
    return Edges.trusted({"edges": rows})


def _venue_row(runtime: Runtime, row: Mapping[str, Any], feed: VenueFeed | None) -> dict[str, Any]:
    venue: str = row["venue"]
    return {
        "venue": venue,
        "class_": row["class"],
        "instrument_types": list(row["instrument_types"]),
        "seeded": row["seeded"],
        "cash_assets": [dict(asset) for asset in row["cash_assets"]],
        **(_UNHEARD if feed is None else standing(runtime, venue, feed))._asdict(),
        "post_only": row["post_only"],
        "initial_margin_1e8": row["initial_margin_1e8"],
        "amend_mode": "cancel_replace",
        "redeem_mode": _REDEEM_MODE.get(venue),
        "stale_after_ms": None if feed is None else feed.stale_after_ms,
        "feed": _feed_row(runtime, venue),
    }


def _feed_row(runtime: Runtime, venue: str) -> dict[str, Any] | None:
    """The open connections of a venue as one: spot and perpetuals of an exchange are two."""
    connections = [] if runtime.live is None else runtime.live.connections
    mine = [row for row in connections if row.venue.name == venue]
    if not mine:
        return None
    rows = [row.status for row in mine]
    delays = [delay for row in mine if (delay := row.delay()) is not None]
    heard_s = [row.last_heard_s for row in rows if row.last_heard_s]
    worst = max(rows, key=lambda row: _FEED_ORDER.index(row.state))
    books = [book for row in rows for book in row.books.values()]
    return {
        "state": worst.state,
        "since_ns": worst.since_ns,
        "books": len(books),
        "live_books": sum(book.state == "live" for book in books),
        "gaps": sum(book.gaps for book in books),
        "reconnects": sum(row.reconnects for row in rows),
        "frames": sum(row.frames for row in rows),
        "unread": sum(row.unread for row in rows),
        "age_ms": round((time.monotonic() - max(heard_s)) * 1_000) if heard_s else None,
        "delay_p50_ms": _ms(delay.p50_ns for delay in delays),
        "delay_p99_ms": _ms(delay.p99_ns for delay in delays),
        "clock_offset_ms": _ms(delay.offset_ns for delay in delays),
        "problem": next((text for row in rows if (text := row.problem or row.unlisted)), ""),
        "log": [row._asdict() for row in _last_changes(rows)],
    }


def _last_changes(connections: "Iterable[VenueStatus]") -> "list[Incident]":
    """The books of a venue that were lost or came back last, oldest first."""
    # A connection's thread appends while this one reads: a copy is one step, a walk is not.
    of_all = [change for row in connections for change in row.log.copy()]
    return sorted(of_all)[-_MOST_CHANGES:]


def _ms(delays_ns: Iterable[int]) -> float | None:
    """The worst of a venue's connections."""
    worst = max(delays_ns, default=None)
    return None if worst is None else round(worst / 10**6, 3)


def _processes(quotes: list[dict[str, Any]]) -> list[_Process]:
    types = {row["venue"]: row["instrument_types"] for row in _core.VENUES}
    feeds: dict[tuple[str, bool], VenueFeed] = {}
    for symbol, venue, top in ticks(quotes):
        key = venue, symbol.endswith("-PERP")
        feeds.setdefault(key, VenueFeed(top["age_ms"])).add(top)
    return [
        _Process(venue, [t for t in types[venue] if (t == "perp") == is_perp], feed)
        for (venue, is_perp), feed in sorted(feeds.items())
    ]


def _edge_id(process: _Process) -> str:
    suffix = "-perp" if process.instrument_types == ["perp"] else ""
    return f"venue-edge-{process.venue}{suffix}"
