"""Keys stay where they belong; construction touches nothing."""

import pytest

import sequence
from sequence import _operations as ops
from sequence._client.ask.options import DEFAULT_BASE_URL, Options, options
from sequence._client.carry.request import prepare
from sequence.errors import ValidationError
from sequence.types import QuotesQuery

KEY = "seq_test_" + "0123456789abcdef" * 4


def made(**changes: object) -> Options:
    given: dict[str, object] = {
        "api_key": KEY,
        "base_url": None,
        "timeout": 30.0,
        "max_retries": 3,
        "max_concurrent": None,
    }
    return options(**(given | changes))  # type: ignore[arg-type]


def test_the_key_is_in_no_text():
    client = sequence.Sequence(KEY)
    request = prepare(made(), ops.ACCOUNT, {}, None, None)
    for shown in (repr(client), repr(made()), str(vars(client)), repr(request), str(request)):
        assert KEY[9:] not in shown
    assert request.headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("environment", "key"),
    [
        ({}, None),
        ({"SEQ_API_KEY": "live"}, "live"),
        ({"SEQ_API_KEY": "live", "SEQ_TEST_KEY": "test"}, "test"),
        ({"SEQ_TEST_KEY": "test", "SEQUENCE_API_KEY": "own"}, "own"),
        ({"SEQUENCE_API_KEY": ""}, None),
    ],
)
def test_the_environment_fills_what_is_not_given(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], key: str | None
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert made(api_key=None).api_key == key
    assert made(api_key="given").api_key == "given"


def test_the_base_url_comes_from_argument_environment_or_default(monkeypatch: pytest.MonkeyPatch):
    assert made().base_url == DEFAULT_BASE_URL
    monkeypatch.setenv("SEQUENCE_BASE_URL", "https://api.example.com/")
    assert made().base_url == "https://api.example.com"
    assert made(base_url="http://127.0.0.1:1/").base_url == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "ftp://localhost",
        "localhost:50052",
        "https://",
        "https://user:word@example.com",
        "https://example.com?x=1",
        "https://example.com:port",
    ],
)
def test_a_key_goes_over_plain_http_to_this_machine_only(url: str):
    with pytest.raises(ValidationError, match="base_url") as caught:
        made(base_url=url)
    assert KEY[9:] not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.2", "http://[::1]:5", "https://example.com"]
)
def test_loopback_and_https_are_fine(url: str):
    assert made(base_url=url).base_url == url


@pytest.mark.parametrize(
    "change",
    [
        {"api_key": "a b"},
        {"api_key": "a\r\nX-Evil: 1"},
        {"api_key": ""},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"max_retries": -1},
        {"max_concurrent": 0},
    ],
)
def test_bad_options_are_refused_without_showing_the_key(change: dict[str, object]):
    with pytest.raises(ValidationError, match=f"^{next(iter(change))}: must be"):
        made(**change)


def test_a_call_without_a_key_says_how_to_give_one():
    with pytest.raises(ValidationError, match="SEQUENCE_API_KEY"):
        prepare(made(api_key=None), ops.ACCOUNT, {}, None, None)
    assert "Authorization" not in prepare(made(), ops.HEALTH_LIVE, {}, None, None).headers


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("../../v1/kill_switch", "..%2F..%2Fv1%2Fkill_switch"),
        ("KXA:YES", "KXA%3AYES"),
        ("a?b#c%2e", "a%3Fb%23c%252e"),
        ("ü", "%C3%BC"),
        ("{x}", "%7Bx%7D"),
    ],
)
def test_a_path_parameter_stays_one_segment(value: str, path: str):
    request = prepare(made(), ops.QUOTE, {"symbol": value}, None, None)
    assert request.url == f"{DEFAULT_BASE_URL}/v1/quotes/{path}"


@pytest.mark.parametrize("value", [".", ".."])
def test_a_dot_segment_is_refused(value: str):
    with pytest.raises(ValidationError, match="dot"):
        prepare(made(), ops.GRAPH, {"id": value}, None, None)


def test_each_symbol_of_a_list_is_encoded_and_commas_separate():
    query = QuotesQuery(symbols=("KXA:YES", "X&Y"))
    request = prepare(made(), ops.QUOTES, {}, query, None)
    assert request.url.endswith("/v1/quotes?symbols=KXA%3AYES,X%26Y")
