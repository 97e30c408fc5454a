"""Orders and fills that ended before the last start: they stay in the store until asked for.

Loading a million of them would make every start slow, and most are never read again. Lists are
merged from both sides; a single one is loaded when its id is named, and then answers as before.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from sequence.sandbox.refuse import refused
from sequence.store import Query

if TYPE_CHECKING:
    from sequence import _core
    from sequence.store import Store
    from sequence.store.base import Row, Value

_ENDED: Final = ("FILLED", "CANCELLED", "REJECTED", "EXPIRED")
_ID_PARTS: Final = 4
_PART: Final = 500
_ORDER_OF_GRAPH: Final = 4


class Archive:
    """What the store holds beyond the memory of the engine.

    Attributes:
        left_out: Orders and fills that cannot be read, by table and number, and why.
    """

    def __init__(self, store: "Store", journal: "_core.Journal", last_seq: int) -> None:
        self._store = store
        self._journal = journal
        self._before_seq = last_seq + 1
        self.left_out: Final[dict[tuple[str, int], str]] = {}

    def recall(self, account: int, epoch: int, id_: str | None) -> None:
        """Loads the graph that an id names, if it ended before the last start."""
        graph_id = _graph_id(id_)
        if graph_id is None:
            return
        query = Query(equal={"account_no": account, "epoch": epoch, "graph_id": graph_id}, limit=1)
        bad: list[Row] = []
        found = self._store.find("graphs", query, bad)
        if bad:
            raise _damaged(f"graphs {bad[0][0]}")
        if not found or self._journal.holds_graph(_number(found[0][0])):
            return
        order = _number(found[0][_ORDER_OF_GRAPH])
        self._load([order], found)
        if not self._journal.holds_order(order):
            raise _damaged(f"orders {order}")

    def orders(
        self, account: int, epoch: int, limit: int, offset: int, filters: dict[str, Any]
    ) -> dict[str, Any]:
        """A page of orders, newest first, from memory and store."""
        for name in ("node_order_id", "graph_id"):
            self.recall(account, epoch, filters[name])
        most = offset + limit
        total, numbers = self._journal.order_numbers(account, most, **filters)
        stored = None if filters["open_only"] else self._stored(account, epoch, filters, "orders")
        if stored is not None:
            total += self._store.count("orders", stored)
            stored.limit = most
            older = [_number(row[0]) for row in self._store.find("orders", stored)]
            numbers = sorted((*numbers, *older), reverse=True)
        numbers = numbers[offset:most]
        self._load([no for no in numbers if not self._journal.holds_order(no)])
        return _page("orders", self._journal.orders(numbers), total, limit, offset)

    def fills(
        self, account: int, epoch: int, limit: int, offset: int, filters: dict[str, Any]
    ) -> dict[str, Any]:
        """A page of fills, newest first, from memory and store."""
        for name in ("node_order_id", "graph_id"):
            self.recall(account, epoch, filters[name])
        most = offset + limit
        total, numbers = self._journal.fill_numbers(account, most, **filters)
        stored = self._stored(account, epoch, filters, "fills")
        rows: list[Row] = []
        if stored is not None:
            total += self._store.count("fills", stored)
            stored.limit = max(0, most - len(numbers))
            # Every stored fill is older than every one in memory.
            rows = self._store.find("fills", stored)
            numbers = [*numbers, *(_number(row[0]) for row in rows)]
        numbers = numbers[offset:most]
        wanted = set(numbers)
        rows = [row for row in rows if row[0] in wanted]
        missing = {_number(row[4]) for row in rows}
        self._load([no for no in missing if not self._journal.holds_order(no)])
        self._recall_fills(rows)
        return _page("fills", self._journal.fills(numbers), total, limit, offset)

    def _recall_fills(self, rows: "Sequence[Row]") -> None:
        try:
            self._journal.recall([], [], [], rows)
        except ValueError as error:
            if len(rows) > 1:
                for row in rows:
                    self._recall_fills([row])
                return
            for row in rows:
                self.left_out["fills", _number(row[0])] = str(error)

    def _stored(
        self, account: int, epoch: int, filters: dict[str, Any], table: str
    ) -> Query | None:
        """The filters as a query on rows of before the last start; ``None`` when none can fit."""
        equal: dict[str, Value] = {"account_no": account, "epoch": epoch}
        query = Query(equal=equal, below={"event_seq": self._before_seq})
        below = dict(query.below)
        if filters["symbol"] is not None:
            equal["symbol"] = self._journal.canonical_symbol(filters["symbol"])
        for name in ("venue", "side"):
            if filters.get(name) is not None:
                equal[name] = filters[name]
        if table == "orders":
            wanted = filters["statuses"]
            statuses = [name for name in _ENDED if wanted is None or name in wanted]
            query.among = {"status": statuses}
            below["created_seq"] = _least(filters["before_seq"])
        else:
            below["event_seq"] = min(self._before_seq, _least(filters["before_seq"]))
            below["ts_ns"] = _least(filters["until_ns"])
            query.at_least = {"ts_ns": filters["since_ns"] or 0}
        query.below = {name: end for name, end in below.items() if end < _NEVER}
        for name in ("node_order_id", "graph_id"):
            if filters[name] is not None:
                graph = self._graph_no(account, epoch, filters[name])
                if graph is None or equal.setdefault("graph_no", graph) != graph:
                    return None
        return query

    def _graph_no(self, account: int, epoch: int, id_: str) -> int | None:
        graph_id = _graph_id(id_)
        equal: dict[str, Value] = {"account_no": account, "epoch": epoch, "graph_id": graph_id}
        found = self._store.find("graphs", Query(equal=equal, limit=1))
        return _number(found[0][0]) if found else None

    def _load(self, orders: Sequence[int], graphs: "Sequence[Row] | None" = None) -> None:
        """Loads these orders, but for those that are damaged: they are left out and noted."""
        for start in range(0, len(orders), _PART):
            part = {"order_no": orders[start : start + _PART]}
            bad_legs: list[Row] = []
            bad_graphs: list[Row] = []
            rows = self._store.find("orders", Query(among=part))
            legs = self._store.find("legs", Query(among=part), bad_legs)
            found = graphs or self._store.find("graphs", Query(among=part), bad_graphs)
            # An order is no better than its legs and its graph.
            bad = {row[0] for row in bad_legs} | {row[_ORDER_OF_GRAPH] for row in bad_graphs}
            rows = [row for row in rows if row[0] not in bad]
            legs = [leg for leg in legs if leg[0] not in bad]
            # Newest first is not the order in which legs were made.
            legs.sort(key=lambda row: (_number(row[0]), _number(row[1])))
            self._recall(rows, legs, found)

    def _recall(self, rows: "list[Row]", legs: "list[Row]", graphs: "Sequence[Row]") -> None:
        try:
            self._journal.recall(rows, legs, graphs, [])
        except ValueError as error:
            if len(rows) <= 1:
                for row in rows:
                    self.left_out["orders", _number(row[0])] = str(error)
                return
            # One of them is not what it should be: the others are no worse for it.
            for row in rows:
                self._recall(
                    [row],
                    [leg for leg in legs if leg[0] == row[0]],
                    [graph for graph in graphs if graph[_ORDER_OF_GRAPH] == row[0]],
                )


def _damaged(subject: str) -> Exception:
    return refused("INTERNAL_ERROR", f"the stored row is damaged: {subject}")


_NEVER: Final = 2**63 - 1


def _least(bound: int | None) -> int:
    return _NEVER if bound is None else bound


def _number(value: "Value") -> int:
    if not isinstance(value, int):
        raise TypeError(f"not a number: {value!r}")
    return value


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
