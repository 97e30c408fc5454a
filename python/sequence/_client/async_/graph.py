"""A graph put together node by node, then submitted."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from sequence import types as t
from sequence._client.ask.graph_edge import EdgeConfig, Sizing, Trigger, edge_action, edge_body
from sequence._client.ask.graph_node import Node
from sequence._client.ask.graph_risk import Risk

if TYPE_CHECKING:
    from sequence._client.async_.verbs import AsyncGraphVerbs


class AsyncGraphBuilder:
    """What `graph()` returns; every method but `submit` returns the builder itself.

    Example:
        >>> hedge = Node.sell("ETH-USD-PERP", 1).venue("hyperliquid")
        >>> graph = client.graph().node("spot", Node.buy("ETH-USD", 1)).node("hedge", hedge)
        >>> answer = await graph.edge("spot", "hedge", Trigger.full_fill()).submit()
    """

    def __init__(self, client: "AsyncGraphVerbs") -> None:
        self._client = client
        self._nodes: list[dict[str, Any]] = []
        self._edges: list[dict[str, Any]] = []
        self._risk: dict[str, Any] | None = None
        self._metadata: Mapping[str, Any] | None = None
        self._tag: str | None = None
        self._sandbox: bool | None = None
        self._graph_id: str | None = None

    def node(self, node_id: str, node: Node) -> Self:
        """Adds an order under a name of its own."""
        self._nodes.append(node.body(node_id))
        return self

    def edge(
        self,
        from_node: str,
        to_node: str,
        trigger: Trigger,
        *,
        sizing: Sizing | None = None,
        cancels: bool = False,
        reduces: bool = False,
        condition: Mapping[str, Any] | None = None,
        edge_id: str | None = None,
    ) -> Self:
        """Lets what one order does activate another one, cancel it, or make it smaller.

        Args:
            from_node: The source; `sequence.START` is the acceptance of the graph.
            to_node: The target.
            trigger: What the source has to do.
            sizing: Quantity the target gets; by default its own, after `Trigger.on_fill` the fill.
            cancels: The target is cancelled instead.
            reduces: The target's open order becomes smaller instead, by default by the fill.
            condition: What must hold as well when the trigger fires.
            edge_id: Name of the edge.

        Raises:
            ValidationError: It both cancels and reduces.
        """
        edge = edge_body(
            from_node,
            to_node,
            trigger,
            sizing=sizing,
            action=edge_action(cancels=cancels, reduces=reduces),
            condition=condition,
            edge_id=edge_id,
        )
        self._edges.append(edge)
        return self

    def edge_with(
        self,
        from_node: str,
        to_node: str,
        trigger: Trigger,
        config: Callable[[EdgeConfig], EdgeConfig],
    ) -> Self:
        """As `edge`, with what it does beside its trigger in words.

        Example:
            >>> graph.edge_with("tp", "sl", Trigger.cancelled(), lambda edge: edge.named("stop"))
        """
        return self.edge(from_node, to_node, trigger, **config(EdgeConfig()).keys)

    def risk(self, risk: Risk) -> Self:
        """Sets the limits of the whole graph."""
        self._risk = risk.body()
        return self

    def metadata(self, metadata: Mapping[str, Any]) -> Self:
        """Sets free JSON that comes back with the graph."""
        self._metadata = metadata
        return self

    def tag(self, tag: str) -> Self:
        """Sets what the graph is for; every order of it has it."""
        self._tag = tag
        return self

    def sandbox(self, flag: bool = True) -> Self:  # noqa: FBT001, FBT002 - reads as a sentence
        """With a live key: False sends the graph to the real venues."""
        self._sandbox = flag
        return self

    def graph_id(self, graph_id: str) -> Self:
        """Sets the idempotency key; by default one is made."""
        self._graph_id = graph_id
        return self

    async def submit(self) -> "t.SubmitResponse":
        """Submits the graph.

        Raises:
            ValidationError: The graph cannot be sent; the message names the field.
        """
        return await self._client.submit_graph(
            self._nodes,
            self._edges,
            risk=self._risk,
            metadata=self._metadata,
            tag=self._tag,
            sandbox=self._sandbox,
            graph_id=self._graph_id,
        )
