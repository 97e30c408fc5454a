"""A core with books by hand and one account, and short words for what graph tests do to them.

A world may be made again from its rows after every step, by an engine that saw nothing before.
"""

import json
from decimal import Decimal
from typing import Any

from sequence import _core
from sequence.sandbox.archive import Archive
from sequence.store import Batch
from sequence.store.memory import MemoryStore
from sequence.store.tables import ENGINE_TABLES

START_NS = 1_776_657_600_000_000_000
Json = dict[str, Any]
_Levels = list[tuple[int, int]]


def e8(value: object) -> int:
    return int(Decimal(str(value)) * 10**8)


def e9(value: object) -> int:
    return int(Decimal(str(value)) * 10**9)


def node(
    name: str, side: str, qty: object, symbol: str = "ETH-USD", price: object = None, **more: Any
) -> Json:
    """A node; `qty` is units or a whole `quantity`, `price` a limit."""
    venue = more.pop("venue", "hyperliquid" if symbol.endswith("-PERP") else "kraken")
    made: Json = {
        "node_id": name,
        "instrument": {"symbol": symbol, "venue": venue},
        "side": side,
        "quantity": qty if isinstance(qty, dict) else {"fixed": {"qty_1e8": e8(qty)}},
    }
    if symbol.endswith("-PERP"):
        made["instrument"]["type"] = "perp"
    if price is not None:
        made["order_type"] = {"limit": {"price_1e9": e9(price)}}
    return made | more


def edge(source: str, target: str, trigger: object, **more: Any) -> Json:
    return {"from_node": source, "to_node": target, "trigger": trigger} | more


def at(price: object, *, above: bool = False, **more: Any) -> Json:
    """Fires when the mid is there."""
    return {"on_price": {"gte_1e9" if above else "lte_1e9": e9(price)} | more}


def after(ms: int) -> Json:
    return {"on_timeout": {"ms": ms}}


def paced(**kind: Any) -> Json:
    return {"execution": {"pacing": kind}}


def gives(kind: str, ratio: object = 1) -> Json:
    return {"sizing": {kind: {"ratio": ratio}}}


FROM_EDGE: Json = {"from_edge": {}}


class World:
    """One account, its graph, and the books it trades on."""

    def __init__(
        self,
        preset: str = "instant",
        *,
        restarts: bool = False,
        books: bool = True,
        **overrides: str,
    ) -> None:
        self.made_of = (preset, overrides)
        self.restarts = restarts
        self.now_ns = START_NS
        self.engine = self._engine()
        self.store = MemoryStore()
        self.journal = _core.Journal(self.engine)
        if restarts:
            self.journal.listen()
        self.account = self.engine.account("alice")
        self.engine.reset(self.account, e8(10_000_000), self.now_ns)
        self.graph_id = ""
        self.archive: Archive | None = None
        self.books: list[tuple[str, str, _Levels, _Levels]] = []
        if not books:
            return
        self.book(2_309.5, 2_310.5)
        self.book(2_309.5, 2_310.5, "ETH-USD-PERP")
        self.book(74_350, 74_360, "BTC-USD")
        self.book(74_350, 74_360, "BTC-USD-PERP")

    def _engine(self) -> _core.Engine:
        preset, overrides = self.made_of
        engine = _core.Engine(seed=42, preset=preset, overrides=overrides)
        engine.set_max_age(enabled=False)
        return engine

    def again(self) -> None:
        """Keeps what changed and goes on with an engine made of it, at the same books."""
        assert self.engine.check_invariants() == []
        if not self.restarts:
            return
        taken = self.journal.take()
        if taken is not None:
            self.store.commit(Batch(taken[0], taken[1]))
        before = self.engine.state_hash()
        loaded = self.store.load()
        assert loaded is not None
        self.engine = self._engine()
        self.journal = _core.Journal(self.engine)
        names = [table.name for table in ENGINE_TABLES]
        rows = [
            (name, [row[: _width(name)] for row in loaded.rows.get(name, ())]) for name in names
        ]
        self.journal.restore(rows, self.now_ns)
        open_orders = [int(row[0] or 0) for row in loaded.rows["orders"]]
        self.archive = Archive(self.store, self.journal, loaded.last_seq, open_orders)
        assert self.engine.check_invariants() == []
        assert self.engine.state_hash() == before
        for snapshot in self.books:
            self.engine.market_snapshot(*snapshot, self.now_ns, self.now_ns)
        self.engine.advance(self.now_ns)

    def book(
        self, bid: object, ask: object, symbol: str = "ETH-USD", size: object = 1_000, **more: Any
    ) -> None:
        venue = more.get("venue", "hyperliquid" if symbol.endswith("-PERP") else "kraken")
        levels = [(e9(bid), e8(size))], [(e9(ask), e8(more.get("ask_size", size)))]
        self.books = [row for row in self.books if row[:2] != (venue, symbol)]
        self.books.append((venue, symbol, *levels))
        self.engine.market_snapshot(venue, symbol, *levels, self.now_ns, self.now_ns)
        self.again()

    def mid(self, price: object, symbol: str = "ETH-USD", size: object = 1_000) -> None:
        """A book of half a dollar to each side."""
        self.book(
            Decimal(str(price)) - Decimal("0.5"), Decimal(str(price)) + Decimal("0.5"), symbol, size
        )

    def trade(
        self,
        qty: object,
        price: object,
        side: str = "sell",
        symbol: str = "ETH-USD",
        venue: str | None = None,
    ) -> None:
        venue = venue or ("hyperliquid" if symbol.endswith("-PERP") else "kraken")
        self.engine.market_trade(venue, symbol, e9(price), e8(qty), side, self.now_ns, self.now_ns)
        self.again()

    def wait(self, ms: float) -> None:
        self.now_ns += int(ms * 10**6)
        self.engine.advance(self.now_ns)
        self.again()

    def hold(self, qty: object, code: str = "ETH", venue: str = "kraken") -> None:
        row = (venue, "crypto", code, e8(qty), e9(2_000))
        self.engine.set_positions(self.account, [row], False, self.now_ns)
        self.again()

    def submit(self, nodes: list[Json], edges: list[Json] | None = None, **more: Any) -> Json:
        spec = json.dumps({"nodes": nodes, "edges": edges or []})
        self.recall(more.get("graph_id") or "")
        answer, replayed = self.engine.submit_graph(self.account, self.now_ns, spec, **more)
        found: Json = json.loads(answer) if isinstance(answer, str) else answer
        if not replayed:
            self.graph_id = found["graph_id"]
        self.again()
        return found

    def order(
        self,
        side: str,
        qty: object,
        price: object = None,
        symbol: str = "ETH-USD",
        venue: str = "kraken",
    ) -> Json:
        """An order beside the graph."""
        answer, _ = self.engine.submit(
            self.account,
            self.now_ns,
            symbol=symbol,
            side=side,
            qty_1e8=e8(qty),
            price_1e9=None if price is None else e9(price),
            venue=venue,
        )
        self.again()
        return answer

    def recall(self, graph_id: str) -> None:
        if self.archive is not None:
            first, last = self.engine.first_epoch(self.account), self.engine.epoch(self.account)
            self.archive.recall(self.account, range(first, last + 1), graph_id)

    def graph(self) -> Json:
        self.recall(self.graph_id)
        return self.engine.graph(self.account, self.graph_id)

    @property
    def status(self) -> str:
        found: str = self.graph()["status"]
        return found

    def node(self, name: str) -> Json:
        found: Json = next(row for row in self.graph()["nodes"] if row["node_id"] == name)
        return found

    def edge(self, name: str) -> Json:
        found: Json = next(row for row in self.graph()["edges"] if row["edge_id"] == name)
        return found

    def statuses(self, *names: str) -> list[str]:
        return [self.node(name)["status"] for name in names]

    def filled(self, *names: str) -> list[Decimal]:
        return [Decimal(self.node(name)["filled_qty_1e8"]) / 10**8 for name in names]

    def orders(self, name: str) -> list[tuple[Decimal, str]]:
        """Quantity and status of each order of a node."""
        ids = self.node(name)["node_order_ids"]
        rows = [self.engine.order(self.account, id_) for id_ in ids]
        return [(Decimal(row["qty_1e8"]) / 10**8, row["status"]) for row in rows]

    def cancel(self) -> Json:
        answer = self.engine.cancel_graph(self.account, self.graph_id, self.now_ns)
        self.again()
        return answer

    def cancel_order(self, name: str, seq: int = 1) -> None:
        id_ = f"graph:{self.graph_id}:{name}:{seq}"
        self.engine.cancel_order(self.account, id_, self.now_ns)
        self.again()

    def resume(self) -> Json:
        answer = self.engine.resume_graph(self.account, self.graph_id, self.now_ns)
        self.again()
        return answer

    def switch(self, *, on: bool) -> None:
        of = self.account, "sandbox"
        if on:
            self.engine.engage_kill_switch(*of, "key", None, self.now_ns)
        else:
            self.engine.clear_kill_switch(*of, self.now_ns)
        self.again()

    def reject_next(self) -> None:
        self.engine.decide_next(self.account, "reject", "STALE_VENUE")

    def free(self, code: str = "USD", venue: str = "kraken") -> Decimal:
        """What of a balance is not held back."""
        rows = self.engine.positions(self.account, include_closed=True)["positions"]
        named = (row for row in rows if row["instrument"].get("symbol") == code)
        row = next(row for row in named if row["venue"] == venue)
        return Decimal(row["available_qty_1e8"]) / 10**8


def _width(table: str) -> int:
    return next(len(columns) for name, columns in _core.Journal.tables() if name == table)
