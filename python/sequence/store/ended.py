"""Rows of what ended before a start: nobody needs them to begin, and they are read when asked for.

They are read whole or not at all: an order is no better than its legs and its graph.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sequence.store.base import Query, StoreDamagedError

if TYPE_CHECKING:
    from sequence._core import Journal
    from sequence.store.base import Row, Store, Value

ORDER_OF_GRAPH: Final = 4
"""Where a graph's row names its order; below 0 it has a shape, and orders of its own."""
GRAPH_OF_ORDER: Final = 3
PART: Final = 500
"""Rows that are read together."""


class Ended:
    """Reads such rows into a journal.

    Attributes:
        left_out: Orders and fills that cannot be read, by table and number, and why.
    """

    def __init__(self, store: "Store", journal: "Journal") -> None:
        self._store = store
        self._journal = journal
        self.left_out: Final[dict[tuple[str, int], str]] = {}

    def load_shape(self, graph: "Row") -> None:
        """Loads a graph of several orders, whole.

        Raises:
            StoreDamagedError: One of its rows is not what was written, or cannot be read.
        """
        number = number_of(graph[0])
        part = Query(equal={"graph_no": number})
        bad: list[Row] = []
        orders = self._store.find("orders", part, bad)
        legs: list[Row] = []
        for start in range(0, len(orders), PART):
            some = [row[0] for row in orders[start : start + PART]]
            legs += self._store.find("legs", Query(among={"order_no": some}), bad)
        shapes = [
            sorted(self._store.find(table, part, bad), key=_two_keys)
            for table in ("graph_runs", "graph_nodes", "graph_edges")
        ]
        if bad:
            raise StoreDamagedError(f"graphs {number}")
        runs, nodes, edges = shapes
        orders.sort(key=lambda row: number_of(row[0]))
        legs.sort(key=_two_keys)
        try:
            self._journal.recall(orders, legs, [graph], [], (runs, nodes, edges))
        except ValueError as error:
            raise StoreDamagedError(f"graphs {number}: {error}") from error

    def load_orders(self, orders: Sequence[int], graphs: "Sequence[Row] | None" = None) -> None:
        """Loads these orders, but for those that are damaged: they are left out and noted."""
        for start in range(0, len(orders), PART):
            part = {"order_no": orders[start : start + PART]}
            bad_legs: list[Row] = []
            bad_graphs: list[Row] = []
            rows = self._store.find("orders", Query(among=part))
            legs = self._store.find("legs", Query(among=part), bad_legs)
            graph_part = {"graph_no": [row[GRAPH_OF_ORDER] for row in rows]}
            found = graphs or self._store.find("graphs", Query(among=graph_part), bad_graphs)
            bad = {row[0] for row in bad_legs} | {row[ORDER_OF_GRAPH] for row in bad_graphs}
            rows = [row for row in rows if row[0] not in bad]
            legs = [leg for leg in legs if leg[0] not in bad]
            # Newest first is not the order in which legs were made.
            legs.sort(key=_two_keys)
            self._recall(rows, legs, found)

    def load_fills(self, rows: "Sequence[Row]") -> None:
        """Loads fills of orders that are loaded, but for those that cannot be read."""
        try:
            self._journal.recall([], [], [], rows)
        except ValueError as error:
            if len(rows) > 1:
                for row in rows:
                    self.load_fills([row])
                return
            for row in rows:
                self.left_out["fills", number_of(row[0])] = str(error)

    def _recall(self, rows: "list[Row]", legs: "list[Row]", graphs: "Sequence[Row]") -> None:
        try:
            self._journal.recall(rows, legs, graphs, [])
        except ValueError as error:
            if len(rows) <= 1:
                for row in rows:
                    self.left_out["orders", number_of(row[0])] = str(error)
                return
            # One of them is not what it should be: the others are no worse for it.
            for row in rows:
                self._recall(
                    [row],
                    [leg for leg in legs if leg[0] == row[0]],
                    [graph for graph in graphs if graph[ORDER_OF_GRAPH] == row[0]],
                )


def number_of(value: "Value") -> int:
    """A number of a row.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, int):
        raise TypeError(f"not a number: {value!r}")
    return value


def _two_keys(row: "Row") -> tuple[int, int]:
    second = row[1]
    return number_of(row[0]), second if isinstance(second, int) else 0
