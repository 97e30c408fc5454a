"""Rules about a graph as a whole, which no single field can break."""

from collections.abc import Iterator, Sequence
from typing import Final

from sequence.sandbox.refuse import refused
from sequence.types import START, GraphEdgeRequest, GraphRequest, Node, SizingRule

_FILL_TRIGGERS: Final = ("on_fill", "on_first_fill")
_NEVER_OF_START: Final = (
    "on_fill",
    "on_first_fill",
    "on_fill_ratio",
    "on_cancel",
    "on_reject",
    "on_expire",
)


def check_structure(graph: GraphRequest) -> None:
    """Checks ids, ends, activation, cycles, sizing and pacing of a graph.

    Raises:
        sequence.errors.UnprocessableError: The first rule that is broken.
    """
    _check_nodes(graph.nodes)
    _check_edges(graph)
    activating = [edge for edge in graph.edges if edge.action == "activate"]
    incoming: dict[str, list[GraphEdgeRequest]] = {node.node_id: [] for node in graph.nodes}
    for edge in activating:
        incoming[edge.to_node].append(edge)
    for index, node in enumerate(graph.nodes):
        _check_activation(index, node, incoming[node.node_id])
    if all(incoming[node.node_id] for node in graph.nodes):
        # Every node waits for another one: there is a cycle, and it is the better message.
        _check_cycles(graph.nodes, activating)
        if not any(edge.from_node == START for edge in activating):
            text = f"at least one node must be a root, or follow {START}"
            raise refused("VALIDATION_ERROR", text, field="nodes")
    _check_cycles(graph.nodes, activating)


def edge_id(edge: GraphEdgeRequest) -> str:
    """The id of an edge, by default made of its ends."""
    return edge.edge_id or f"e_{edge.from_node}_{edge.to_node}"


def _check_nodes(nodes: Sequence[Node]) -> None:
    first: dict[str, int] = {}
    for index, node in enumerate(nodes):
        earlier = first.setdefault(node.node_id, index)
        if earlier != index:
            text = f"nodes[{earlier}] and nodes[{index}] have the same node_id"
            raise refused("VALIDATION_ERROR", text, field=f"nodes[{index}].node_id")
        for field, text in _clashes(node):
            raise refused("VALIDATION_ERROR", text, field=f"nodes[{index}].{field}")


def _clashes(node: Node) -> Iterator[tuple[str, str]]:
    """Keys of one node that do not go together: the field, and why."""
    keys, order_type = node.execution, node.order_type
    market = order_type == "market"
    if market and keys.tif == "post_only":
        yield "execution.tif", "a market order cannot be post_only"
    if not isinstance(order_type, str) and order_type.peg is not None:
        if keys.tif in ("ioc", "fok"):
            yield "execution.tif", f"a pegged order rests: it cannot be {keys.tif}"
        if keys.policy == "aggressive_chase":
            yield "execution.policy", "a pegged order has a price of its own and chases none"
    if keys.reserve == "at_submit" and (not _has_limit(node) or node.quantity.fixed is None):
        text = "at_submit needs a fixed quantity and a limit price: they say what to reserve"
        yield "execution.reserve", text
    if keys.pacing is not None and keys.pacing.iceberg is not None:
        if not _has_limit(node):
            yield "execution.pacing.iceberg", "an iceberg needs a limit price"
        if keys.tif in ("ioc", "fok"):
            yield "execution.tif", f"an iceberg rests: it cannot be {keys.tif}"


def _has_limit(node: Node) -> bool:
    return not isinstance(node.order_type, str) and node.order_type.limit is not None


def _check_edges(graph: GraphRequest) -> None:
    names = {node.node_id for node in graph.nodes}
    first: dict[str, int] = {}
    for index, edge in enumerate(graph.edges):
        at = f"edges[{index}]"
        earlier = first.setdefault(edge_id(edge), index)
        if earlier != index:
            text = f"edges[{earlier}] and {at} have the same edge_id"
            raise refused("VALIDATION_ERROR", text, field=f"{at}.edge_id")
        for end, name in (("from_node", edge.from_node), ("to_node", edge.to_node)):
            if name not in names and name != START:
                raise refused("VALIDATION_ERROR", f"no node {name!r}", field=f"{at}.{end}")
        if edge.from_node == edge.to_node:
            raise refused("VALIDATION_ERROR", "leads to its own source", field=f"{at}.to_node")
        for field, text in _misfits(edge):
            raise refused("VALIDATION_ERROR", text, field=f"{at}.{field}")


def _misfits(edge: GraphEdgeRequest) -> Iterator[tuple[str, str]]:
    """Keys of one edge that do not go together: the field, and why."""
    if edge.from_node == START and edge.trigger in _NEVER_OF_START:
        yield "trigger", f"{START} is accepted and filled at once: {edge.trigger} never comes"
    if edge.sizing is None and edge.action == "reduce" and edge.trigger not in _FILL_TRIGGERS:
        yield "sizing", "without a fill there is nothing to reduce by: give a size"
    if not isinstance(edge.sizing, SizingRule):
        return
    by_fill = edge.sizing.from_fill or edge.sizing.from_fill_notional
    if by_fill is not None and edge.trigger not in _FILL_TRIGGERS:
        yield "sizing", "a size from a fill needs the trigger on_fill or on_first_fill"
    if edge.from_node == START and (by_fill or edge.sizing.from_filled or edge.sizing.remaining):
        yield "sizing", f"{START} fills nothing: give a fixed size, a USD size or target"


def _check_activation(index: int, node: Node, incoming: Sequence[GraphEdgeRequest]) -> None:
    at = f"nodes[{index}]"
    if node.activation == "root" and incoming:
        text = f"a root is activated by no edge, but {edge_id(incoming[0])} leads here"
        raise refused("VALIDATION_ERROR", text, field=f"{at}.activation")
    if node.activation == "wait" and not incoming:
        text = "a waiting node needs an edge that activates it"
        raise refused("VALIDATION_ERROR", text, field=f"{at}.activation")
    if node.quantity.from_edge is None:
        return
    if not incoming or any(not _gives_quantity(edge) for edge in incoming):
        text = "every edge that activates this node must give it a quantity (sizing)"
        raise refused("VALIDATION_ERROR", text, field=f"{at}.quantity.from_edge")


def _gives_quantity(edge: GraphEdgeRequest) -> bool:
    return edge.trigger == "on_fill" if edge.sizing is None else edge.sizing != "target"


def _check_cycles(nodes: Sequence[Node], activating: Sequence[GraphEdgeRequest]) -> None:
    targets: dict[str, list[str]] = {node.node_id: [] for node in nodes}
    for edge in activating:
        if edge.from_node != START:
            targets[edge.from_node].append(edge.to_node)
    done: set[str] = set()
    for node in nodes:
        cycle = _cycle_from(node.node_id, targets, done)
        if cycle:
            text = "activating edges form a cycle: " + " -> ".join(cycle)
            raise refused("VALIDATION_ERROR", text, field="edges")


def _cycle_from(start: str, targets: dict[str, list[str]], done: set[str]) -> list[str]:
    """The first cycle reachable from a node that no earlier walk has cleared."""
    path: list[str] = []
    walk: list[Iterator[str]] = [iter((start,))]
    while walk:
        name = next(walk[-1], None)
        if name is None:
            walk.pop()
            if path:
                done.add(path.pop())
        elif name in path:
            return [*path[path.index(name) :], name]
        elif name not in done:
            path.append(name)
            walk.append(iter(targets[name]))
    return []
