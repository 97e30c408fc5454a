"""Which submits are under way, or ended without an answer: no I/O here."""

from typing import Final

from sequence.errors import SequenceError

_KEPT: Final = 1_000


class Pending:
    """The idempotency keys of one client's submits.

    Attributes:
        last: The newest one.
    """

    __slots__ = ("_ids", "last")

    def __init__(self) -> None:
        self.last: str | None = None
        self._ids: dict[str, None] = {}

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Those without an answer, oldest first."""
        return tuple(self._ids)

    def begin(self, graph_id: str | None) -> None:
        """Notes a submit before it is sent; None where the answer will bring the id."""
        if graph_id is None:
            return
        self.last = graph_id
        self._ids[graph_id] = None
        if len(self._ids) > _KEPT:
            self._ids.pop(next(iter(self._ids)), None)

    def end(self, graph_id: str | None, answer: object) -> None:
        """An answer came."""
        if graph_id is None:
            self.last = getattr(answer, "graph_id", None)
        else:
            self._ids.pop(graph_id, None)

    def fail(self, error: BaseException, graph_id: str | None, *, is_lost: bool) -> None:
        """Writes the id on what ends the call, and keeps it unless nothing can have happened.

        Args:
            error: What ended the call.
            graph_id: The id; None where only the sandbox knows it, which then wrote it down.
            is_lost: An attempt got no answer, whatever a later one was told.
        """
        graph_id = graph_id or getattr(error, "graph_id", None)
        if graph_id is None:
            return
        self.last = graph_id
        if not isinstance(error, SequenceError):
            # Ctrl-C, a cancelled task, or an error of another library.
            error.graph_id = graph_id  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
            self._ids[graph_id] = None
            return
        error.graph_id = graph_id
        if not is_lost:
            self._ids.pop(graph_id, None)
