"""The description of the API and its viewer."""

import json
import re
from decimal import Decimal

from sequence._operations import OPERATIONS
from sequence.server import openapi
from sequence.server.glossary import FILE, Glossary


def test_the_committed_description_is_up_to_date():
    text = openapi.FILE.read_text(encoding="utf-8")
    assert text == openapi.text(), "run python -m sequence.server.openapi"


def test_every_operation_and_every_reference_is_there():
    document = openapi.document()
    described = [row["operationId"] for path in document["paths"].values() for row in path.values()]
    assert len(set(described)) == len(described)
    assert set(OPERATIONS) <= set(described)
    references = set(_references(document))
    assert len(references) > 50
    for reference in references:
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def _references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def test_the_description_and_its_viewer_need_no_key_and_no_other_host(api):
    answer = api("GET", "/openapi.json", key=None)
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.raw)["openapi"] == "3.1.0"
    page = api("GET", "/docs", key=None)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert b"http://" not in page.raw
    assert b"https://" not in page.raw
    assert api("POST", "/docs", key=None).status == 405


def test_every_property_and_every_parameter_says_what_it_is():
    document = openapi.document()
    schemas = document["components"]["schemas"]
    rows = [
        (name, field, value)
        for name, s in schemas.items()
        for field, value in _properties(s).items()
    ]
    rows += [
        (path, row["name"], row)
        for path, methods in document["paths"].items()
        for operation in methods.values()
        for row in operation.get("parameters", ())
    ]
    assert len(rows) > 1_000
    silent = [f"{where}.{name}" for where, name, row in rows if not row.get("description")]
    assert silent == [], f"describe them in {FILE}"


def test_the_glossary_describes_nothing_that_is_not_there():
    document = openapi.document()
    queries = [op.query for op in OPERATIONS.values() if op.query is not None]
    used = {name: set(_properties(s)) for name, s in document["components"]["schemas"].items()}
    used |= {query.__name__: set(query.model_fields) for query in queries}
    used |= {path: set(re.findall(r"{(\w+)}", path)) for path in document["paths"]}
    glossary = Glossary()
    assert set(glossary.common) <= set().union(*used.values())
    assert {(m, n) for m, rows in glossary.models.items() for n in rows} <= {
        (m, n) for m, names in used.items() for n in names
    }


def test_every_body_has_an_example_that_the_server_reads():
    glossary = Glossary()
    for operation in OPERATIONS.values():
        examples = glossary.examples(operation.name)
        takes = operation.request is not None and operation.request.__name__ != "EmptyRequest"
        assert bool(examples) == takes, operation.name
        for row in examples.values():
            operation.read_body(json.loads(json.dumps(row["value"]), parse_float=Decimal))


def _properties(schema):
    return schema.get("properties", {})
