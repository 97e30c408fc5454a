"""More than can be done: what waited too long is refused at once, and nothing of it was done."""

import json
import socket

import pytest

from sequence.server import Limits
from sequence.server.backlog import Backlog
from sequence.server.config import read_limits

IMPATIENT = Limits(queue_delay_s=1e-12)


def _request(api, body, method=b"POST", path=b"/v1/orders"):
    text = json.dumps(body).encode()
    head = [method + b" " + path + b" HTTP/1.1", b"Host: localhost"]
    head += [b"Authorization: Bearer " + api.keys["test"].encode()]
    head += [b"Content-Length: %d" % len(text)]
    return b"\r\n".join(head) + b"\r\n\r\n" + text


def _answers(api, data, count):
    """The status lines and headers of so many pipelined answers."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=20) as connection:
        connection.sendall(data)
        received = b""
        while received.count(b"HTTP/1.1 ") < count or not received.endswith(b"}"):
            part = connection.recv(65536)
            assert part, received
            received += part
    return received


def _order(number):
    return {"symbol": "BTC-USD", "side": "buy", "qty": 0.001, "graph_id": f"busy-{number}"}


def test_commands_that_waited_too_long_are_503_and_undone(start):
    api = start(IMPATIENT)
    data = b"".join(_request(api, _order(number)) for number in range(50))
    answers = _answers(api, data, 50)
    assert answers.count(b"HTTP/1.1 503 ") == 49
    assert answers.count(b"retry-after: 1") == 49
    assert answers.count(b"nothing was done") == 49
    assert api("GET", "/v1/orders").json["total"] == 1


def test_reads_and_health_are_answered_all_the_same(start):
    api = start(IMPATIENT)
    data = (
        _request(api, _order(1)) * 20 + b"GET /v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    )
    answers = _answers(api, data, 21)
    assert answers.count(b"HTTP/1.1 200 ") == 2
    assert answers.rindex(b"HTTP/1.1 200 ") == answers.rindex(b"HTTP/1.1 ")
    assert api("GET", "/v1/orders").status == 200


def test_patient_servers_answer_every_pipelined_command_in_order(start):
    api = start(Limits(queue_delay_s=60.0))
    data = b"".join(_request(api, _order(number)) for number in range(30))
    answers = _answers(api, data, 30)
    assert answers.count(b"HTTP/1.1 200 ") == 30
    places = [answers.index(b'"busy-%d"' % number) for number in range(30)]
    assert places == sorted(places)


def test_a_refused_command_may_be_sent_again(start):
    api = start(IMPATIENT)
    assert b"HTTP/1.1 200 " in _answers(api, _request(api, _order(6)), 1)
    assert b"HTTP/1.1 503 " in _answers(api, _request(api, _order(7)), 1)
    api.sandbox.client().buy("BTC-USD", "0.001", graph_id="busy-7")
    assert api("GET", "/v1/orders").json["total"] == 2


def test_one_late_command_is_no_overload():
    backlog = Backlog(0.25)
    assert not backlog.refuses(0.0, 9.0)
    assert not backlog.stands(9.1)


def test_commands_that_are_late_again_and_again_are_refused_until_one_is_not():
    backlog = Backlog(0.25)
    assert not backlog.refuses(0.0, 0.3)
    assert not backlog.refuses(0.1, 0.5)
    assert backlog.refuses(0.2, 0.6)
    assert not backlog.refuses(0.5, 0.7)
    assert not backlog.refuses(0.4, 0.8)


def test_two_pauses_with_silence_between_them_are_no_overload():
    backlog = Backlog(0.25)
    assert not backlog.refuses(0.0, 0.3)
    assert not backlog.refuses(60.0, 60.3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[limits]\nconnections = 0", "above 0"),
        ("[limits]\nconnections = true", "above 0"),
        ("[limits]\nconnections = 1.5", "whole number"),
        ("[limits]\nthrottle_loopback = 1", "true or false"),
        ("[limits]\nsocket_origins = 'x'", "list of texts"),
        ("[limits]\nno_such = 1", "unknown"),
        ("[other]\na = 1", "only a table"),
        ("limits = 3", "only a table"),
        ("[limits", "not TOML"),
    ],
)
def test_a_file_of_limits_says_what_is_wrong_with_it(tmp_path, text, message):
    path = tmp_path / "limits.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_limits(path)


def test_a_file_of_limits_replaces_what_it_names(tmp_path):
    path = tmp_path / "limits.toml"
    text = "connections_per_address = 7\nidle_timeout_s = 3\nsocket_origins = ['http://a']"
    path.write_text(f"[limits]\n{text}\n")
    limits = read_limits(path)
    assert (limits.connections_per_address, limits.idle_timeout_s) == (7, 3.0)
    assert limits.socket_origins == frozenset({"http://a"})
    assert limits.connections == Limits().connections
