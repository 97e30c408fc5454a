"""What `parse_json` accepts, what it makes of it, and how it says no."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequence._core import JsonError, parse_json


def refusal(body: bytes | str, **limits: int) -> JsonError:
    with pytest.raises(JsonError) as caught:
        parse_json(body.encode() if isinstance(body, str) else body, **limits)
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("-1", -1),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 2**63),
        ("-170141183460469231731687303715884105728", -(2**127)),
        ("9" * 100, int("9" * 100)),
        ("9" * 640, int("9" * 640)),
    ],
)
def test_an_integer_is_an_int(text: str, value: int) -> None:
    parsed = parse_json(text.encode())
    assert type(parsed) is int
    assert parsed == value


@pytest.mark.parametrize(
    "text",
    ["1.0", "1e2", "1.5", "-0.0", "0.29", "0.30000000000000004", "1e400", "-1e400", "4.9e-324"],
)
def test_any_other_number_is_the_decimal_that_was_written(text: str) -> None:
    parsed = parse_json(text.encode())
    assert type(parsed) is Decimal
    assert parsed.as_tuple() == Decimal(text).as_tuple()


def test_integers_beyond_640_digits_are_decimals_and_cost_no_more_than_their_text() -> None:
    assert type(parse_json(b"9" * 641)) is Decimal
    body = b"9" * 262_144
    started = time.perf_counter()
    parsed = parse_json(body)
    assert time.perf_counter() - started < 1
    assert type(parsed) is Decimal
    assert parsed.adjusted() == 262_143


@pytest.mark.parametrize("sign", ["", "+", "-"])
def test_exponents_no_decimal_can_hold_stay_out_of_every_range(sign: str) -> None:
    parsed = parse_json(f"1.5e{sign}{'9' * 5000}".encode())
    assert type(parsed) is Decimal
    assert abs(parsed.adjusted()) == 999_999
    assert parse_json(f"0e{'9' * 5000}".encode()) == 0
    assert parse_json(f"1e{sign}{'0' * 5000}2".encode()) == Decimal(f"1e{sign}2")


@pytest.mark.parametrize(
    "text",
    [
        "NaN", "Infinity", "-Infinity", "01", "+1", ".5", "5.", "0x10", "1_000", "\uff11",
        "tru", "", " ", "{} {}", "[]x", '{"a":1,}', "[1,]", "{'a':1}", "[1 2]", '"\t"', "\ufeff{}",
    ],
)  # fmt: skip
def test_what_is_not_json_is_a_syntax_error(text: str) -> None:
    assert refusal(text).kind == "syntax"


@pytest.mark.parametrize(
    "body",
    [
        b'"\\ud800"',
        b'{"\\udc00":1}',
        b'"\\ud800\\u0041"',
        b'"\xff"',
        b'"\xc0\xaf"',
        b'"\xed\xa0\x80"',
    ],
)
def test_half_surrogates_and_bytes_that_are_no_text_are_encoding_errors(body: bytes) -> None:
    assert refusal(body).kind == "encoding"


@pytest.mark.parametrize(
    "body", ['{"qty_1e8":1,"qty_1e8":999}', '{"a":1,"\\u0061":2}', '[{"a":{"b":1,"b":1}}]']
)
def test_a_key_that_comes_twice_is_an_error(body: str) -> None:
    assert refusal(body).kind == "duplicate"


@pytest.mark.parametrize("opener", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [33, 128, 200_000])
def test_nesting_beyond_the_limit_is_an_error_and_not_a_crash(opener: str, depth: int) -> None:
    assert refusal(opener * depth).kind == "depth"


def test_nesting_up_to_the_limit_is_accepted() -> None:
    value: Any = parse_json(b"[" * 32 + b"]" * 32)
    for _ in range(31):
        (value,) = value
    assert value == []


def test_parts_that_are_too_large_say_so_only_when_the_rest_is_json() -> None:
    assert refusal('["' + "é" * 257 + '"]').kind == "string"
    assert parse_json(('"' + "é" * 256 + '"').encode()) == "é" * 256
    assert refusal('{"' + "k" * 513 + '":1}').kind == "string"
    assert refusal("[" + "0," * 2000 + "0]").kind == "array"
    assert refusal("[" + "0," * 2000 + "0").kind == "syntax"
    assert refusal("[0,0,0]", max_array=2).kind == "array"
    assert refusal('"abc"', max_string=2).kind == "string"
    assert refusal("[[]]", max_depth=1).kind == "depth"


def test_an_error_names_the_place() -> None:
    error = refusal('{"positions":[{},{},{},{"qty":01}]}')
    assert isinstance(error, ValueError)
    assert (error.kind, error.path) == ("syntax", "positions[3].qty")
    assert str(error) == f"positions[3].qty: {error.message}"
    assert type(error).__module__ == "sequence._core"


@pytest.mark.parametrize(("text", "value"), [("null", None), ("[]", []), ('"x"', "x"), ("{}", {})])
def test_any_single_value_is_a_document(text: str, value: object) -> None:
    assert parse_json(text.encode()) == value


def test_a_token_id_keeps_its_78_digits() -> None:
    token = "1" + "0" * 76 + "7"
    assert parse_json(f'{{"a":{token},"b":"{token}"}}'.encode()) == {"a": int(token), "b": token}


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=100),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), inner)
    ),
    max_leaves=20,
)


@given(_values, st.booleans())
def test_every_document_the_standard_library_writes_is_read_back(
    value: object, ascii_only: bool
) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=100))
def test_any_bytes_give_a_value_or_a_json_error(body: bytes) -> None:
    try:
        expected: object = json.loads(body.decode(), parse_float=Decimal)
    except ValueError:
        assert refusal(body).kind in {"syntax", "encoding"}
        return
    try:
        parsed = parse_json(body)
    except JsonError as error:
        # The standard library lets these pass: surrogate halves, repeated keys, NaN.
        strict = {"encoding", "duplicate", "syntax"}
        if error.kind not in strict:
            raise
    else:
        assert parsed == expected
