"""Scenario tables: one behaviour per file, `verb words... -> expected words...` per line.

The Rust core, its Python binding and the client run the same files; each of the three gives a
`World` whose methods are the verbs. An answer is a dict of facts to compare by name; the key ""
holds the headline, which needs no name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sequence import _core

FOLDER = Path(__file__).parent / "scenarios"
START_NS = 1_776_657_000_000_000_000
_UNITS_OF_TIME = {"ms": 10**6, "s": 10**9, "h": 3600 * 10**9}
_STATUS = {"VALIDATION_ERROR": 422, "CONFLICT": 409, "NOT_FOUND": 404}

Facts = dict[str, str]
Row = Mapping[str, Any]
Levels = list[tuple[str, str]]


class RefusedError(Exception):
    """A command that was refused, whoever refused it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.facts = {"": f"refused {_STATUS[code]}", "message": message}


@dataclass
class Order:
    """`SIDE SIZE SYMBOL market|limit PRICE [VENUE] [key=value ...]`; a size of `$5` is USD."""

    side: str
    symbol: str
    qty: str | None = None
    notional: str | None = None
    limit: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, words: list[str]) -> "Order":
        side, size, symbol, kind, *rest = words
        order = cls(side, symbol)
        if size.startswith("$"):
            order.notional = size[1:]
        else:
            order.qty = size
        if kind == "limit":
            order.limit = rest.pop(0)
        for word in rest:
            name, _, value = word.partition("=")
            order.options |= _option(name, value)
        return order


def _option(name: str, value: str) -> dict[str, Any]:
    match name:
        case "slippage":
            return {"max_slippage_bps": int(value)}
        case "horizon":
            return {"horizon_ms": int(value)}
        case "tif" | "policy":
            return {name: value}
        case "id":
            return {"graph_id": value}
        case "reduce_only" | "perp":
            return {name: True}
    return {"venue": name}


class World(Protocol):
    """What a runner can do; orders are named by their scenario, ids are its own."""

    def enter(self, client: str) -> None: ...
    def advance(self, ns: int) -> None: ...
    def book(self, venue: str, symbol: str, bids: Levels, asks: Levels, *, whole: bool) -> None: ...
    def grid(self, venue: str, symbol: str, said: dict[str, str]) -> None: ...
    def trade(self, venue: str, symbol: str, side: str | None, qty: str, price: str) -> None: ...
    def status(self, venue: str, symbol: str, status: str) -> None: ...
    def seed(self, row: dict[str, str], *, replace: bool) -> int: ...
    def reset(self, initial: str) -> int: ...
    def settle(self, venue: str, slug: str, value: str | None) -> tuple[int, int]: ...
    def redeem(self, venue: str, slug: str) -> tuple[int, int]: ...
    def funding(self, venue: str, symbol: str, rate: str) -> None: ...
    def submit(self, order: Order) -> Row: ...
    def preview(self, order: Order) -> Row: ...
    def cancel(self, order_id: str) -> Row: ...
    def amend(self, order_id: str, changes: dict[str, str]) -> Row: ...
    def cancel_venue(self, venue: str) -> Row: ...
    def switch(self, *, engage: bool) -> None: ...
    def order(self, order_id: str) -> Row: ...
    def positions(self) -> Row: ...
    def fills(self, order_id: str) -> Row: ...
    def quote(self, symbol: str) -> Row: ...
    def violations(self) -> list[Any]: ...


def corpus() -> list[Path]:
    """Every scenario file."""
    found = sorted(FOLDER.glob("*.txt"))
    assert len(found) >= 60, f"only {len(found)} scenarios were found"
    return found


def run(text: str, world: World) -> None:
    """Plays a scenario; after every line no invariant may be broken."""
    play = _Play(world)
    world.enter("alice")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        said, _, expected = line.partition("->")
        verb, *words = said.split()
        try:
            facts = play.verbs[verb](words)
        except RefusedError as refused:
            facts = refused.facts
        wrong = _differ(expected.split(), facts)
        assert wrong is None, f"line {number}: {said.strip()}: {wrong}"
        assert world.violations() == [], f"line {number}: {said.strip()}"


class _Play:
    """The verbs of one scenario at work."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.placed: dict[str, tuple[str, list[str], Row]] = {}
        self.verbs: dict[str, Callable[[list[str]], Facts | None]] = {
            "as": lambda words: world.enter(words[0]),
            "advance": lambda words: world.advance(_duration_ns(words[0])),
            "book": lambda words: world.book(*words[:2], *_levels(words[2:]), whole=True),
            "delta": lambda words: world.book(*words[:2], *_levels(words[2:]), whole=False),
            "grid": self._grid,
            "trade": self._trade,
            "status": lambda words: world.status(*words),
            "seed": lambda words: self._seed(words, replace=False),
            "replace": lambda words: self._seed(words, replace=True),
            "reset": lambda words: {"venues": str(world.reset(words[0]))},
            "settle": self._settle,
            "redeem": lambda words: of_settled(world.redeem(*words)),
            "funding": lambda words: world.funding(*words),
            "place": self._place,
            "again": self._again,
            "preview": lambda words: of_preview(world.preview(Order.parse(words))),
            "cancel": lambda words: of_cancel(world.cancel(self._id(words))),
            "amend": self._amend,
            "cancel_venue": lambda words: _cancelled(world.cancel_venue(words[0])),
            "halt": lambda _: world.switch(engage=True),
            "resume": lambda _: world.switch(engage=False),
            "order": lambda words: of_order(world.order(self._id(words))),
            "balance": self._position,
            "position": self._position,
            "fills": lambda words: of_fills(world.fills(self._id(words))),
            "quote": lambda words: of_quote(world.quote(words[0])),
        }

    def _id(self, words: list[str]) -> str:
        return self.placed[words[0]][0]

    def _amend(self, words: list[str]) -> Facts:
        changes = dict(zip(words[1::2], words[2::2], strict=True))
        return of_amend(self.world.amend(self._id(words), changes))

    def _grid(self, words: list[str]) -> None:
        venue, symbol, *said = words
        pairs = [(word.partition("=")[0], word.partition("=")[2]) for word in said]
        self.world.grid(venue, symbol, dict(pairs))

    def _trade(self, words: list[str]) -> None:
        venue, symbol, side, qty, price = words
        self.world.trade(venue, symbol, None if side == "unknown" else side, qty, price)

    def _seed(self, words: list[str], *, replace: bool) -> Facts:
        names = ("venue", "kind", "symbol", "qty", "entry_price_usd")
        row = dict(zip(names, words, strict=False))
        return {"written": str(self.world.seed(row, replace=replace))}

    def _settle(self, words: list[str]) -> Facts:
        venue, slug, value = words
        return of_settled(self.world.settle(venue, slug, None if value == "void" else value))

    def _place(self, words: list[str]) -> Facts:
        name, *request = words
        answer = self.world.submit(Order.parse(request))
        row = answer["orders"][0]
        self.placed[name] = (row["node_order_id"], request, answer)
        return of_order(row)

    def _again(self, words: list[str]) -> Facts:
        _, request, first = self.placed[words[0]]
        return {"": "same" if self.world.submit(Order.parse(request)) == first else "other"}

    def _position(self, words: list[str]) -> Facts:
        for row in self.world.positions()["positions"]:
            if [row["venue"], row["instrument"]["symbol"]] == words:
                return of_position(row)
        names = ("", "available", "locked", "entry", "realized", "unrealized", "fees", "margin")
        return dict.fromkeys(names, "0")


def of_order(row: Row) -> Facts:
    """Facts of an order row."""
    reason = row["failure_reason"] or row["done_reason"]
    headline = row["status"] if reason in (None, row["status"]) else f"{row['status']} {reason}"
    return {
        "": headline,
        "filled": _number(row, "filled_qty_1e8"),
        "qty": _number(row, "qty_1e8"),
        "avg": _number(row, "avg_price_1e9"),
        "fees": _number(row, "fees_usd_1e9"),
        "venue": row["venue"] or "none",
        "tif": row["tif"],
        "symbol": row["symbol"],
        "kind": row["instrument_type"],
        "reserved": _joined(
            f"{held['asset']}:{_number(held, 'qty_1e8')}" for held in row["reserved"] or ()
        ),
        "legs": _joined(
            f"{leg['venue']}:{_number(leg, 'filled_qty_1e8')}/{_number(leg, 'qty_1e8')}"
            for leg in row["legs"]
        ),
    }


def of_cancel(row: Row) -> Facts:
    """Facts of the answer to a cancel."""
    again = " already" if row["already_terminal"] else ""
    return {"": f"{row['status']}{again}", "filled": _number(row, "filled_qty_1e8")}


def of_amend(row: Row) -> Facts:
    """Facts of the answer to an amend."""
    return {
        "": row["status"],
        "qty": _number(row, "qty_1e8"),
        "limit": _number(row, "limit_price_1e9"),
        "mode": row["mode"],
        "pending": str(row["pending"]).lower(),
    }


def _cancelled(row: Row) -> Facts:
    return {"": str(len(row["node_order_ids"]))}


def of_position(row: Row) -> Facts:
    """Facts of a position row."""
    return {
        "": _number(row, "qty_1e8"),
        "available": _number(row, "available_qty_1e8"),
        "locked": _number(row, "locked_qty_1e8"),
        "entry": _number(row, "entry_price_usd_1e9"),
        "mark": _number(row, "current_price_usd_1e9"),
        "realized": _number(row, "realized_pnl_usd_1e9"),
        "unrealized": _number(row, "unrealized_pnl_usd_1e9"),
        "fees": _number(row, "fees_usd_1e9"),
        "margin": _number(row, "margin_locked_1e8"),
        "state": row["lifecycle"]["state"],
        "source": row["mark_source"],
        "by": row["mark_symbol"] or "none",
    }


def of_fills(page: Row) -> Facts:
    """Fills, oldest first: `venue qty price fee cause`, with `|` between them."""
    words = (
        f"{row['venue']} {_number(row, 'qty_1e8')} {_number(row, 'price_1e9')} "
        f"{_number(row, 'fee_1e9')} {row['cause']}"
        for row in reversed(page["fills"])
    )
    return {"": " | ".join(words) or "none"}


def of_settled(answer: tuple[int, int]) -> Facts:
    """Facts of a settlement or a redemption."""
    positions, payout = answer
    return {"": str(positions), "payout": _core.format_units(payout, 9)}


def of_quote(quote: Row) -> Facts:
    """Best bid and ask."""
    nbbo = quote["nbbo"]
    return {
        "bid": _number(nbbo, "bid_1e9"),
        "ask": _number(nbbo, "ask_1e9"),
        "live": str(nbbo["live"]).lower(),
        "crossed": str(nbbo["crossed"]).lower(),
    }


def of_preview(row: Row) -> Facts:
    """What an order would do."""
    fails = row["would_fail"]
    return {
        "": _number(row, "fillable_qty_1e8"),
        "avg": _number(row, "est_avg_price_1e9"),
        "notional": _number(row, "est_notional_usd_1e9"),
        "fee": _number(row, "est_fee_usd_1e9"),
        "total": _number(row, "est_total_cost_usd_1e9"),
        "fails": "none" if fails is None else fails["code"],
    }


def _number(row: Row, key: str) -> str:
    """Decimal text of an integer key, its scale taken from the key's own name."""
    units = row[key]
    return "none" if units is None else _core.format_units(units, 8 if "_1e8" in key else 9)


def _joined(words: Iterable[str]) -> str:
    return ",".join(words) or "none"


def _levels(words: list[str]) -> tuple[Levels, Levels]:
    sides: dict[str, Levels] = {"bid": [], "ask": []}
    side = sides["bid"]
    left: Iterator[str] = iter(words)
    for word in left:
        if word in sides:
            side = sides[word]
        else:
            side.append((word, next(left)))
    return sides["bid"], sides["ask"]


def _duration_ns(text: str) -> int:
    number = text.rstrip("msh")
    return int(number) * _UNITS_OF_TIME[text.removeprefix(number)]


def _differ(expected: list[str], facts: Facts | None) -> str | None:
    """What differs from the expectation, or None."""
    if facts is None:
        return "has no answer" if expected else None
    if expected[:1] == ["refused"]:
        status, message = " ".join(expected[:2]), " ".join(expected[2:])
        same = facts[""] == status and message in facts.get("message", "")
        return None if same else f"expected {' '.join(expected)}, found {facts}"
    if "message" in facts:
        return f"expected {' '.join(expected)}, found {facts}"
    head = next((at for at, word in enumerate(expected) if word in facts), len(expected))
    wanted = {"": " ".join(expected[:head])} if head else {}
    wanted |= dict(zip(expected[head::2], expected[head + 1 :: 2], strict=True))
    wrong = [f"{name} {value}" for name, value in wanted.items() if facts.get(name) != value]
    return f"expected {', '.join(wrong)}, found {facts}" if wrong else None
