"""Verbs without an answer here: typed methods that say what is missing, where and why."""

import asyncio
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sequence_markets

from sequence import AsyncSequence, Sequence
from sequence._client.ask.later import LATER
from sequence._client.sync.hosted import HostedCalls
from sequence._client.sync.research import ResearchCalls
from sequence.errors import CapabilityMissingError, ValidationError
from sequence.sandbox import Sandbox
from sequence.sandbox.handlers import HANDLERS
from sequence.sandbox.missing import MISSING
from sequence.server import serving

MIGRATION = Path(__file__).resolve().parents[2] / "docs" / "migration.md"
GIVEN: dict[str, Any] = {"venue": "binance", "side": "buy", "qty": 1}
GIVEN |= {"wasm": b"1", "symbols": ["BTC-USD"], "changes": {"a": 1.5}, "settings": {"b": [1]}}


def verbs() -> list[str]:
    found = [*vars(ResearchCalls), *vars(HostedCalls)]
    return sorted(name for name in found if not name.startswith("_"))


def arguments(name: str) -> dict[str, Any]:
    parameters = list(inspect.signature(getattr(Sequence, name)).parameters.values())[1:]
    needed = [row for row in parameters if row.default is row.empty and row.kind != row.VAR_KEYWORD]
    return {row.name: GIVEN.get(row.name, "x") for row in needed}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(market="none") as made:
        yield made


@pytest.fixture(scope="module")
def url(sandbox: Sandbox) -> Iterator[str]:
    with serving(sandbox) as found:
        yield found


def refusal(sandbox: Sandbox, url: str, door: str, name: str) -> CapabilityMissingError:
    given = arguments(name)

    async def call(client: AsyncSequence) -> object:
        async with client:
            return await getattr(client, name)(**given)

    def blocking() -> object:
        with Sequence(sandbox.test_key, base_url=url) as client:
            return getattr(client, name)(**given)

    ways: dict[str, Any] = {
        "process": lambda: getattr(sandbox.client(), name)(**given),
        "http": blocking,
        "async": lambda: asyncio.run(call(AsyncSequence(sandbox.test_key, base_url=url))),
        "async process": lambda: asyncio.run(call(sandbox.async_client())),
    }
    with pytest.raises(CapabilityMissingError) as caught:
        ways[door]()
    return caught.value


@pytest.mark.parametrize("name", verbs())
def test_a_missing_verb_says_its_name_and_why_through_every_door(
    sandbox: Sandbox, url: str, name: str
):
    found = {
        door: refusal(sandbox, url, door, name)
        for door in ("process", "http", "async", "async process")
    }
    said = {(row.verb, row.venue, row.reason, row.status) for row in found.values()}
    assert len(said) == 1
    [(verb, venue, reason, status)] = said
    assert status == 501
    assert (verb, reason) in {(row.verb, row.reason) for row in MISSING}
    if "/{venue}" in getattr(LATER.get(name), "path", ""):
        assert venue == "binance"


def test_every_path_that_answers_501_has_a_method():
    asked = {(row.method, row.path) for row in LATER.values()}
    same = {("PUT", "/v1/deployments/{id}"), ("POST", "/v1/credentials/{venue}")}
    same |= {("POST", "/v1/algos/deploy"), ("GET", "/v1/deployments")}
    open_ended = {row for row in MISSING if row.path.endswith("*")}
    known = {(row.method, row.path) for row in MISSING if row not in open_ended}
    assert known - asked - same == set()
    assert asked - known == set()
    assert len(known) > 35
    assert HANDLERS.keys() & LATER.keys() == set()


def test_every_method_of_the_published_client_is_here_or_has_a_row():
    theirs = {name for name in dir(sequence_markets.Sequence) if not name.startswith("_")}
    assert len(theirs) == 80
    told = set(re.findall(r"`(\w+)\(", MIGRATION.read_text()))
    for client in (Sequence, AsyncSequence):
        missing = {name for name in theirs if not hasattr(client, name)}
        assert missing - told == set()
        assert len(missing) < 10


def test_a_number_that_cannot_be_sent_is_refused_first(sandbox: Sandbox):
    for bad in (0, float("nan"), "1e-9"):
        with pytest.raises(ValidationError, match="qty"):
            sandbox.client().forecast("BTC-USD", "buy", bad)
