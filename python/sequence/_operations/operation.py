"""What an endpoint is, without its models: those load when somebody asks for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from sequence import types as t

if TYPE_CHECKING:
    from sequence.types._base import Answer

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Auth = Literal["none", "key", "test", "admin"]
AnswerT = TypeVar("AnswerT", bound="Answer")


@dataclass(frozen=True, slots=True)
class Operation(Generic[AnswerT]):
    """One endpoint.

    Models are named by functions: the table is read at every start, and most bots use a handful.

    Attributes:
        name: Stable name; handlers and tests use it.
        method: HTTP method.
        path: Path template with `{name}` parameters.
        load_response: Model of the 200 answer.
        load_request: Model of the body; None when there is none.
        load_query: Model of the query string; None when it is ignored.
        auth: Who may call: anybody, any key, a test key, an admin key.
        needs: What to do where the key may not, beside using another one.
        summary: One line for the API description.
        aliases: Further path templates that answer the same.
        method_aliases: Further methods of the same path.
        writes: The call changes state.
        deprecated: Answered with `Deprecation: true`.
        repeatable: Sending it again after a lost answer has no second effect.
    """

    name: str
    method: Method
    path: str
    load_response: Callable[[], type[AnswerT]]
    load_request: "Callable[[], type[t.Request]] | None" = None
    load_query: "Callable[[], type[t.Query]] | None" = None
    auth: Auth = "key"
    needs: str = ""
    summary: str = ""
    aliases: tuple[str, ...] = ()
    method_aliases: tuple[Method, ...] = ()
    writes: bool = False
    deprecated: bool = False
    repeatable: bool = True

    @property
    def needs_admin(self) -> str:
        """What a key that is no admin's is told."""
        how = f": {self.needs}" if self.needs else ""
        return f"this path needs an admin key{how}"

    @property
    def response(self) -> type[AnswerT]:
        """Model of the 200 answer."""
        return self.load_response()

    @property
    def request(self) -> "type[t.Request] | None":
        """Model of the body; None when there is none."""
        return None if self.load_request is None else self.load_request()

    @property
    def query(self) -> "type[t.Query] | None":
        """Model of the query string; None when it is ignored."""
        return None if self.load_query is None else self.load_query()

    def read_body(self, value: object) -> "t.Request":
        """Checks a parsed body; a submit has two forms.

        Raises:
            pydantic.ValidationError: The body is not what the endpoint takes.
        """
        model = self.request or t.EmptyRequest
        if model is t.SubmitRequest:
            is_graph = isinstance(value, dict) and "nodes" in value
            model = t.GraphRequest if is_graph else t.SimpleOrderRequest
        return model.model_validate(value)
