"""Tables of graphs: one behaviour per file, `verb words... -> facts...` per line.

Every door plays the same files. Words of nodes and edges are short forms of the wire's:

    node NAME SIDE SIZE SYMBOL [limit=P] [peg=bid] [join=all] [{"execution": ...}]
    edge NAME FROM TO TRIGGER [gives=from_fill:1] [if=fill_ratio_gte:0.5] [cancel|reduce]

A size is units, `$` and USD, `edge` (what an edge gives) or `position`. A trigger is a word of the
wire, `after:MS`, `lte:P`, `gte:P` or `trail:BPS`, the prices with `:arm` where they are armed
before the source is filled. A fact is a status of the graph or `NAME=...`: of a node its status
and what it filled, of an order `NODE:SEQ` its size and status, `holds:SYMBOL` a position, and of
others the value of a key.
`in-one-process` is for what depends on places in queues, which a restart does not keep, and
`times-differ` for looks once a second, which the books after a restart begin anew.
"""

import json
import shlex
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.graphs.doors import Door, venue_of
from tests.graphs.world import Json, e8, e9

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "tables"
_ACTIONS = ("cancel", "reduce")


def corpus() -> list[Path]:
    """Every table."""
    return sorted(FOLDER.glob("*.txt"))


def preset_of(text: str) -> str:
    """The preset that a table names."""
    lines = [line.split() for line in text.splitlines()]
    return next((words[1] for words in lines if words[:1] == ["preset"]), "instant")


def play(text: str, door: Door) -> None:
    """Plays a table; every fact must be so."""
    table = _Table(door)
    for number, line in enumerate(text.splitlines(), start=1):
        said, _, expected = line.partition(" -> ")
        words = shlex.split(said, comments=True, posix=False)
        if not words:
            continue
        try:
            table.do(words)
            for fact in expected.split():
                name, _, wanted = fact.rpartition("=")
                seen = table.fact(name)
                assert seen == wanted, f"{fact}: it is {seen}"
        except Exception as error:
            error.add_note(f"in line {number}: {line}")
            raise


class _Table:
    """One table under way."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._body: Json = {"nodes": [], "edges": [], "risk": {}}
        self._verbs: dict[str, Callable[..., None]] = {
            "preset": lambda _name: None,
            "in-one-process": lambda: None,
            "times-differ": lambda: None,
            "grid": door.grid,
            "book": self._book,
            "mid": self._mid,
            "trade": door.trade,
            "wait": lambda ms: door.wait(float(ms)),
            "hold": door.hold,
            "funding": door.funding,
            "settle": door.settle,
            "node": lambda *words: self._body["nodes"].append(_node(*words)),
            "edge": lambda *words: self._body["edges"].append(_edge(*words)),
            "risk": lambda text: self._body.update(risk=json.loads(text)),
            "submit": lambda: door.submit(self._body),
            "again": lambda: door.submit(self._body),
            "cancel": door.cancel,
            "cancel-order": door.cancel_order,
            "resume": door.resume,
            "move": lambda name, trigger: door.edge(name, {"trigger": _trigger(trigger)}),
            "amend": lambda name, qty: door.node(name, {"new_qty_1e8": e8(qty)}),
            "reprice": lambda name, price: door.node(
                name, {"new_constraints": {"max_price_1e9": e9(price)}}
            ),
            "buy": door.buy,
            "sell": door.sell,
            "switch": lambda word: door.switch(on=word == "on"),
            "reject-next": door.reject_next,
            "look": lambda: None,
        }

    def do(self, words: list[str]) -> None:
        verb, *rest = words
        self._verbs[verb](*rest)

    def fact(self, name: str) -> str:
        """What a name is now."""
        if name == "locked":
            return _plain(self._door.locked())
        if name.startswith("holds:"):
            return _plain(self._door.position(name.removeprefix("holds:")))
        if ":" in name:
            node, _, seq = name.partition(":")
            row = self._door.order(node, int(seq))
            return f"{_units(row['qty_1e8'])}/{row['status']}"
        graph = self._door.graph()
        rows = {row["node_id"]: row for row in graph["nodes"]}
        if name in rows:
            return f"{rows[name]['status']}/{_units(rows[name]['filled_qty_1e8'])}"
        rows |= {row["edge_id"]: row for row in graph["edges"]}
        of, _, key = name.rpartition(".")
        return _shown(rows[of][key] if of else graph[name or "status"])

    def _book(self, symbol: str, bid: str, ask: str, size: str = "1000", asked: str = "") -> None:
        self._door.book(symbol, bid, ask, size, asked or size)

    def _mid(self, symbol: str, price: str) -> None:
        bid, ask = (str(Decimal(price) + step) for step in (Decimal("-0.5"), Decimal("0.5")))
        self._book(symbol, bid, ask)


def _node(name: str, side: str, size: str, symbol: str, *more: str) -> Json:
    kind = "perp" if symbol.endswith("-PERP") else "spot"
    kind = "prediction" if symbol.startswith("KX") else kind
    instrument = {"symbol": symbol, "type": kind, "venue": venue_of(symbol)}
    made: Json = {"node_id": name, "instrument": instrument, "side": side}
    if size.startswith("$"):
        made["quantity"] = {"notional": {"usd_1e9": e9(size[1:])}}
    elif size == "edge":
        made["quantity"] = {"from_edge": {}}
    elif size == "position":
        made["quantity"] = {"position": {"ratio": 1}}
    else:
        made["quantity"] = {"fixed": {"qty_1e8": e8(size)}}
    for word in more:
        key, _, value = word.partition("=")
        if word.startswith("{"):
            made |= json.loads(word)
        elif key == "limit":
            made["order_type"] = {"limit": {"price_1e9": e9(value)}}
        elif key == "peg":
            made["order_type"] = {"peg": {"to": value}}
        else:
            made[key] = value
    return made


def _edge(name: str, source: str, target: str, trigger: str, *more: str) -> Json:
    made: Json = {"edge_id": name, "from_node": source, "to_node": target}
    made["trigger"] = _trigger(trigger)
    for word in more:
        key, _, value = word.partition("=")
        left, _, right = value.partition(":")
        if word in _ACTIONS:
            made["action"] = word
        elif key == "gives":
            made["sizing"] = {left: {"ratio": Decimal(right or 1)}}
        else:
            price = left.startswith("price_")
            made["condition"] = {left: e9(right) if price else Decimal(right)}
    return made


def _trigger(word: str) -> Any:
    kind, _, rest = word.partition(":")
    value, _, arm = rest.partition(":")
    armed = {"arm": arm} if arm else {}
    match kind:
        case "after":
            return {"on_timeout": {"ms": int(value)}}
        case "lte" | "gte":
            return {"on_price": {f"{kind}_1e9": e9(value)} | armed}
        case "trail":
            return {"on_trail": {"distance_bps": int(value), "side": "below"} | armed}
        case _:
            return word


def _units(value: int) -> str:
    return _plain(Decimal(value) / 10**8)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _shown(value: object) -> str:
    return str(value).replace(" ", "_")
