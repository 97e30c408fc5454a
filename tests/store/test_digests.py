"""Digests and links are made in the core: of every row they are what Python's own say."""

import hashlib
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from sequence import _core

INTS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
# Any text that a file can hold; one that was changed holds others, and other kinds of values.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
CHANGED = st.one_of(
    st.text(max_size=40), st.integers(), st.binary(max_size=20), st.floats(), st.booleans()
)
ROWS = st.lists(st.one_of(st.none(), INTS, TEXTS), max_size=40).map(tuple)


def digest(table: str, row: Sequence[object]) -> int:
    text = ascii((table, *row)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


@given(TEXTS, ROWS)
def test_a_row_has_the_digest_that_hashlib_makes_of_how_python_shows_it(
    table: str, row: tuple[int | str | None, ...]
):
    # With a value, so that Python shows more than one part.
    row = (*row, 0)
    assert _core.row_digest(table, row) == digest(table, row)


@given(st.lists(st.one_of(st.none(), INTS, CHANGED, st.tuples(TEXTS, INTS)), min_size=1))
def test_so_has_a_row_of_a_file_that_was_changed(row: list[object]):
    assert _core.row_digest("orders", row) == digest("orders", row)


@given(st.lists(st.tuples(INTS, TEXTS, st.none()), max_size=5))
def test_rows_of_a_table_are_given_back_in_their_order_with_their_digests(
    rows: list[tuple[int | str | None, ...]],
):
    wanted = [digest("legs", row) for row in rows]
    stamped, digests = _core.digested("legs", rows)
    assert digests == wanted
    assert stamped == [(*row, number) for row, number in zip(rows, wanted, strict=True)]


@given(TEXTS, ROWS)
def test_an_event_has_the_link_that_hashlib_makes_of_the_one_before_and_its_values(
    previous: str, event: tuple[int | str | None, ...]
):
    text = "|".join("" if value is None else str(value) for value in event)
    wanted = hashlib.sha256(f"{previous}|{text}".encode()).hexdigest()
    assert _core.event_link(previous, event) == wanted
