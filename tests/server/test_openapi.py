"""The description of the API and its viewer."""

import json

from sequence._operations import OPERATIONS
from sequence.server import openapi


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
