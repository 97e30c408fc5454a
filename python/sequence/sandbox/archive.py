"""Orders and fills that ended and left memory: they stay in the store until asked for.

They ended before the last start, or, where a sandbox keeps its newest alone (`keep`), before those.
Loading a million of them would make every start slow, and most are never read again. Lists are
merged from both sides; a single one is loaded when its id is named, and then answers as before.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sequence import _core
from sequence.sandbox.refuse import refused
from sequence.store import Query
from sequence.store.base import StoreDamagedError
from sequence.store.ended import GRAPH_OF_ORDER, ORDER_OF_GRAPH, PART, Ended, number_of
from sequence.store.tables import orders as order_rows

if TYPE_CHECKING:
    from sequence.store import Store
    from sequence.store.base import Row, Value

_ENDED: Final = ("FILLED", "CANCELLED", "REJECTED", "EXPIRED")
_ID_PARTS: Final = 4
_EVERY_ORDER: Final[dict[str, Any]] = dict.fromkeys(
    ("symbol", "venue", "side", "statuses", "before_seq", "node_order_id", "graph_id")
)
_FILLED, _STATUS, _DONE = (
    list(order_rows.columns.keys()).index(name) for name in ("filled_1e8", "status", "done")
)
_STATUS_OF_RUN: Final = 3
_ORDER_OF_FILL: Final = 4
_TRIES: Final = 3
"""Rows can leave memory between a look at their numbers and one at them: then they are loaded."""


@dataclass(slots=True)
class _InMemory:
    """What of a list is in memory, and what of it the store alone has.

    Attributes:
        newer: How many rows stand from the edge on, all of them in memory.
        numbers: The first of those, newest first.
        older: Rows before the edge that are in memory, newest first.
        seq: Commit number of the edge.
        held: Every older row of the account that is in memory, whether it fits or not.
    """

    newer: int
    numbers: list[int]
    older: list[int]
    seq: int
    held: list[int]


class Archive:
    """What the store holds beyond the memory of the engine.

    ``life`` are the epochs of an account since its last reset. ``last_seq`` and ``were_open`` are
    the newest event and the open orders of the last start.

    Attributes:
        left_out: Orders and fills that cannot be read, by table and number, and why.
    """

    def __init__(
        self, store: "Store", journal: "_core.Journal", last_seq: int, were_open: Sequence[int]
    ) -> None:
        self._store = store
        self._journal = journal
        self._start: Final = _InMemory(0, [], [], last_seq + 1, sorted(were_open))
        self._ended: Final = Ended(store, journal)
        self.left_out: Final = self._ended.left_out

    def recall(self, account: int, life: range, id_: str | None) -> None:
        """Loads the graph that an id names, if it ended and is not in memory."""
        graph_id = _graph_id(id_)
        if graph_id is None:
            return
        query = _of_life(account, life, graph_id=graph_id)
        query.limit = 1
        bad: list[Row] = []
        found = self._store.find("graphs", query, bad)
        if bad:
            raise _damaged(f"graphs {bad[0][0]}")
        if not found or self._journal.holds_graph(number_of(found[0][0])):
            return
        order = number_of(found[0][ORDER_OF_GRAPH])
        if order < 0:
            self._load_shape(found[0])
            return
        self._ended.load_orders([order], found)
        if not self._journal.holds_order(order):
            raise _damaged(f"orders {order}")

    def _load_shape(self, graph: "Row") -> None:
        try:
            self._ended.load_shape(graph)
        except StoreDamagedError as error:
            raise _damaged(str(error)) from error

    def orders(
        self, account: int, life: range, limit: int, offset: int, filters: dict[str, Any]
    ) -> dict[str, Any]:
        """A page of orders, newest first, from memory and store."""
        for name in ("node_order_id", "graph_id"):
            self.recall(account, life, filters[name])
        most = offset + limit
        found = _InMemory(*self._journal.order_numbers(account, most, **filters))
        stored = None if filters["open_only"] else self._stored(account, life, filters, found)
        numbers, total = self._page(stored, found, limit, offset)
        rows = self._loaded(numbers, self._journal.orders, self._load_orders)
        return _page("orders", rows, total, limit, offset)

    def _load_orders(self, numbers: list[int]) -> None:
        self._ended.load_orders([no for no in numbers if not self._journal.holds_order(no)])

    def _loaded(
        self,
        numbers: list[int],
        read: Callable[[list[int]], list[dict[str, Any]]],
        load: Callable[[list[int]], None],
    ) -> list[dict[str, Any]]:
        """Rows by number, but for those that cannot be read."""
        rows: list[dict[str, Any]] = []
        for _ in range(_TRIES):
            load(numbers)
            rows = read(numbers)
            if len(rows) == len(numbers):
                break
        return rows

    def rejects(self, account: int, life: range) -> dict[str, int]:
        """How many orders of before the last start were rejected, by reason."""
        rejected = _EVERY_ORDER | {"statuses": ["REJECTED"]}
        query = self._stored(account, life, rejected, self._start)
        if query is None or not self._store.count("orders", query):
            return {}
        by_reason = {
            reason: self._store.count(
                "orders", replace(query, equal={**query.equal, "reject": reason})
            )
            for reason in _core.REJECT_REASONS
        }
        return {reason: count for reason, count in by_reason.items() if count}

    def _page(
        self, stored: Query | None, found: _InMemory, limit: int, offset: int, table: str = "orders"
    ) -> tuple[list[int], int]:
        """The numbers on one page of both, and how many there are in all.

        Older rows that are in memory are among the stored ones by age.
        """
        newer, old = found.newer, found.older
        in_memory = newer + len(old)
        if stored is None:
            numbers = [*found.numbers[:newer], *old]
            return numbers[offset : offset + limit], in_memory
        total = in_memory + self._store.count(table, stored)
        stored.offset = max(0, offset - in_memory)
        stored.limit = max(0, offset + limit - newer - stored.offset)
        read = self._store.numbers(table, stored) if stored.limit else []
        # Those above the first that was read belong to pages before.
        left = [no for no in old if not stored.offset or not read or no < read[0]]
        first = newer + stored.offset + (len(old) - len(left))
        rest = sorted((*read, *left), reverse=True)
        placed = [*enumerate(found.numbers[:newer]), *enumerate(rest, first)]
        return [no for place, no in placed if offset <= place < offset + limit], total

    def graphs(
        self, account: int, life: range, limit: int, offset: int, filters: dict[str, Any]
    ) -> dict[str, Any]:
        """A page of graphs, newest first, from memory and store."""
        if filters["statuses"] is not None:
            return self._graphs_of(account, life, limit, offset, filters)
        most = offset + limit
        if filters["open_only"]:
            # Whatever goes on is in memory.
            total, numbers, _ = self._journal.graph_numbers(account, most, every=True, **filters)
            return _page("graphs", self._journal.graphs(numbers[offset:]), total, limit, offset)
        found = self._journal.graph_numbers(account, most, every=False, **filters)
        in_memory, numbers, first = found
        end = min(first, _least(filters["before_seq"]) - 1)
        query = _of_life(account, life)
        query.below = {"graph_no": end}
        total = in_memory + self._store.count("graphs", query)
        query.offset = max(0, offset - in_memory)
        query.limit = max(0, most - max(offset, in_memory))
        numbers = numbers[offset:most]
        numbers += self._store.numbers("graphs", query) if query.limit else []
        rows = self._loaded(numbers, self._journal.graphs, self._load_graphs)
        return _page("graphs", rows, total, limit, offset)

    def _load_graphs(self, numbers: list[int]) -> None:
        missing = [number for number in numbers if not self._journal.holds_graph(number)]
        if missing:
            for row in self._store.find("graphs", Query(among={"graph_no": missing})):
                self._load_graph(row)

    def _graphs_of(
        self, account: int, life: range, limit: int, offset: int, filters: dict[str, Any]
    ) -> dict[str, Any]:
        """A page of graphs of some statuses; those of the store are looked through for it."""
        found = self._journal.graph_numbers(account, _NEVER, every=True, **filters)
        _, numbers, first = found
        stored: list[int] = []
        if not filters["open_only"]:
            end = min(first, _least(filters["before_seq"]) - 1)
            ended = self._ended_graphs(account, life, end)
            stored = [number for number, status in ended if status in filters["statuses"]]
        merged = sorted({*numbers, *stored}, reverse=True)
        page = merged[offset : offset + limit]
        rows = self._loaded(page, self._journal.graphs, self._load_graphs)
        return _page("graphs", rows, len(merged), limit, offset)

    def _ended_graphs(self, account: int, life: range, end: int) -> Iterator[tuple[int, str]]:
        """Graphs of the store that are not in memory, newest first, with what became of them."""
        while True:
            query = _of_life(account, life)
            query.below, query.limit = {"graph_no": end}, PART
            rows = self._store.find("graphs", query)
            numbers = {number_of(row[0]): number_of(row[ORDER_OF_GRAPH]) for row in rows}
            shaped = [number for number, order in numbers.items() if order < 0]
            single = [order for order in numbers.values() if order >= 0]
            found = {
                number_of(row[0]): str(row[_STATUS_OF_RUN])
                for row in self._store.find("graph_runs", Query(among={"graph_no": shaped}))
            }
            for row in self._store.find("orders", Query(among={"order_no": single})):
                done = None if row[_DONE] is None else str(row[_DONE])
                became = self._journal.graph_status(str(row[_STATUS]), bool(row[_FILLED]), done)
                found[number_of(row[GRAPH_OF_ORDER])] = became
            held = self._journal.holds_graph
            yield from ((no, found[no]) for no in numbers if no in found and not held(no))
            if len(rows) < PART:
                return
            end = min(numbers)

    def _load_graph(self, row: "Row") -> None:
        """Loads one graph with what it is made of."""
        order = number_of(row[ORDER_OF_GRAPH])
        if order < 0:
            return self._load_shape(row)
        return self._ended.load_orders([order], [row])

    def fills(
        self, account: int, life: range, limit: int, offset: int, filters: dict[str, Any]
    ) -> dict[str, Any]:
        """A page of fills, newest first, from memory and store."""
        for name in ("node_order_id", "graph_id"):
            self.recall(account, life, filters[name])
        most = offset + limit
        found = _InMemory(*self._journal.fill_numbers(account, most, **filters))
        stored = self._stored(account, life, filters, found, "fills")
        numbers, total = self._page(stored, found, limit, offset, "fills")
        rows = self._loaded(numbers, self._journal.fills, self._load_fills)
        return _page("fills", rows, total, limit, offset)

    def _load_fills(self, numbers: list[int]) -> None:
        missing = [number for number in numbers if not self._journal.holds_fill(number)]
        if not missing:
            return
        rows = self._store.find("fills", Query(among={"fill_no": missing}))
        self._load_orders(sorted({number_of(row[_ORDER_OF_FILL]) for row in rows}))
        self._ended.load_fills(rows)

    def _stored(
        self,
        account: int,
        life: range,
        filters: dict[str, Any],
        found: _InMemory,
        table: str = "orders",
    ) -> Query | None:
        """The filters as a query on rows that are not in memory; ``None`` when none can fit."""
        query = _of_life(account, life)
        equal: dict[str, Value] = {**query.equal}
        query.equal = equal
        below: dict[str, int] = {}
        if filters["symbol"] is not None:
            equal["symbol"] = self._journal.canonical_symbol(filters["symbol"])
        for name in ("venue", "side"):
            if filters.get(name) is not None:
                equal[name] = filters[name]
        if table == "orders":
            query.by, query.without = "created_seq", {"order_no": found.held}
            wanted = filters["statuses"]
            if wanted is not None:
                ended = [name for name in _ENDED if name in wanted]
                query.among = {**query.among, "status": ended}
            below["created_seq"] = min(found.seq, _least(filters["before_seq"]))
        else:
            query.by, query.without = "event_seq", {"fill_no": found.held}
            below["event_seq"] = min(found.seq, _least(filters["before_seq"]))
            below["ts_ns"] = _least(filters["until_ns"])
            if filters["since_ns"]:
                query.at_least = {"ts_ns": filters["since_ns"]}
        query.below = {name: end for name, end in below.items() if end < _NEVER}
        for name in ("node_order_id", "graph_id"):
            if filters[name] is not None:
                graph = self._graph_no(account, life, filters[name])
                if graph is None or equal.setdefault("graph_no", graph) != graph:
                    return None
        return query

    def _graph_no(self, account: int, life: range, id_: str) -> int | None:
        graph_id = _graph_id(id_)
        query = _of_life(account, life, graph_id=graph_id)
        query.limit = 1
        found = self._store.find("graphs", query)
        return number_of(found[0][0]) if found else None


def _of_life(account: int, life: range, **equal: "Value") -> Query:
    """Rows of an account since its last reset.

    A return to a copy begins an epoch, in which the rows of the copy are still those of before.
    """
    if len(life) == 1:
        return Query(equal={"account_no": account, "epoch": life[0], **equal})
    return Query(equal={"account_no": account, **equal}, among={"epoch": [*life]})


def _damaged(subject: str) -> Exception:
    return refused("INTERNAL_ERROR", f"the stored row is damaged: {subject}")


_NEVER: Final = 2**63 - 1


def _least(bound: int | None) -> int:
    return _NEVER if bound is None else bound


def _graph_id(id_: str | None) -> str | None:
    """The graph of ``graph:<graph_id>:<node_id>:<seq>``, or the id of a graph itself."""
    if id_ is None:
        return None
    parts = id_.split(":")
    if len(parts) == _ID_PARTS and parts[0] == "graph":
        return parts[1]
    return id_ if len(parts) == 1 else None


def _page(
    name: str, rows: list[dict[str, Any]], total: int, limit: int, offset: int
) -> dict[str, Any]:
    more = offset + len(rows) < total
    return {name: rows, "total": total, "limit": limit, "offset": offset, "has_more": more}
