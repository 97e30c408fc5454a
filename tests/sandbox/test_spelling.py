"""A position is read back as its symbol was first written; every spelling is one row."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import ValidationError
from sequence.sandbox import Sandbox
from tests.doors import DOORS, door

SLUG = "will-it-rain"
TOKEN = "1" * 77


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(preset="instant", market="manual", clock="manual") as made:
        yield made
        assert made.check_invariants() == []


def write(client: Sequence, *symbols: str, venue: str = "kalshi", **options: Any) -> None:
    row = {"venue": venue, "kind": "event_contract", "qty": 10, "entry_price_usd": 0.5}
    client.sandbox.set_positions([row | {"symbol": symbol} for symbol in symbols], **options)


def held(client: Sequence) -> list[tuple[str, str | None, str | None, str | None]]:
    rows = client.positions(kinds=["event_contract"]).positions
    parts = [row.instrument for row in rows]
    return [(part.symbol, part.market_slug, part.outcome, part.token_id) for part in parts]


@pytest.mark.parametrize("kind", DOORS)
@pytest.mark.parametrize(
    ("symbol", "parsed"),
    [
        ("KXFOO-BAR", ("KXFOO-BAR", "YES", None)),
        ("KXFOO-BAR:YES", ("KXFOO-BAR", "YES", None)),
        ("KXFOO-BAR:NO", ("KXFOO-BAR", "NO", None)),
        (TOKEN, (TOKEN, "YES", TOKEN)),
        (SLUG, (SLUG, "YES", None)),
    ],
)
def test_a_row_has_the_symbol_as_it_was_written(
    sandbox: Sandbox, kind: str, symbol: str, parsed: tuple[str, str, str | None]
) -> None:
    with door(sandbox, kind) as client:
        write(client, symbol)
        assert held(client) == [(symbol, *parsed)]


@pytest.mark.parametrize("first", ["KXFOO-BAR", "KXFOO-BAR:YES"])
def test_the_first_spelling_stands_and_a_later_one_updates_the_row(
    sandbox: Sandbox, first: str
) -> None:
    client = sandbox.client()
    write(client, first)
    row = client.positions(kinds=["event_contract"]).positions[0]
    for other in ("KXFOO-BAR:YES", "KXFOO-BAR"):
        write(client, other)
        assert client.positions(kinds=["event_contract"]).positions[0].id == row.id
        assert [symbol for symbol, *_ in held(client)] == [first]
    with pytest.raises(ValidationError, match=r"positions\[0\] and positions\[1\]"):
        write(client, "KXFOO-BAR", "KXFOO-BAR:YES")


def test_a_fill_trades_the_row_that_was_written_and_names_its_own(sandbox: Sandbox) -> None:
    for ticker in ("KXFOO-BAR", "KXBAR-BAZ"):
        sandbox.market.snapshot("kalshi", ticker, [("0.40", 500)], [("0.41", 500)])
    client = sandbox.client()
    write(client, "KXFOO-BAR")
    for ticker in ("KXFOO-BAR", "KXBAR-BAZ"):
        assert client.buy(ticker, 5, venue="kalshi").status == "FILLED"
    rows = client.positions(kinds=["event_contract"]).positions
    found = {row.instrument.symbol: row.qty_1e8 // 10**8 for row in rows}
    assert found == {"KXBAR-BAZ:YES": 5, "KXFOO-BAR": 15}
    assert [row.instrument.symbol for row in rows] == sorted(found)


def test_what_is_written_anew_is_spelt_anew(sandbox: Sandbox) -> None:
    client = sandbox.client()
    write(client, "KXFOO-BAR")
    write(client, "KXFOO-BAR:YES", replace=True)
    assert [symbol for symbol, *_ in held(client)] == ["KXFOO-BAR:YES"]
    write(client, "KXFOO-BAR", replace=True)
    client.sandbox.reset()
    assert held(client) == []
    write(client, "KXFOO-BAR:YES")
    assert [symbol for symbol, *_ in held(client)] == ["KXFOO-BAR:YES"]


def test_a_return_to_a_copy_and_a_fork_keep_the_spelling(sandbox: Sandbox) -> None:
    client = sandbox.client()
    write(client, "KXFOO-BAR")
    copy = sandbox.snapshot()
    write(client, "KXFOO-BAR:YES", replace=True)
    with sandbox.fork() as other:
        assert [symbol for symbol, *_ in held(other.client())] == ["KXFOO-BAR:YES"]
    sandbox.restore(copy)
    assert [symbol for symbol, *_ in held(client)] == ["KXFOO-BAR"]


def test_each_account_spells_for_itself(sandbox: Sandbox) -> None:
    one, other = sandbox.client(), sandbox.client(account="other")
    write(one, "KXFOO-BAR")
    write(other, "KXFOO-BAR:YES")
    assert [held(client)[0][0] for client in (one, other)] == ["KXFOO-BAR", "KXFOO-BAR:YES"]


def test_the_spelling_comes_back_after_a_restart(tmp_path: Path) -> None:
    def opened() -> Sandbox:
        file = tmp_path / "sandbox.db"
        return Sandbox(store=file, preset="instant", market="manual", clock="manual")

    with opened() as sandbox:
        write(sandbox.client(), "KXFOO-BAR", "KXBAR-BAZ:YES")
        state = sandbox.state_hash()
    for _ in range(2):
        with opened() as sandbox:
            assert sandbox.state_hash() == state
            assert [symbol for symbol, *_ in held(sandbox.client())] == [
                "KXBAR-BAZ:YES",
                "KXFOO-BAR",
            ]
    with opened() as sandbox:
        write(sandbox.client(), "KXBAR-BAZ", replace=True)
    with opened() as sandbox:
        assert [symbol for symbol, *_ in held(sandbox.client())] == ["KXBAR-BAZ"]
