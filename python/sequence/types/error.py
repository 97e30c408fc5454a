"""The error envelope, and how a failed validation becomes its rows."""

from typing import Any

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from sequence.types._base import Wire

MAX_ISSUES = 20
"""Rows of `details` at most."""

_TEXTS = {
    "missing": "is required",
    "extra_forbidden": "unknown field",
    "int_type": "must be an integer",
    "float_type": "must be a number",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "list_type": "must be an array",
    "dict_type": "must be an object",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be an object",
    "union_tag_invalid": "has a form that is not known",
    "union_tag_not_found": "has a form that is not known",
}
_TEMPLATES = {
    "greater_than_equal": "must be >= {ge}",
    "less_than_equal": "must be <= {le}",
    "greater_than": "must be > {gt}",
    "less_than": "must be < {lt}",
    "literal_error": "must be one of {expected}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} elements",
    "too_long": "must have at most {max_length} elements",
}


class FieldIssue(Wire):
    """One field that failed, with its path as in `positions[0].qty`."""

    field: str
    message: str


class CapabilityIssue(Wire):
    """What is not offered: the verb, the venue where one is meant, and why."""

    verb: str
    venue: str | None
    reason: str


class ErrorBody(Wire):
    """The inner object of the envelope."""

    code: str
    message: str
    request_id: str
    details: list[FieldIssue | CapabilityIssue] | None = Field(
        default=None, exclude_if=lambda rows: not rows
    )


class ErrorEnvelope(Wire):
    """Every answer that is not 2xx."""

    error: ErrorBody


def issues_of(error: ValidationError) -> list[FieldIssue]:
    """Turns a failed validation into at most 20 rows, in body order."""
    rows: list[FieldIssue] = []
    for item in error.errors(include_url=False, include_input=False):
        rows.extend(_rows(item))
        if len(rows) >= MAX_ISSUES:
            break
    return rows[:MAX_ISSUES]


def is_unknown_venue(error: ValidationError) -> bool:
    """True when a venue is not known: 422 also in a path or a query string."""
    items = error.errors(include_url=False, include_input=False)
    return any(item["type"] == "unknown_venue" for item in items)


def _rows(item: ErrorDetails) -> list[FieldIssue]:
    kind: str = item["type"]
    context: dict[str, Any] = item.get("ctx", {})
    path = _path(item["loc"])
    if kind == "duplicates":
        return [FieldIssue(field=f, message=m) for f, m in context["rows"]]
    if kind in _TEMPLATES:
        message = _TEMPLATES[kind].format(**context)
    else:
        message = _TEXTS.get(kind) or item["msg"]
    return [FieldIssue(field=path, message=message)]


def _path(location: tuple[str | int, ...]) -> str:
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not part.startswith("~"):
            text += f".{part}" if text else part
    return text or "body"
