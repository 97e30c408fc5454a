"""Refusals: the exceptions that handlers raise, the same that a client of HTTP would see."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from sequence import _core
from sequence.errors import CODE_STATUS, CapabilityMissingError, SequenceError, api_error
from sequence.errors import ValidationError as Unusable
from sequence.types import VENUES, is_unknown_venue, issues_of

ModelT = TypeVar("ModelT", bound=BaseModel)

NOT_BUILT: Final = "not built yet"


def refused(code: str, message: str, *, field: str = "") -> SequenceError:
    """The exception of one error code; a field puts its name in front and into ``details``."""
    if not field:
        return api_error(CODE_STATUS[code], message, code=code)
    details = ({"field": field, "message": message},)
    return api_error(CODE_STATUS[code], f"{field}: {message}", code=code, details=details)


def closed() -> SequenceError:
    """503: what was ended answers nothing."""
    return refused("SERVICE_UNAVAILABLE", "this sandbox is closed")


def missing(verb: str, reason: str = NOT_BUILT, venue: str | None = None) -> SequenceError:
    """501: a known verb that this server does not offer."""
    return CapabilityMissingError(verb, venue if venue in VENUES else None, reason)


def checked(model: type[ModelT], values: Mapping[str, Any]) -> ModelT:
    """What a caller in this process gave, as a model; None is the same as not given.

    Raises:
        sequence.errors.ValidationError: Names what cannot be used.
    """
    try:
        return model.model_validate({k: v for k, v in values.items() if v is not None})
    except ValidationError as error:
        # What concerns the whole has no field to name.
        rows = [f"{row.field}: {row.message}" for row in issues_of(error)]
        raise Unusable("; ".join(row.removeprefix("body: ") for row in rows)) from None


def core_refusal(refusal: "_core.Refusal") -> SequenceError:
    """What the core refused, as an exception of the API."""
    return refused(refusal.code, refusal.message, field=refusal.field)


@contextmanager
def named(keys: Mapping[str, str], of: Mapping[str, str] | None = None) -> Generator[None]:
    """What the core says of a field of an order is said of the key that a body has for it.

    Args:
        keys: Key by field.
        of: By key what the core speaks of, where that is not the value of the key itself.
    """
    try:
        yield
    except _core.Refusal as refusal:
        field = keys.get(refusal.field, refusal.field)
        text = f"{(of or {}).get(field, '')}{refusal.message}"
        raise refused(refusal.code, text, field=field) from None


def invalid_body(error: ValidationError) -> SequenceError:
    """422 with one row per field that failed."""
    return _invalid("VALIDATION_ERROR", error)


def invalid_query(error: ValidationError) -> SequenceError:
    """400, except for an unknown venue, which is 422 wherever it stands."""
    code = "VALIDATION_ERROR" if is_unknown_venue(error) else "INVALID_PARAMS"
    return _invalid(code, error)


def _invalid(code: str, error: ValidationError) -> SequenceError:
    issues = issues_of(error)
    details = tuple({"field": row.field, "message": row.message} for row in issues)
    message = f"{issues[0].field}: {issues[0].message}"
    if len(issues) > 1:
        message += f" (and {len(issues) - 1} more)"
    return api_error(CODE_STATUS[code], message, code=code, details=details)
