"""What one endpoint is."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from sequence import types as t
from sequence.types._base import Answer, Query, Request

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Auth = Literal["none", "key", "test", "admin"]
AnswerT = TypeVar("AnswerT", bound=Answer)


@dataclass(frozen=True, slots=True)
class Operation(Generic[AnswerT]):
    """One endpoint.

    Attributes:
        name: Stable name; handlers and tests use it.
        method: HTTP method.
        path: Path template with `{name}` parameters.
        response: Model of the 200 answer.
        request: Model of the body; None when there is none.
        query: Model of the query string; None when it is ignored.
        auth: Who may call: anybody, any key, a test key, an admin key.
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
    response: type[AnswerT]
    request: type[Request] | None = None
    query: type[Query] | None = None
    auth: Auth = "key"
    summary: str = ""
    aliases: tuple[str, ...] = ()
    method_aliases: tuple[Method, ...] = ()
    writes: bool = False
    deprecated: bool = False
    repeatable: bool = True

    def read_body(self, value: object) -> Request:
        """Checks a parsed body; a submit has two forms.

        Raises:
            pydantic.ValidationError: The body is not what the endpoint takes.
        """
        model = self.request or t.EmptyRequest
        if model is t.SubmitRequest:
            is_graph = isinstance(value, dict) and "nodes" in value
            model = t.GraphRequest if is_graph else t.SimpleOrderRequest
        return model.model_validate(value)
