"""The life of API keys over HTTP, and tickets for the stream."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from sequence.errors import UnauthorizedError
from sequence.sandbox.tickets import LIFE_S, TicketBox

KEY = re.compile(r"seq_(live|test)_[0-9a-f]{64}")


def create(api, *, key="test", **body):
    return api("POST", "/v1/api_keys", json.dumps(body), key=key)


def test_a_key_is_shown_once_and_works(fresh):
    made = create(fresh, label="bot").json
    raw = made.pop("api_key")
    assert KEY.fullmatch(raw)
    assert (made["label"], made["sandbox"], made["is_admin"]) == ("bot", True, False)
    assert made["prefix"] == raw[:13]
    assert fresh("GET", "/v1/account", key=raw).json["key_id"] == made["key_id"]
    listed = fresh("GET", "/v1/api_keys")
    assert raw not in listed.raw.decode()
    newest = listed.json["keys"][0]
    assert newest["last_used_at_ns"] is not None
    assert newest | {"last_used_at_ns": None} == made


def test_a_test_key_sees_sandbox_keys_and_a_live_key_all(fresh):
    assert {row["sandbox"] for row in fresh("GET", "/v1/api_keys").json["keys"]} == {True}
    listed = fresh("GET", "/v1/api_keys", key="live").json["keys"]
    assert {row["sandbox"] for row in listed} == {True, False}


def test_who_may_make_which_key(fresh):
    assert create(fresh, sandbox=False).status == 403
    assert create(fresh, sandbox=False, key="live").json["sandbox"] is False
    plain = create(fresh, key="live").json["api_key"]
    assert create(fresh, is_admin=True, key=plain).status == 403
    assert create(fresh, sandbox=False, key=plain).status == 403
    plain_live = create(fresh, sandbox=False, key="live").json["api_key"]
    assert create(fresh, sandbox=False, key=plain_live).status == 403
    assert create(fresh, key=plain_live).status == 200
    assert create(fresh, is_admin=True).json["is_admin"] is True
    assert fresh("POST", "/v1/kill_switch/clear", key=plain).status == 403


def test_live_and_admin_keys_are_out_of_reach(fresh):
    keys = fresh("GET", "/v1/api_keys", key="live").json["keys"]
    live = next(row["key_id"] for row in keys if not row["sandbox"])
    admin = next(row["key_id"] for row in keys if row["sandbox"])
    plain = create(fresh).json["api_key"]
    for key_id, key in ((live, "test"), (admin, plain)):
        assert fresh("POST", f"/v1/api_keys/{key_id}/rotate", key=key).status == 403
        assert fresh("DELETE", f"/v1/api_keys/{key_id}", key=key).status == 403
    assert fresh("DELETE", "/v1/api_keys/key_nobody").status == 404


def test_another_clients_key_does_not_exist(fresh):
    runtime = fresh.sandbox.runtime
    other = runtime._new_client("other", tier="local", rate_limit_qps=None)
    raw = runtime.keys.create(other, "sandbox", "key_other", is_admin=True)
    assert fresh("DELETE", "/v1/api_keys/key_other").status == 404
    assert fresh("POST", "/v1/api_keys/key_other/rotate").status == 404
    ids = [row["key_id"] for row in fresh("GET", "/v1/api_keys", key=raw).json["keys"]]
    assert ids == ["key_other"]


def test_a_rotated_key_stops_at_once_and_keeps_its_id(fresh):
    made = create(fresh).json
    rotated = fresh("POST", f"/v1/api_keys/{made['key_id']}/rotate").json
    assert rotated["key_id"] == made["key_id"]
    assert rotated["rotated_at_ns"] is not None
    assert fresh("GET", "/v1/account", key=made["api_key"]).status == 401
    assert fresh("GET", "/v1/account", key=rotated["api_key"]).status == 200


def test_of_rotations_at_once_one_wins(fresh):
    made = create(fresh).json
    path = f"/v1/api_keys/{made['key_id']}/rotate"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: fresh("POST", path), range(8)))
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200] + [409] * 7
    (winner,) = [answer.json["api_key"] for answer in answers if answer.status == 200]
    assert fresh("GET", "/v1/account", key=winner).status == 200


def test_a_revoked_key_is_refused_and_may_revoke_itself(fresh):
    made = create(fresh).json
    path = f"/v1/api_keys/{made['key_id']}"
    revoked = fresh("DELETE", path, key=made["api_key"]).json
    assert revoked["revoked_at_ns"] is not None
    assert "api_key" not in revoked
    assert fresh("GET", "/v1/account", key=made["api_key"]).status == 401
    assert fresh("DELETE", path).json == revoked
    assert fresh("POST", f"{path}/rotate").status == 409


def test_a_client_in_process_notices_a_revocation(fresh):
    made = create(fresh).json
    client = fresh.sandbox.client(made["api_key"])
    client.account()
    client.api_key_revoke(made["key_id"])
    for _ in range(2):
        with pytest.raises(UnauthorizedError):
            client.account()


def test_a_hundred_keys_a_day_are_enough(fresh):
    statuses = {create(fresh).status for _ in range(100)}
    over = create(fresh)
    assert (statuses, over.status, over.code) == ({200}, 429, "RATE_LIMITED")
    fresh.sandbox.clock.advance(seconds=86_400)
    assert create(fresh).status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"label": "x" * 129},
        {"label": "a\x1b[2Jb"},
        {"label": "a\nb"},
        {"label": "\x7f"},
        {"label": 1},
        {"sandbox": "yes"},
        {"scope": "all"},
    ],
)
def test_bad_bodies_make_no_key(api, body):
    assert create(api, **body).status == 422


def test_a_ticket_lets_in_once(fresh):
    answer = fresh("GET", "/v1/ws/ticket").json
    assert re.fullmatch(r"wst_[0-9a-f]{64}", answer["ticket"])
    assert answer["expires_at_ns"] - fresh.sandbox.clock.now_ns == 30 * 10**9
    tickets = fresh.sandbox.runtime.tickets
    assert answer["ticket"] not in repr(vars(tickets))
    principal = tickets.consume(answer["ticket"])
    assert principal is not None
    assert principal.mode == "sandbox"
    assert tickets.consume(answer["ticket"]) is None


def test_a_ticket_ends_with_its_time_and_with_its_key(fresh):
    runtime = fresh.sandbox.runtime
    now_s = [0.0]
    box = TicketBox(runtime.keys, clock_s=lambda: now_s[0])
    principal = runtime.keys.find(fresh.sandbox.test_key.encode())
    late, early = box.issue(principal), box.issue(principal)
    now_s[0] = LIFE_S - 0.001
    assert box.consume(early) is principal
    now_s[0] = LIFE_S
    assert box.consume(late) is None
    made = create(fresh).json
    ticket = fresh("GET", "/v1/ws/ticket", key=made["api_key"]).json["ticket"]
    fresh("DELETE", f"/v1/api_keys/{made['key_id']}")
    assert runtime.tickets.consume(ticket) is None
    for bad in ("", "wst_", made["api_key"], "wst_" + "é" * 64):
        assert runtime.tickets.consume(bad) is None
