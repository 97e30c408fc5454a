"""Whether a server takes a graph."""

from sequence import _operations as ops
from sequence.sandbox import Sandbox
from sequence.types import GraphRequest


def check_taken(graph: GraphRequest) -> None:
    """Submits a graph to a sandbox of its own.

    Raises:
        sequence.errors.UnprocessableError: The first rule that it breaks.
    """
    with Sandbox(seed=1) as sandbox:
        sandbox.client().send(ops.SUBMIT_ORDER, body=graph, graph_id=graph.graph_id)
