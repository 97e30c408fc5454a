"""Which submits are under way, or ended without an answer: no I/O here."""

from typing import Final

from sequence.errors import SequenceError

_KEPT: Final = 1_000


class Pending:
    """The idempotency keys of one client's submits.

    Attributes:
        last: The newest one.
    """

    __slots__ = ("_answer", "_ids", "_last")

    def __init__(self) -> None:
        self._last: str | None = None
        self._answer: object = None
        self._ids: dict[str, None] = {}

    @property
    def last(self) -> str | None:
        """The newest submit."""
        # An answer that brought an id is asked for it when somebody wants to know.
        return self._last if self._answer is None else getattr(self._answer, "graph_id", None)

    @last.setter
    def last(self, graph_id: str | None) -> None:
        self._last, self._answer = graph_id, None

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
            self._answer = answer
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
