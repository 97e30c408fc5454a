"""One call of a handler: who calls, and with what."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NamedTuple, TypeVar

if TYPE_CHECKING:
    from sequence import _core
    from sequence.sandbox.keys import Principal
    from sequence.sandbox.runtime import Runtime

QueryT = TypeVar("QueryT")
BodyT = TypeVar("BodyT")


Form = Literal["model", "text", "late"]


class Call(Generic[QueryT, BodyT]):
    """What a handler gets: the runtime, locked and at the present, and a checked request.

    Attributes:
        runtime: The engine and everything around it.
        principal: The caller.
        path: Values of the path parameters, decoded.
        query: The query model; None where the operation has none.
        body: The request model; None where the operation has none.
        form: What whoever asked makes of the answer: a `model`, its `text`, or `late` whatever part
            of it is looked at.
    """

    __slots__ = ("body", "form", "path", "principal", "query", "runtime")

    def __init__(
        self,
        runtime: "Runtime",
        principal: "Principal",
        path: Mapping[str, str],
        query: QueryT,
        body: BodyT,
        *,
        form: Form = "model",
    ) -> None:
        self.form = form
        self.runtime = runtime
        self.principal = principal
        self.path = path
        self.query = query
        self.body = body

    @property
    def engine(self) -> "_core.Engine":
        """The core."""
        return self.runtime.engine

    @property
    def now_ns(self) -> int:
        """The present of this call."""
        return self.runtime.now_ns

    def account(self) -> int:
        """The sandbox account of the caller, seeded at its first use."""
        client = self.principal.client
        return client.account if client.epoch else self.runtime.account(self.principal)


SETTLE_S: Final = 5.0
"""How long an answer waits for a simulated delay, at most."""

SETTLE_POLL_S: Final = 0.005


class Pending(NamedTuple):
    """An answer that a delay or a book that is under way still holds back, or that is half made.

    Attributes:
        response: What to answer when it takes too long; None where looking again ends by itself.
        again: A handler that looks again: it returns the answer, or this once more.
        writes: Whether looking again may be what does the work.
        pause_s: How long to wait before looking again; 0 lets others in and goes on.
    """

    response: Any
    again: "Handler"
    writes: bool = False
    pause_s: float = SETTLE_POLL_S


class Written(NamedTuple):
    """An answer that is JSON text already."""

    text: bytes

    def to_json(self) -> bytes:
        """The text."""
        return self.text


Handler = Callable[[Call[Any, Any]], Any]
"""A plain function from a call to the answer of its operation."""
