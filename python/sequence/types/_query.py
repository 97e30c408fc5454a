"""Query parameters that several lists share."""

from typing import Annotated, cast

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from sequence.types._base import Query
from sequence.types._number import QueryBool, QueryInt
from sequence.types.common import known_venue

MAX_OFFSET = 2**63 - 1
MOST_SKIPPED = 1_000_000
"""Rows that an offset may leave out: older ones are reached by `before_seq`."""


def split(value: object) -> object:
    """Splits a comma list into a tuple; an empty element is an error."""
    if isinstance(value, str):
        return _full(tuple(value.split(",")))
    return _full(cast("tuple[object, ...]", value)) if isinstance(value, tuple) else value


def _full(parts: tuple[object, ...]) -> tuple[object, ...]:
    if "" in parts:
        raise PydanticCustomError("comma_list", "has an empty element")
    return parts


def all_known(values: tuple[str, ...]) -> tuple[str, ...]:
    """Checks a list of venue ids."""
    return tuple(known_venue(value) for value in values)


Names = Annotated[tuple[str, ...], BeforeValidator(split)]
"""A comma list."""

VenueList = Annotated[tuple[str, ...], BeforeValidator(split), AfterValidator(all_known)]
"""A comma list of venue ids."""


class ModeQuery(Query):
    """Reads of a client's rows; a live key adds `sandbox=true` to see its sandbox rows."""

    sandbox: QueryBool = Field(
        default=False, validation_alias=AliasChoices("sandbox", "is_sandbox")
    )


class PageQuery(ModeQuery):
    """Paging: at most 500 rows, of which the first is at most the millionth.

    `before_seq` gives stable pages while rows are added, and reaches every row.
    """

    limit: QueryInt = Field(default=50, ge=1, le=500)
    offset: QueryInt = Field(default=0, ge=0, le=MOST_SKIPPED)
    before_seq: Annotated[QueryInt, Field(ge=1, le=MAX_OFFSET)] | None = None
