"""An answer of the core that becomes a model when somebody looks at more than a word of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Self

from sequence.types.order import SubmitResponse

if TYPE_CHECKING:
    from sequence._core import Answer

_set = object.__setattr__
_get = object.__getattribute__
_KNOWN: Final = ("of_first", "__class__")


class LateSubmit(SubmitResponse):
    """The answer to a submit, made at the first use of it; from then on it is a `SubmitResponse`.

    A bot that places an order mostly looks at its id and its status: `of_first` reads these from
    what the core keeps, and the forty other fields are never made.
    """

    @classmethod
    def of(cls, answer: "Answer") -> Self:
        """Keeps what the core answered."""
        self = cls.__new__(cls)
        _set(self, "__pydantic_private__", answer)
        return self

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - any field
        return _get(self, name) if name in _KNOWN else getattr(_made(self), name)

    def of_first(self, name: str) -> Any:  # noqa: ANN401 - the field says which
        """A field of the first order, without more of the answer than that."""
        kept: Answer | None = _get(self, "__pydantic_private__")
        return super().of_first(name) if kept is None else kept.first(name)

    def __repr__(self) -> str:
        return repr(_made(self))

    def __str__(self) -> str:
        return str(_made(self))

    def __eq__(self, other: object) -> bool:
        return _made(self) == other

    def __hash__(self) -> int:
        return hash(_made(self))

    def __iter__(self) -> Iterator[tuple[str, Any]]:  # type: ignore[override]
        return iter(_made(self))

    def __reduce_ex__(self, protocol: Any) -> Any:  # noqa: ANN401 - as object has it
        return _made(self).__reduce_ex__(protocol)

    def __copy__(self) -> SubmitResponse:  # type: ignore[override]
        return _made(self).__copy__()

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> SubmitResponse:  # type: ignore[override]
        return _made(self).__deepcopy__(memo)


def _made(answer: LateSubmit) -> SubmitResponse:
    """The whole model, in the place of what was kept.

    Another thread may do the same: what was kept goes last, when the model is there for everybody.
    """
    kept: Answer | None = _get(answer, "__pydantic_private__")
    if kept is None:
        return answer
    model = SubmitResponse.trusted(kept.row())
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__"):
        _set(answer, name, _get(model, name))
    _set(answer, "__class__", SubmitResponse)
    _set(answer, "__pydantic_private__", None)
    return answer
