"""Shapes of verbs that no server of ours answers yet: JSON as it comes and goes."""

from collections.abc import Iterator
from typing import Any, Self

from pydantic import ConfigDict, RootModel

from sequence.types._base import Query, Request


class FreeForm(RootModel[Any]):
    """An answer as parsed JSON."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def from_json(cls, body: bytes | str) -> Self:
        """Reads an answer."""
        return cls.model_validate_json(body)

    def to_json(self) -> bytes:
        """Writes the answer."""
        return self.model_dump_json().encode()

    def rows(self) -> Iterator[Any]:
        """The rows of an array."""
        return iter(self.root)


class FreeQuery(Query):
    """Any parameters."""

    model_config = ConfigDict(extra="allow", frozen=True)


class FreeRequest(Request):
    """Any body."""

    model_config = ConfigDict(extra="allow", frozen=True)
