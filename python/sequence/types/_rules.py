"""Rules about a whole object of a request."""

from typing import ClassVar, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from sequence.types._base import Request


def conflict(text: str, *, of: str = "") -> PydanticCustomError:
    """An error about a whole object, or about the field of it that does not go with the rest."""
    return PydanticCustomError("conflict", "{text}", {"text": text, "of": of})


def form(value: object) -> str:
    """Which of two forms a value has: a word, or an object with the word as its key."""
    return "~text" if isinstance(value, str) else "~object"


class OneOf(Request):
    """An object with exactly one of some keys; without `_one_of` these are all its fields."""

    _one_of: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _exactly_one_key(self) -> Self:
        names = self._one_of or tuple(type(self).model_fields)
        if sum(getattr(self, name) is not None for name in names) != 1:
            raise conflict("needs exactly one of " + ", ".join(names))
        return self
