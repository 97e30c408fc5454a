"""Records the examples of the API's description: every operation, asked of a running server.

``python python/tools/examples.py`` plays one day of a small sandbox over HTTP and writes what was
asked and answered beside the description; ``python -m sequence.server.openapi`` puts it in. Two
runs write the same: the clock stands, and what is drawn at random is drawn from a count.
"""

import hashlib
import http.client
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final
from unittest import mock
from urllib.parse import urlencode, urlsplit

from sequence._operations import OPERATIONS
from sequence.sandbox import Sandbox
from sequence.server import serving
from sequence.server.examples import FILE

BTC: Final = "BTC-USD"
PERP: Final = "BTC-USD-PERP"
EVENT: Final = "KXBTC-26APR20"
RAIN: Final = "will-it-rain"
MOST_ROWS: Final = 2
MOST_TEXT: Final = 64
OF_THE_MACHINE: Final = {
    "pid": 4242,
    "uptime_s": 60,
    "release": True,
    "request_id": "0f6f2a4e-8c1d-4a39-b1c5-2d3e4f5a6b7c",
}
TOOK_MS: Final = 0.4
PORT: Final = re.compile(r"http://localhost:\d+")
"""What differs from machine to machine and run to run, and what is shown instead."""

Json = Any


class Recorder:
    """Asks one server and keeps what was said, by operation."""

    def __init__(self, url: str, key: str) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self._host = urlsplit(url).netloc
        self._key = key

    def __call__(
        self,
        name: str,
        title: str = "Example",
        body: Json = None,
        *,
        path: dict[str, str] | None = None,
        query: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> Json:
        """One request that must be answered 200; the answer, whole."""
        operation = OPERATIONS[name]
        target = operation.path.format(**(path or {}))
        if query:
            target += f"?{urlencode(query)}"
        sent = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {key or self._key}", "User-Agent": "bot"}
        connection = http.client.HTTPConnection(self._host, timeout=20)
        try:
            connection.request(operation.method, target, sent, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise SystemExit(f"{name}: {response.status} {answer}")
        row = self.rows.setdefault(name, {"path": {}, "query": {}, "asked": {}, "answered": {}})
        row["path"] |= path or {}
        row["query"] |= query or {}
        if body is not None:
            row["asked"][title] = self._shown(body)
        row["answered"][title] = self._shown(answer)
        return answer

    def _shown(self, value: Json) -> Json:
        """The beginning of long lists and texts, and nothing of this machine."""
        if isinstance(value, dict):
            return {name: self._field(name, row) for name, row in value.items()}
        if isinstance(value, list):
            return [self._shown(row) for row in value[: MOST_ROWS if _has_rows(value) else None]]
        if isinstance(value, str):
            # Only what is no sentence, such as the bytes of a file, is cut.
            most = MOST_TEXT if " " not in value and len(value) > 4 * MOST_TEXT else None
            return PORT.sub("http://localhost:50052", value)[:most]
        return value

    def _field(self, name: str, value: Json) -> Json:
        if name == "ms" and isinstance(value, float):
            return TOOK_MS
        return self._shown(value) if value is None else OF_THE_MACHINE.get(name, self._shown(value))


def _has_rows(value: list[Json]) -> bool:
    return any(isinstance(row, dict) for row in value)


def play(ask: Recorder) -> None:
    """The whole of it, in the order in which a reader would try it."""
    look(ask)
    trade(ask)
    review(ask)
    follow(ask)
    test(ask)
    end(ask)


def look(ask: Recorder) -> None:
    """Books by hand, and everything that only reads them."""
    ask("price_history", path={"symbol": BTC}, query={"range": "1h"})
    levels = {"bids": [["67000.0", "1.5"], ["66990.0", "4"]], "asks": [["67010.0", "0.05"]]}
    book = {"venue": "kraken", "symbol": BTC, "type": "snapshot", **levels}
    ask("sandbox_market_events", "A book", {"events": [book]})
    print_ = {"venue": "kraken", "symbol": BTC, "type": "trade", "price": "67010.0"}
    ask("sandbox_market_events", "A trade", {"events": [print_ | {"qty": "0.02", "side": "buy"}]})
    ask("health_live")
    ask("health")
    ask("venues")
    ask("edges")
    ask("symbols", query={"venue": "kraken"})
    ask("pair_venues", path={"symbol": BTC})
    ask("quote", path={"symbol": BTC}, query={"depth": 2})
    ask("quotes", query={"symbols": BTC})
    ask("quotes_batch", "Two symbols", {"symbols": [BTC, PERP], "depth": 2})
    ask("fair_price")
    ask("fees", query={"ticker": BTC, "venues": "kraken"})
    ask("markets", query={"venue": "kalshi"})
    ask("settlement", path={"slug": EVENT}, query={"venue": "kalshi"})
    ask("funding_rates", query={"symbol": PERP})
    ask("depth", query={"symbol": BTC, "limit": 2})
    ask("slippage", query={"symbol": BTC, "side": "buy"})
    ask("routing", query={"symbol": BTC, "side": "buy", "qty": "0.1"})
    ask("intel", query={"symbol": BTC})
    ask("analytics_market", path={"symbol": BTC})
    ask("forecast", query={"symbol": BTC, "side": "buy", "qty": "0.1"})
    ask("execution_simulate", query={"symbol": BTC, "side": "buy", "qty": "0.1"})


def trade(ask: Recorder) -> None:
    """Orders, what becomes of them, and what they leave behind."""
    ask("preview", "What would it cost", {"symbol": BTC, "side": "buy", "notional": 2500})
    market = {"symbol": BTC, "side": "buy", "qty": 0.1, "graph_id": "market-1"}
    filled = ask("submit_order", "Market order", market)["orders"][0]
    limit = {"symbol": BTC, "side": "buy", "qty": 0.1, "price": 66900, "venue": "kraken"}
    limit |= {"tif": "gtc", "tag": "quotes", "graph_id": "limit-1"}
    resting = ask("submit_order", "Limit order at one venue", limit)["orders"][0]
    slices = {"pacing": {"uniform": {"num_slices": 10, "interval_ms": 60_000}}}
    sliced = {"symbol": BTC, "side": "buy", "notional": 5000, "graph_id": "slices-1", **slices}
    ask("submit_order", "Ten slices, one a minute", sliced)
    entry = {"node_id": "entry", "instrument": {"symbol": BTC}, "side": "buy"}
    stop = {"node_id": "stop", "instrument": {"symbol": BTC}, "side": "sell"}
    edge = {"edge_id": "fall", "from_node": "entry", "to_node": "stop"}
    graph = {
        "graph_id": "stop-1",
        "nodes": [
            entry | {"quantity": {"fixed": {"qty_1e8": 10_000_000}}},
            stop | {"quantity": {"from_edge": {}}},
        ],
        "edges": [
            edge
            | {
                "trigger": {"on_price": {"lte_1e9": 65_000 * 10**9}},
                "sizing": {"from_filled": {"ratio": 1}},
            }
        ],
    }
    ask("submit_order", "Entry, then its stop", graph)
    one = {"node_order_id": resting["node_order_id"]}
    ask("order", path=one)
    ask("orders", query={"symbol": BTC, "limit": 2})
    price = {"new_constraints": {"max_price_1e9": 66_950 * 10**9}}
    ask("amend_order", "Another price", price, path=one)
    ask("amend_order", "Less", {"reduce_by_1e8": 5_000_000}, path=one)
    ask("graphs", query={"limit": 2})
    ask("graph", path={"id": "stop-1"})
    lower = {"trigger": {"on_price": {"lte_1e9": 66_000 * 10**9}}}
    ask("amend_edge", "Another stop", lower, path={"id": "stop-1", "edge_id": "fall"})
    node = {"id": "limit-1", "node_id": "order"}
    ask("amend_node", "Another size", {"new_qty_1e8": 7_000_000}, path=node)
    ask("fills", query={"node_order_id": filled["node_order_id"]})
    ask("traces", query={"node_order_id": filled["node_order_id"]})
    ask("graph_tca", path={"id": "market-1"})
    ask("execution_live", path={"id": "market-1"})
    ask("execution_review", path={"id": "market-1"})
    ask("cancel_order", path=one)
    ask("graph_cancel", path={"id": "slices-1"})


def review(ask: Recorder) -> None:
    """Money and what execution was worth."""
    perp = {"symbol": PERP, "side": "buy", "qty": 0.1, "venue": "hyperliquid"}
    ask("submit_order", "Perpetual", perp | {"graph_id": "perp-1"})
    event = {"symbol": f"{EVENT}:YES", "side": "buy", "qty": 100, "venue": "kalshi"}
    ask("submit_order", "Event contract", event | {"graph_id": "event-1"})
    rain = {"symbol": f"{RAIN}:YES", "side": "buy", "qty": 100, "venue": "polymarket"}
    ask("submit_order", "Outcome token", rain | {"graph_id": "rain-1"})
    ask("sandbox_clock_advance", "Eight hours", {"ms": 8 * 3_600_000})
    for name in ("positions", "balances", "positions_perp", "positions_sync"):
        ask(name)
    for name in ("portfolio_summary", "portfolio_snapshots", "account", "account_summary"):
        ask(name)
    ask("risk_limits")
    ask("funding_history", path={"symbol": PERP}, query={"venue": "hyperliquid"})
    for name in ("execution_summary", "tca", "analytics_portfolio", "analytics_execution"):
        ask(name)
    for name in ("venues", "tca_report", "tca_timeseries", "tca_venues", "tca_quality"):
        ask(f"analytics_{name}")
    ask("analytics_ab_report")


def follow(ask: Recorder) -> None:
    """Keys, tickets, and the page."""
    made = ask("api_key_create", "A key of a bot", {"label": "bot"})
    ask("api_keys")
    ask("api_key_rotate", path={"key_id": made["key_id"]})
    ask("ws_ticket")
    ticket = ask("page_ticket")["ticket"]
    session = ask("page_session", "A ticket", {"ticket": ticket})["session"]
    ask("page_arm", "Arm", {"armed": True}, key=session)
    ask("api_key_revoke", path={"key_id": made["key_id"]})
    ask("sandbox_clients_add", "An account", {"name": "alice"})
    ask("sandbox_clients")


def test(ask: Recorder) -> None:
    """The calls that a test of a bot makes."""
    refused = {"kind": "reject_next", "reason": "INSUFFICIENT_BALANCE"}
    ask("sandbox_faults_add", "The next order is refused", refused)
    silent = {"kind": "stale_venue", "venue": "kraken", "ms": 5000}
    ask("sandbox_faults_add", "A venue goes silent for five seconds", silent)
    ask("sandbox_faults_add", "The next order is filled in part", {"kind": "partial_next"})
    slow = {"kind": "delay", "ms": 1, "count": 1, "seed": 7}
    ask("sandbox_faults_add", "Half of the requests wait", slow)
    for fault in ask("sandbox_faults")["faults"]:
        ask("sandbox_faults_delete", path={"id": fault["fault_id"]})
    some = {"kind": "failures", "rate": 0.1, "seed": 7, "count": 1}
    row = ask("sandbox_faults_add", "One request in ten fails somehow", some)
    ask("sandbox_faults_delete", path={"id": row["fault_id"]})
    ask("sandbox_clock")
    pause(ask)
    later_ns = ask("sandbox_clock")["now_ns"] + 60 * 10**9
    ask("sandbox_clock_put", "A time", {"now_ns": later_ns})
    ask("sandbox_events", query={"limit": 2})
    ask("sandbox_marks", query={"limit": 2})
    ask("sandbox_requests", query={"limit": 2})
    ask("sandbox_run")
    ask("sandbox_settings")
    ask("sandbox_settings_put", "Ten thousand", {"initial_balance_usd": 10_000})
    cash = {"venue": "kraken", "kind": "fiat", "symbol": "USD", "qty": 10_000}
    ask("sandbox_positions", "Cash at one venue", {"positions": [cash]})
    kept = ask("sandbox_snapshot")["snapshot_id"]
    ask("sandbox_snapshots")
    saved = ask("sandbox_snapshot_file")["file"]
    ask("sandbox_restore", "A snapshot", {"snapshot_id": kept})
    ask("sandbox_snapshot_load", "A file", {"file": saved})
    branch = ask("sandbox_fork")["fork_id"]
    ask("sandbox_forks")
    ask("sandbox_forks_delete", path={"id": branch})


def pause(ask: Recorder) -> None:
    """A graph that pauses when a venue refuses one of its orders, and goes on by hand."""
    order = {"instrument": {"symbol": BTC, "venue": "kraken"}, "side": "buy"}
    order |= {"quantity": {"fixed": {"qty_1e8": 1_000_000}}}
    rests = order | {"node_id": "rests", "order_type": {"limit": {"price_1e9": 60_000 * 10**9}}}
    late = {"from_node": "@start", "to_node": "late", "trigger": {"on_timeout": {"ms": 1000}}}
    graph = {
        "graph_id": "pause-1",
        "nodes": [rests, order | {"node_id": "late"}],
        "edges": [late],
        "risk": {"on_failure": {"on_node_reject": "pause"}},
    }
    ask("submit_order", "A graph that pauses where a venue refuses", graph)
    ask("sandbox_faults_add", "The next order is refused by its venue", {"kind": "reject_next"})
    ask("sandbox_clock_advance", "One second", {"ms": 1000})
    ask("graph_resume", path={"id": "pause-1"})


def end(ask: Recorder) -> None:
    """What ends markets, orders and the account."""
    won = {"venue": "kalshi", "market_slug": EVENT, "value": 1}
    ask("sandbox_settle", "YES wins", won)
    void = {"venue": "polymarket", "market_slug": RAIN, "void": True}
    ask("sandbox_settle", "Void", void)
    ask("redeem", path={"slug": RAIN}, query={"venue": "polymarket"})
    ask("venue_cancel_all", path={"venue": "kraken"})
    ask("kill_switch_engage", "With a reason", {"reason": "manual stop"})
    ask("kill_switch")
    ask("kill_switch_clear", "Of an account", {"account": "local"})
    ask("sandbox_reset")


@contextmanager
def counted() -> Iterator[None]:
    """Keys and tickets that are the same in each run, and belong to nobody."""
    numbers = count()

    def drawn(size: int = 32) -> bytes:
        return hashlib.blake2b(b"example %d" % next(numbers), digest_size=size).digest()

    with (
        mock.patch.object(secrets, "token_bytes", drawn),
        mock.patch.object(secrets, "token_hex", lambda size=32: drawn(size).hex()),
        mock.patch.dict(os.environ, {"SEQUENCE_HOST_LABEL": "sandbox"}),
    ):
        yield


def recorded() -> dict[str, dict[str, Any]]:
    """What was asked and answered, by operation."""
    with (
        counted(),
        Sandbox(clock="manual", market="manual", preset="instant", seed=7) as sandbox,
        serving(sandbox) as url,
    ):
        for venue in ("coinbase", "binance"):
            sandbox.market.snapshot(venue, BTC, [("66995", 2)], [("67012", 2)])
        sandbox.market.snapshot("hyperliquid", PERP, [("67001", 5)], [("67003", 5)])
        sandbox.market.funding_rate("hyperliquid", PERP, "0.0000125")
        sandbox.market.snapshot("kalshi", EVENT, [("0.40", 500)], [("0.42", 500)])
        sandbox.market.snapshot("polymarket", RAIN, [("0.30", 500)], [("0.31", 500)])
        ask = Recorder(url, sandbox.test_key)
        play(ask)
    return {name: ask.rows[name] for name in OPERATIONS if name in ask.rows}


def main() -> None:
    """Writes the committed examples."""
    FILE.write_text(json.dumps(recorded(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
