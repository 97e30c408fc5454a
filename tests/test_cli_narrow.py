"""Every table of the command line at 80 columns, on a terminal and in a pipe: nothing is lost."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from typer.main import get_command

from sequence.cli import output, watch
from sequence.cli.app import app
from sequence.cli.running import noted
from sequence.errors import ValidationError
from sequence.feeds.sample import SAMPLE
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.test_cli import run

WIDE, NARROW = 400, 80
SENTENCE = "Cannot tell: "
"""What a terminal breaks between words."""
LONG = "will-the-next-prime-minister-of-canada-be-a-member-of-the-liberal-party"
NUMBER = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?")

TABLES = {
    "quote": ["quote", "BTC-USD"],
    "symbols": ["symbols"],
    "venues": ["venues"],
    "fees": ["fees", "BTC-USD"],
    "buy": ["buy", "BTC-USD", "0.01234"],
    "sell": ["sell", "BTC-USD", "0.001"],
    "orders": ["orders"],
    "fills": ["fills"],
    "positions": ["positions"],
    "key list": ["key", "list"],
    "graph list": ["graph", "list"],
    "clients list": ["clients", "list"],
    "sandbox events": ["sandbox", "events", "--limit", "20"],
    "sandbox snapshots": ["sandbox", "snapshots"],
    "sandbox forks": ["sandbox", "forks"],
    "sandbox faults list": ["sandbox", "faults", "list"],
    "report": ["report", "--name", "a run with a name"],
    "list": ["list"],
    "doctor": ["doctor"],
    "score": ["score", str(SAMPLE)],
}
WITHOUT = {
    *("up", "page", "fake", "completion", "login", "convert", "verify", "repair", "backup"),
    *("cancel", "amend", "decrease", "key new", "key revoke", "snapshot save", "snapshot load"),
    *("graph submit", "graph show", "graph cancel", "graph resume", "clients add"),
    *(f"sandbox {name}" for name in ("positions", "reset", "settings", "clock", "settle")),
    *(f"sandbox {name}" for name in ("snapshot", "restore", "fork", "unfork")),
    *("sandbox faults remove",),
}
"""They print sentences, pictures or what others print."""
OF_THEIR_OWN = {"record", "watch", "sandbox faults add"}
"""Tested below."""


@dataclass(frozen=True)
class Place:
    """A server with much to show, and a folder that a command may take for its home."""

    sandbox: Sandbox
    home: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, width: int, piped: bool = False) -> str:
        """What a command prints, without colours."""
        more = {"COLUMNS": str(width), "LINES": "50", "TERM": "dumb"}
        with mock.patch.object(output, "is_plain", return_value=piped):
            done = run(*arguments, home=self.home, environment=self.environment | more)
        assert done.code == 0, done
        return re.sub("\x1b\\[[0-9;]*m", "", done.out)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("home")
    with (
        Sandbox(preset="instant", market="manual", clock="manual", seed=3) as sandbox,
        serving(sandbox) as url,
    ):
        fill(sandbox)
        environment = {"SEQUENCE_BASE_URL": url, "SEQUENCE_API_KEY": sandbox.test_key}
        environment["SEQUENCE_HOME"] = str(home)
        facts: dict[str, Any] = {"url": url, "pid": 4_194_304, "market": f"replay:{'x' * 60}"}
        facts |= {"clock": "manual", "seed": 2**64 - 1, "db": f"/var/lib/{'sandbox/' * 6}a.db"}
        with mock.patch.dict("os.environ", environment), noted(facts):
            yield Place(sandbox, home, environment)


def fill(sandbox: Sandbox) -> None:
    """Orders, fills and holdings with long names and many digits, and everything else listed."""
    depth = [(f"67010.{cents}", "12345.12345678") for cents in ("11", "22", "33")]
    for venue in ("kraken", "coinbase", "binance"):
        sandbox.market.snapshot(venue, "BTC-USD", [("67009.87", "23456.12345678")], depth)
    sandbox.market.snapshot("polymarket", LONG, [("0.401", "99999.5")], [("0.403", "99999.5")])
    client = sandbox.client()
    client.buy("BTC-USD", "0.12345678", tag="a tag of the maker")
    client.buy(f"{LONG}:YES", "123.45", graph_id="a-graph-with-a-long-name-of-its-own-0123456789")
    client.buy("BTC-USD", "0.01234", limit_price="59999.25", venue="kraken")
    client.buy("BTC-USD", "1000000")
    client.sandbox.add_client("a-client-with-a-long-name")
    client.api_key_create(label="the key of a bot with a long name")
    client.sandbox.snapshot()
    client.sandbox.fork()
    client.sandbox.add_fault("stale_venue", venue="polymarket", symbol=LONG, ms=3_456_789)
    client.sandbox.add_fault("reject_next", venue="cryptocom", reason="INSUFFICIENT_BALANCE")
    client.sandbox.add_fault("failures", rate=0.000001, seed=7, count=10_000)


def numbers(text: str) -> set[str]:
    """What is a number as it stands, without the marks between thousands."""
    return {word.replace(",", "") for word in text.split() if NUMBER.fullmatch(word)}


def titles(wide: str) -> set[str]:
    """Words of the heads of tables: what stands above a line."""
    lines = wide.splitlines()
    heads = [head for head, below in pairwise(lines) if "───" in below]
    return {word for head in heads for word in head.split()}


def assert_nothing_is_lost(wide: str, narrow: str) -> None:
    assert titles(wide) <= {*narrow.split()}, narrow
    assert numbers(wide) <= numbers(narrow), narrow
    assert "…" not in narrow


def commands(group: Any, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name


def test_every_command_is_tried_or_prints_no_table():
    known = {*commands(get_command(app))}
    assert known == {*TABLES, *WITHOUT, *OF_THEIR_OWN}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_terminal_of_80_columns_shows_every_column_and_every_number(place: Place, name: str):
    wide, narrow = (place(*TABLES[name], width=width) for width in (WIDE, NARROW))
    assert_nothing_is_lost(wide, narrow)
    tables = [line for line in narrow.splitlines() if not line.startswith(SENTENCE)]
    assert max(map(len, tables)) <= NARROW, narrow


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_pipe_gets_every_column_and_a_line_for_each_row(place: Place, name: str):
    wide, piped = (place(*TABLES[name], width=WIDE, piped=piped) for piped in (False, True))
    assert_nothing_is_lost(wide, piped)
    rows = [line for line in wide.splitlines() if line.strip() and "───" not in line]
    assert len(rows) <= len([line for line in piped.splitlines() if line.strip()])


def test_a_table_that_can_is_brought_into_80_columns_of_a_pipe(place: Place):
    client = place.sandbox.client()
    more = ["--venue", "kraken", "--symbol", "BTC-USD", "--count", "1000"]
    text = place("sandbox", "faults", "add", "partial_next", *more, width=WIDE, piped=True)
    (fault,) = [row for row in client.sandbox.faults() if row.kind == "partial_next"]
    client.sandbox.remove_fault(fault.fault_id)
    assert max(map(len, text.splitlines())) <= NARROW
    assert {output.short_id(fault.fault_id), "partial_next", "1,000"} <= {*text.split()}


@pytest.mark.parametrize("width", [80, 60])
def test_where_numbers_alone_are_too_wide_a_row_is_a_block(place: Place, width: int):
    text = place("positions", width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "QTY (base) 1,000,000,000" in text or "QTY (base) 1000000000" in text


def test_a_short_id_of_a_fault_ends_it(place: Place):
    fault = place.sandbox.client().sandbox.add_fault("drop_reply", venue=None, count=1)
    short = output.short_id(fault.fault_id)
    assert len(short) == 8
    assert place("sandbox", "faults", "remove", short, width=NARROW) == f"{fault.fault_id} ended\n"


@pytest.mark.parametrize("kind", ["fault", "order"])
def test_a_short_id_that_several_have_names_none(kind: str):
    ids = [f"{kind}_{first}{'A' * 17}ABCD1234" for first in "01"]
    assert output.meant_id("ABCD1234", ids[:1], f"{kind}s") == ids[0]
    assert output.meant_id(ids[1], ids, f"{kind}s") == ids[1]
    assert output.meant_id("OTHER123", ids, f"{kind}s") == "OTHER123"
    with pytest.raises(ValidationError, match=f"several {kind}s end so: {ids[0]}, {ids[1]}"):
        output.meant_id("ABCD1234", ids, f"{kind}s")


def test_the_account_as_it_changes_cuts_no_number(place: Place):
    client = place.sandbox.client()
    best, fills = client.quote("BTC-USD").nbbo, client.fills(limit=8).fills
    exact = [best.bid_size, *(row.qty for row in fills), *(row.price for row in fills)]
    text = place("watch", "BTC-USD", "--once", width=NARROW)
    assert max(map(len, text.splitlines())) <= NARROW
    assert {output.shown(number).replace(",", "") for number in exact} <= numbers(text)


def test_a_long_name_makes_room_for_its_numbers():
    row = ["will-it-rain-in-the-capital-tomorrow:YES", "kraken", "buy", "1,234,567.12345678"]
    row += ["at", "1,234,567.123456789", "walk"]
    (line,) = watch._fitted("lllrlrl", [row])
    assert len(line) == NARROW
    assert line.startswith("will-it-rain")
    assert {"1,234,567.12345678", "1,234,567.123456789", "walk"} <= {*line.split()}


def test_a_checked_recording_is_listed_whole(place: Place):
    folder = place.home / "recorded"
    folder.mkdir(exist_ok=True)
    name = f"kraken-{'spot-' * 14}0001.txt"
    part = {"file": name, "venue": "kraken", "frames": 1, "gaps_ns": []}
    (folder / name).write_text('1776657000.000000000: {"channel":"heartbeat"}\n')
    (folder / "manifest.json").write_text(json.dumps({"parts": [part]}))
    arguments = ["record", "--check", str(folder)]
    wide, narrow = (place(*arguments, width=width) for width in (WIDE, NARROW))
    assert_nothing_is_lost(wide, narrow)
    assert max(map(len, narrow.splitlines())) <= NARROW


@pytest.mark.parametrize("words", [["score", "{}"], ["convert", "{}", "{}.tape"]])
def test_a_file_that_is_not_there_is_named_without_the_number_of_the_system(
    tmp_path: Path, words: list[str]
):
    missing = str(tmp_path / "nowhere.jsonl")
    done = run(*(word.format(missing) for word in words), home=tmp_path)
    assert (done.code, done.err) == (2, f"sequence: {missing}: No such file or directory\n")
