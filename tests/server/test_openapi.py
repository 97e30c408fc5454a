"""The description of the API and its viewer."""

import json
import re
import runpy
from decimal import Decimal
from pathlib import Path

import jsonschema_rs

from sequence._operations import OPERATIONS
from sequence.server import openapi
from sequence.server.examples import FILE as FILE_OF_EXAMPLES
from sequence.server.examples import Examples
from sequence.server.glossary import FILE, Glossary

TOOLS = Path(__file__).resolve().parents[2] / "python" / "tools"


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


def test_every_operation_has_examples_and_each_is_what_its_schema_says():
    document = openapi.document()
    for path, operation in _operations(document):
        name = operation["operationId"]
        answers = operation["responses"]["200"]["content"]["application/json"]
        assert answers["examples"], name
        assert list(_wrong(document, answers)) == [], name
        if "requestBody" in operation:
            bodies = operation["requestBody"]["content"]["application/json"]
            # What was asked is shown with its answer.
            assert bodies["examples"].keys() == answers["examples"].keys(), name
            assert list(_wrong(document, bodies)) == [], name
        for parameter in operation.get("parameters", ()):
            assert "example" in parameter or parameter["in"] == "query", (path, parameter["name"])
            if "example" in parameter:
                examples = {"examples": {"one": {"value": parameter["example"]}}}
                assert list(_wrong(document, parameter | examples)) == [], (path, parameter)


def test_every_example_body_is_read_by_the_server():
    for name, operation in OPERATIONS.items():
        bodies = Examples().asked(name)
        takes = operation.request is not None and operation.request.__name__ != "EmptyRequest"
        assert bool(bodies) == takes, name
        for row in bodies.values():
            operation.read_body(json.loads(json.dumps(row["value"]), parse_float=Decimal))


def test_a_new_run_of_the_examples_is_answered_as_described():
    """Numbers may be others: what is asked, and that its answer is as described, may not."""
    tool = runpy.run_path(str(TOOLS / "examples.py"))
    rows, kept = tool["recorded"](), json.loads(FILE_OF_EXAMPLES.read_text(encoding="utf-8"))
    document = openapi.document()
    schemas = {
        operation["operationId"]: operation["responses"]["200"]["content"]["application/json"]
        for _, operation in _operations(document)
    }
    assert rows.keys() == kept.keys() == OPERATIONS.keys()
    for name, row in rows.items():
        titles = kept[name]["answered"].keys()
        assert row["answered"].keys() == titles, "run python python/tools/examples.py"
        examples = {title: {"value": value} for title, value in row["answered"].items()}
        assert list(_wrong(document, schemas[name] | {"examples": examples})) == [], name


def _operations(document):
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def _wrong(document, content):
    """What in examples is not as their schema says."""
    schema = content["schema"] | {"components": document["components"]}
    check = jsonschema_rs.validator_for(schema)
    for title, example in content["examples"].items():
        for error in check.iter_errors(example["value"]):
            yield title, list(error.instance_path), error.message


def _properties(schema):
    return schema.get("properties", {})
