"""The description of the API, made from the table of operations and the models.

``python -m sequence.server.openapi`` writes the committed document; a test holds it up to date.
"""

import json
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sequence import types as t
from sequence._operations import OPERATIONS
from sequence._operations.operation import Auth, Operation
from sequence.server.examples import Examples
from sequence.server.glossary import Glossary

FILE: Final = Path(__file__).with_name("openapi.json")
PAGE: Final = Path(__file__).with_name("docs.html")

_REF: Final = "#/components/schemas/{model}"
_GROUPS: Final = {
    "health": "Health",
    "sandbox": "Sandbox",
    "positions": "Positions",
    "balances": "Positions",
    "portfolio": "Positions",
    "orders": "Orders",
    "venue_cancel_all": "Orders",
    "kill_switch": "Orders",
    "execution_graphs": "Execution graphs",
    "fills": "Fills",
    "api_keys": "Account",
    "account": "Account",
    "risk_limits": "Account",
    "ws": "Account",
}
_NEEDS: Final[dict[Auth, str]] = {
    "none": "No key.",
    "key": "Any key.",
    "test": "A seq_test_ key.",
    "admin": "An admin key.",
}
_WORDS: Final[dict[str, str]] = {"ge": "minimum", "le": "maximum"}
"""Bounds that pydantic leaves untranslated where another check comes first."""

_ERRORS: Final = {
    "400": "Malformed request, or a wrong path or query parameter",
    "401": "Missing or invalid key",
    "403": "The key may not do this",
    "404": "No such thing, or another client's",
    "409": "The state does not allow it",
    "413": "The body is too large",
    "415": "A compressed body",
    "422": "Well-formed and refused; the message names the field",
    "429": "Too many requests; see Retry-After",
    "501": "Known, and not offered here; the message says what is missing",
    "503": "Starting, draining or read-only; see Retry-After",
}


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of every operation."""
    glossary, examples = Glossary(), Examples()
    _, defs = models_json_schema([(model, mode) for model, mode in _models()], ref_template=_REF)
    schemas = {name: defs["$defs"][name] for name in sorted(defs["$defs"])}
    for name, schema in schemas.items():
        glossary.describe(name, schema)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS.values():
        for path in (operation.path, *operation.aliases):
            for method in (operation.method, *operation.method_aliases):
                alias = (path, method) != (operation.path, operation.method)
                name = _alias_of(path, method) if alias else operation.name
                row = _describe(operation, name, path, glossary, examples)
                paths.setdefault(path, {})[method.lower()] = row
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sequence Markets API, sandbox",
            "version": "v1",
            "description": "Paper trading against real books. Integers named _1e8 are quantities "
            "times 1e8, _1e9 prices and USD amounts times 1e9, _ns nanoseconds since the epoch.",
        },
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
            "responses": {
                status: {
                    "description": text,
                    "content": {"application/json": {"schema": _ref("ErrorEnvelope")}},
                }
                for status, text in _ERRORS.items()
            },
        },
    }


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _models() -> list[tuple[type[BaseModel], Any]]:
    rows: dict[tuple[type[BaseModel], str], None] = {(t.ErrorEnvelope, "serialization"): None}
    for operation in OPERATIONS.values():
        rows[operation.response, "serialization"] = None
        for model in _bodies(operation):
            rows[model, "validation"] = None
    return list(rows)


def _bodies(operation: Operation[Any]) -> tuple[type[BaseModel], ...]:
    if operation.request is None or operation.request is t.EmptyRequest:
        return ()
    if operation.request is t.SubmitRequest:
        return t.SimpleOrderRequest, t.GraphRequest
    return (operation.request,)


def _needs_body(operation: Operation[Any]) -> bool:
    """No body at all is an empty object, so only required fields make one necessary."""
    models = _bodies(operation)
    return all(any(f.is_required() for f in m.model_fields.values()) for m in models)


def _alias_of(path: str, method: str) -> str:
    return f"{method.lower()}_{path.removeprefix('/v1/').replace('/', '_')}"


def _describe(
    operation: Operation[Any], name: str, path: str, glossary: Glossary, examples: Examples
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "operationId": name,
        "tags": [_GROUPS.get(operation.path.split("/")[2], "Market data")],
        "summary": operation.summary,
        "description": _NEEDS[operation.auth],
    }
    if operation.auth == "none":
        row["security"] = []
    if operation.deprecated:
        row["deprecated"] = True
    parameters = _path_parameters(path, glossary) + _query_parameters(operation, glossary)
    for parameter in parameters:
        parameter.update(examples.parameter(operation.name, parameter["in"], parameter["name"]))
    if parameters:
        row["parameters"] = parameters
    bodies = [_ref(model.__name__) for model in _bodies(operation)]
    if bodies:
        schema = bodies[0] if len(bodies) == 1 else {"oneOf": bodies}
        body = {"schema": schema, "examples": examples.asked(operation.name)}
        content = {"application/json": body}
        row["requestBody"] = {"required": _needs_body(operation), "content": content}
    schema = _ref(operation.response.__name__)
    answer = {"schema": schema, "examples": examples.answered(operation.name)}
    content = {"application/json": answer}
    row["responses"] = {"200": {"description": "Done", "content": content}}
    row["responses"] |= {status: {"$ref": f"#/components/responses/{status}"} for status in _ERRORS}
    return row


def _path_parameters(path: str, glossary: Glossary) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": glossary.of(path, name),
            "schema": {"type": "string"},
        }
        for name in names
    ]


def _query_parameters(operation: Operation[Any], glossary: Glossary) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema()
    required = set(schema.get("required", ()))
    model = operation.query.__name__
    rows: list[dict[str, Any]] = []
    for name, field in schema.get("properties", {}).items():
        plain = _without_null({key: value for key, value in field.items() if key != "title"})
        row = {"name": name, "in": "query", "required": name in required}
        rows.append(row | {"description": glossary.of(model, name), "schema": plain})
    return rows


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """A parameter is absent rather than null; a list is its items with commas between."""
    choices = [row for row in field.pop("anyOf", []) if row.get("type") != "null"]
    if len(choices) == 1:
        only: dict[str, Any] = choices[0]
        field |= {_WORDS.get(key, key): value for key, value in only.items()}
    if field.get("default", ...) is None:
        del field["default"]
    if field.get("type") == "array":
        words = field["items"].get("enum")
        item = f"({'|'.join(words)})" if words else field["items"].get("pattern", "[^,]+")
        pattern = f"^{item}(,{item})*$"
        return {"type": "string", "pattern": pattern, "description": "comma list"}
    return field


def _ref(model: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=model)}


def main() -> None:
    """Writes the committed document."""
    FILE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
