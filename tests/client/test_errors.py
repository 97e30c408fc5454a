"""Every failure has one class, says what happened, and never shows a key."""

import json
import pickle

import pytest

from sequence import errors
from sequence._client.carry.request import read_answer
from sequence._operations import ACCOUNT

KEY = "seq_test_" + "0123456789abcdef" * 4


def envelope(**changes: object) -> bytes:
    error = {
        "code": "VALIDATION_ERROR",
        "message": "qty: must be > 0",
        "request_id": "550e8400",
        "details": [{"field": "qty", "message": "must be > 0"}],
    }
    return json.dumps({"error": error | changes}).encode()


def test_an_envelope_is_parsed_once():
    error = errors.error_of_body(422, envelope())
    assert isinstance(error, errors.UnprocessableError)
    assert (error.status, error.code, error.request_id) == (422, "VALIDATION_ERROR", "550e8400")
    assert error.details == ({"field": "qty", "message": "must be > 0"},)
    assert str(error) == "API error (422): qty: must be > 0 [request 550e8400]"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": "plain text"}', "plain text"),
        (b'{"error": 5}', '{"error": 5}'),
        (b'{"other": 1}', '{"other": 1}'),
        (b"[1, 2]", "[1, 2]"),
        (b"null", "null"),
        (b"<html>" + b"x" * 1000, "<html>" + "x" * 194),
        (b'{"error": {"mess', '{"error": {"mess'),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"", ""),
        (b"[" * 100_000, "[" * 200),
        (b'{"error": {"message": 5, "details": "x"}}', '{"error": {"message": 5, "details": "x"}}'),
    ],
)
def test_any_body_makes_an_error(body: bytes, message: str):
    error = errors.error_of_body(502, body, "from-header")
    assert type(error) is errors.ApiError
    assert (error.message, error.request_id) == (message, "from-header")


def test_every_code_has_a_status_and_every_status_one_class():
    assert len(errors.CODE_STATUS) == 18
    kinds = {
        type(errors.api_error(status, "x", details=({"verb": "v", "reason": "r"},)))
        for status in set(errors.CODE_STATUS.values())
    }
    assert len(kinds) == len(set(errors.CODE_STATUS.values()))
    assert errors.ApiError not in kinds
    assert set(errors.STATUS_ERRORS) | {501} == set(errors.CODE_STATUS.values())


def test_a_missing_capability_says_verb_venue_and_reason():
    body = envelope(
        code="CAPABILITY_MISSING",
        details=[{"verb": "deploy_algo", "venue": None, "reason": "not part of this server"}],
    )
    error = errors.error_of_body(501, body)
    assert isinstance(error, errors.CapabilityMissingError)
    assert (error.verb, error.venue, error.reason) == (
        "deploy_algo",
        None,
        "not part of this server",
    )
    assert error.message == "deploy_algo is not available: not part of this server"


def test_a_kill_switch_is_told_from_a_duplicate():
    stopped = errors.error_of_body(409, envelope(message="the kill switch is engaged"))
    duplicate = errors.error_of_body(409, envelope(message="graph_id g1 was used before"))
    assert isinstance(stopped, errors.ConflictError)
    assert isinstance(duplicate, errors.ConflictError)
    assert (stopped.is_kill_switch, duplicate.is_kill_switch) == (True, False)


@pytest.mark.parametrize("body", [KEY.encode(), envelope(message=f"bad key {KEY}")])
def test_a_key_is_never_shown(body: bytes):
    error = errors.error_of_body(401, body)
    assert KEY[9:] not in str(error) + repr(error) + error.message + repr(error.args)
    assert "seq_test_..." in str(error)


def test_the_tree_is_as_people_catch_it():
    assert issubclass(errors.TimeoutError, TimeoutError)
    assert issubclass(errors.TimeoutError, errors.NetworkError)
    assert issubclass(errors.ValidationError, ValueError)
    assert all(issubclass(kind, errors.ApiError) for kind in errors.STATUS_ERRORS.values())
    assert errors.NetworkError("x").status == 0


@pytest.mark.parametrize(
    "error",
    [
        errors.error_of_body(422, envelope()),
        errors.TimeoutError("late"),
        errors.ValidationError("qty: no"),
        errors.CapabilityMissingError("v", "okx", "r"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_pickling(error: errors.SequenceError):
    error.graph_id = "g1"
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is type(error)
    assert (str(again), again.__dict__) == (str(error), error.__dict__)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"[]", b'{"client_id": 1}', b"[" * 100_000]
)
def test_an_answer_of_another_shape_is_a_typed_error(body: bytes):
    with pytest.raises(errors.DeserializeError, match="account: the answer has another shape") as e:
        read_answer(ACCOUNT, 200, {"x-request-id": "r1"}, body)
    assert (e.value.status, e.value.request_id) == (200, "r1")


def test_the_request_id_of_the_header_and_the_wait_are_kept():
    with pytest.raises(errors.RateLimitedError) as caught:
        read_answer(ACCOUNT, 429, {"x-request-id": "r1", "retry-after": "3"}, b"slow")
    assert (caught.value.request_id, caught.value.retry_after_s) == ("r1", 3.0)


def test_a_redirect_is_an_error():
    with pytest.raises(errors.ApiError, match="redirects are not followed"):
        read_answer(ACCOUNT, 302, {"location": "http://elsewhere"}, b"")
