"""Ways to the same engine for tables of graphs: the core, the client in process, and over HTTP."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Protocol

from sequence import Sequence
from sequence import _operations as ops
from sequence.sandbox import Sandbox
from sequence.sandbox.graph_rules import graph_spec
from sequence.sandbox.risk import risk_keys
from sequence.types import EdgeAmendRequest, GraphRequest, NodeAmendRequest
from tests.doors import door
from tests.graphs.world import Json, World, e8, e9

GRAPH = "g"


class Door(Protocol):
    """What a table does, and what it reads."""

    def grid(self, symbol: str, lot: str) -> None: ...
    def book(self, symbol: str, bid: str, ask: str, bid_size: str, ask_size: str) -> None: ...
    def trade(self, symbol: str, side: str, qty: str, price: str) -> None: ...
    def wait(self, ms: float) -> None: ...
    def hold(self, qty: str, code: str, venue: str = "kraken") -> None: ...
    def funding(self, symbol: str, rate: str) -> None: ...
    def settle(self, symbol: str, value: str) -> None: ...
    def submit(self, body: Json) -> None: ...
    def cancel(self) -> None: ...
    def resume(self) -> None: ...
    def edge(self, name: str, change: Json) -> None: ...
    def node(self, name: str, change: Json) -> None: ...
    def cancel_order(self, name: str) -> None: ...
    def buy(self, qty: str, symbol: str) -> None: ...
    def sell(self, qty: str, symbol: str) -> None: ...
    def switch(self, *, on: bool) -> None: ...
    def reject_next(self) -> None: ...
    def graph(self) -> Json: ...
    def order(self, node: str, seq: int) -> Json: ...
    def locked(self) -> Decimal: ...
    def position(self, symbol: str) -> Decimal: ...
    def hash(self) -> str: ...


def venue_of(symbol: str) -> str:
    """Where a symbol of the tables trades."""
    if symbol.endswith("-PERP"):
        return "hyperliquid"
    return "kalshi" if symbol.startswith("KX") else "kraken"


class CoreDoor:
    """The core alone; it may start anew from its rows after every step."""

    def __init__(self, preset: str, *, restarts: bool) -> None:
        self._world = World(preset, restarts=restarts, books=False)

    def grid(self, symbol: str, lot: str) -> None:
        self._world.engine.list_market(venue_of(symbol), symbol, (None, e8(lot), None, None))

    def book(self, symbol: str, bid: str, ask: str, bid_size: str, ask_size: str) -> None:
        venue = venue_of(symbol)
        self._world.book(bid, ask, symbol, bid_size, ask_size=ask_size, venue=venue)

    def trade(self, symbol: str, side: str, qty: str, price: str) -> None:
        self._world.trade(qty, price, side, symbol, venue=venue_of(symbol))

    def wait(self, ms: float) -> None:
        self._world.wait(ms)

    def hold(self, qty: str, code: str, venue: str = "kraken") -> None:
        self._world.hold(qty, code, venue)

    def funding(self, symbol: str, rate: str) -> None:
        world = self._world
        world.engine.set_funding_rate(venue_of(symbol), symbol, e9(rate), world.now_ns)
        world.again()

    def settle(self, symbol: str, value: str) -> None:
        world = self._world
        world.engine.settle(venue_of(symbol), symbol, e9(value), world.now_ns)
        # Its book ended with it.
        world.books = [row for row in world.books if row[1] != symbol]
        world.again()

    def submit(self, body: Json) -> None:
        asked = GraphRequest.model_validate(body)
        parts = json.loads(graph_spec(asked))
        risk = risk_keys(asked.risk)
        self._world.submit(parts["nodes"], parts["edges"], risk=risk, graph_id=GRAPH)
        self._world.graph_id = GRAPH

    def cancel(self) -> None:
        self._world.cancel()

    def resume(self) -> None:
        self._world.resume()

    def edge(self, name: str, change: Json) -> None:
        world = self._world
        keys = {key: json.dumps(value) for key, value in change.items()}
        world.engine.amend_edge(world.account, GRAPH, name, world.now_ns, **keys)
        world.again()

    def node(self, name: str, change: Json) -> None:
        world = self._world
        keys = {key: value for key, value in change.items() if key != "new_constraints"}
        limits = dict(change.get("new_constraints", {}))
        if "max_price_1e9" in limits:
            keys["price_1e9"] = limits.pop("max_price_1e9")
        keys |= limits
        world.engine.amend_node(world.account, GRAPH, name, world.now_ns, **keys)
        world.again()

    def cancel_order(self, name: str) -> None:
        self._world.cancel_order(name)

    def buy(self, qty: str, symbol: str) -> None:
        self._world.order("buy", qty, symbol=symbol, venue=venue_of(symbol))

    def sell(self, qty: str, symbol: str) -> None:
        self._world.order("sell", qty, symbol=symbol, venue=venue_of(symbol))

    def switch(self, *, on: bool) -> None:
        self._world.switch(on=on)

    def reject_next(self) -> None:
        self._world.reject_next()

    def graph(self) -> Json:
        return self._world.graph()

    def order(self, node: str, seq: int) -> Json:
        world, name = self._world, f"graph:{GRAPH}:{node}:{seq}"
        world.recall(GRAPH)
        return world.engine.order(world.account, name)

    def locked(self) -> Decimal:
        rows = self._world.engine.positions(self._world.account)["positions"]
        return sum((_locked(row) for row in rows), Decimal(0))

    def position(self, symbol: str) -> Decimal:
        rows = self._world.engine.positions(self._world.account, include_closed=True)["positions"]
        return _position(rows, symbol)

    def hash(self) -> str:
        return self._world.engine.state_hash()


class ClientDoor:
    """The public client of a sandbox."""

    def __init__(self, sandbox: Sandbox, client: Sequence) -> None:
        self._sandbox, self._client = sandbox, client
        client.sandbox.reset()

    def grid(self, symbol: str, lot: str) -> None:
        self._sandbox.market.list(venue_of(symbol), symbol, lot=lot)

    def book(self, symbol: str, bid: str, ask: str, bid_size: str, ask_size: str) -> None:
        levels = [(bid, bid_size)], [(ask, ask_size)]
        self._sandbox.market.snapshot(venue_of(symbol), symbol, *levels)

    def trade(self, symbol: str, side: str, qty: str, price: str) -> None:
        self._sandbox.market.trade(venue_of(symbol), symbol, price, qty, side)

    def wait(self, ms: float) -> None:
        self._sandbox.clock.advance(ms=ms)

    def hold(self, qty: str, code: str, venue: str = "kraken") -> None:
        row = {"venue": venue, "kind": "crypto", "symbol": code, "qty": qty}
        self._client.sandbox.set_positions([row | {"entry_price_usd": "2000"}])

    def funding(self, symbol: str, rate: str) -> None:
        self._sandbox.market.funding_rate(venue_of(symbol), symbol, rate)

    def settle(self, symbol: str, value: str) -> None:
        self._client.sandbox.settle(venue_of(symbol), symbol, value)

    def submit(self, body: Json) -> None:
        self._client.submit_graph(body["nodes"], body["edges"], risk=body["risk"], graph_id=GRAPH)

    def cancel(self) -> None:
        self._client.graph_cancel(GRAPH)

    def resume(self) -> None:
        self._client.graph_resume(GRAPH)

    def edge(self, name: str, change: Json) -> None:
        path = {"id": GRAPH, "edge_id": name}
        self._client.send(ops.AMEND_EDGE, path=path, body=EdgeAmendRequest.model_validate(change))

    def node(self, name: str, change: Json) -> None:
        path = {"id": GRAPH, "node_id": name}
        self._client.send(ops.AMEND_NODE, path=path, body=NodeAmendRequest.model_validate(change))

    def cancel_order(self, name: str) -> None:
        self._client.cancel(f"graph:{GRAPH}:{name}:1")

    def buy(self, qty: str, symbol: str) -> None:
        self._client.buy(symbol, qty, venue=venue_of(symbol))

    def sell(self, qty: str, symbol: str) -> None:
        self._client.sell(symbol, qty, venue=venue_of(symbol))

    def switch(self, *, on: bool) -> None:
        if on:
            self._client.kill_switch_engage()
        else:
            self._client.kill_switch_clear()

    def reject_next(self) -> None:
        self._client.sandbox.add_fault("reject_next", reason="STALE_VENUE")

    def graph(self) -> Json:
        found: Json = json.loads(self._client.graph_status(GRAPH).to_json())
        return found

    def order(self, node: str, seq: int) -> Json:
        found: Json = json.loads(self._client.order(f"graph:{GRAPH}:{node}:{seq}").to_json())
        return found

    def locked(self) -> Decimal:
        rows = json.loads(self._client.positions().to_json())["positions"]
        return sum((_locked(row) for row in rows), Decimal(0))

    def position(self, symbol: str) -> Decimal:
        found = self._client.positions(include_closed=True).to_json()
        return _position(json.loads(found)["positions"], symbol)

    def hash(self) -> str:
        assert self._sandbox.check_invariants() == []
        return self._sandbox.event_hash()


def _locked(row: dict[str, Any]) -> Decimal:
    return Decimal(row["locked_qty_1e8"]) / 10**8


def _position(rows: list[Json], symbol: str) -> Decimal:
    named = (row for row in rows if row["instrument"].get("symbol") == symbol)
    return sum((Decimal(row["qty_1e8"]) for row in named), Decimal(0)) / 10**8


@contextmanager
def opened(kind: str, preset: str) -> Generator[Door]:
    """A door of a kind: `core`, `restarts`, `in process` or `HTTP`."""
    if kind in ("core", "restarts"):
        yield CoreDoor(preset, restarts=kind == "restarts")
        return
    with (
        Sandbox(preset=preset, market="manual", clock="manual") as sandbox,  # type: ignore[arg-type]
        door(sandbox, kind) as client,
    ):
        yield ClientDoor(sandbox, client)
