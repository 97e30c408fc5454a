"""The error envelope, and how a failed validation becomes its rows."""

import re
from typing import Any

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from sequence.types._base import Wire
from sequence.types._names import did_you_mean

MAX_ISSUES = 20
"""Rows of `details` at most."""

_MISSPELT = "unknown field; did you mean"
_QUOTED = re.compile(r"'([^']*)'")
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
    """Turns a failed validation into at most 20 rows, in body order; slips of the finger first."""
    rows: list[FieldIssue] = []
    for item in error.errors(include_url=False):
        rows.extend(_rows(item, error.title))
        if len(rows) >= MAX_ISSUES:
            break
    # A misspelt field is also a missing one: its own row says how to mend both.
    return sorted(rows[:MAX_ISSUES], key=lambda row: _MISSPELT not in row.message)


def is_unknown_venue(error: ValidationError) -> bool:
    """True when a venue is not known: 422 also in a path or a query string."""
    items = error.errors(include_url=False, include_input=False)
    return any(item["type"] == "unknown_venue" for item in items)


def _rows(item: ErrorDetails, model: str) -> list[FieldIssue]:
    kind: str = item["type"]
    context: dict[str, Any] = item.get("ctx", {})
    of = context.get("of")
    path = _path((*item["loc"], of) if of else item["loc"])
    if kind == "duplicates":
        return [FieldIssue(field=f, message=m) for f, m in context["rows"]]
    if kind == "literal_error":
        message = f"must be one of {context['expected']}{_near_word(item)}"
    elif kind == "extra_forbidden":
        message = _TEXTS[kind] + _near_field(item, model)
    elif kind in _TEMPLATES:
        message = _TEMPLATES[kind].format(**context)
    else:
        message = _TEXTS.get(kind) or item["msg"]
    return [FieldIssue(field=path, message=message)]


def _near_word(item: ErrorDetails) -> str:
    """The allowed word that was meant; no more of what was sent is shown."""
    given: object = item["input"]
    expected: str = item.get("ctx", {})["expected"]
    return did_you_mean(given, _QUOTED.findall(expected)) if isinstance(given, str) else ""


def _near_field(item: ErrorDetails, model: str) -> str:
    """The field of the body that was meant; bodies below it are not looked into."""
    import sequence.types as models  # noqa: PLC0415 - the models know this file

    found = getattr(models, model, None)
    name = item["loc"][-1]
    if found is None or len(item["loc"]) != 1 or not isinstance(name, str):
        return ""
    return did_you_mean(name, found.model_fields)


def _path(location: tuple[str | int, ...]) -> str:
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not part.startswith("~"):
            text += f".{part}" if text else part
    return text or "body"
