"""Rules about a graph as a whole, which no single field can break."""

from collections.abc import Iterator, Sequence

from sequence.sandbox.refuse import refused
from sequence.types import GraphEdgeRequest, GraphRequest, Node


def check_structure(graph: GraphRequest) -> None:
    """Checks ids, ends, activation, cycles and sizing of a graph.

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
        raise refused("VALIDATION_ERROR", "at least one node must be a root", field="nodes")
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
        if node.order_type == "market" and node.execution.tif == "post_only":
            text = "a market order cannot be post_only"
            raise refused("VALIDATION_ERROR", text, field=f"nodes[{index}].execution.tif")


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
            if name not in names:
                raise refused("VALIDATION_ERROR", f"no node {name!r}", field=f"{at}.{end}")
        if edge.from_node == edge.to_node:
            raise refused("VALIDATION_ERROR", "leads to its own source", field=f"{at}.to_node")


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
