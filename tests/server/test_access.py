"""Keys, modes and permissions over HTTP."""

import re
from http.client import HTTPConnection

import pytest

from sequence._operations import OPERATIONS
from sequence.sandbox.missing import MISSING
from sequence.server import Limits

ORDER = '{"symbol":"BTC-USD","side":"buy","qty":0.1%s}'
LIVE_MESSAGE = (
    'live routing is not available on this server: send "sandbox": true with the order, '
    "or use a seq_test_ key"
)
RAW_KEY = re.compile(r"seq_(live|test)_[0-9a-f]{64}")


def filled(path: str) -> str:
    return re.sub(r"\{[a-z_]+\}", "x", path).replace("*", "x")


PROTECTED = [
    *((op.method, filled(op.path)) for op in OPERATIONS.values() if op.auth != "none"),
    *((row.method, filled(row.path)) for row in MISSING),
    ("GET", "/v1/stream"),
]


def test_the_route_table_is_long_enough_to_mean_something():
    assert len(PROTECTED) > 100


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_every_route_but_liveness_needs_a_key(api, method, path):
    answer = api(method, path, key=None)
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_liveness_needs_no_key(api):
    answer = api("GET", "/v1/health/live", key=None)
    assert answer.status == 200
    assert answer.raw == b'{"status":"live"}'


def bad_credentials(key: str) -> dict[str, str]:
    return {
        "empty": "",
        "basic": f"Basic {key}",
        "no scheme": key,
        "63 hex": f"Bearer {key[:-1]}",
        "65 hex": f"Bearer {key}0",
        "upper-case hex": f"Bearer seq_test_{key[9:].upper()}",
        "no hex": f"Bearer {key[:-1]}g",
        "other prefix": f"Bearer sk_live_{key[9:]}",
        "swapped mode": f"Bearer seq_live_{key[9:]}",
        "unknown": f"Bearer seq_test_{'0' * 64}",
        "last digit changed": f"Bearer {key[:-1]}{'0' if key[-1] != '0' else '1'}",
        "two spaces": f"Bearer  {key}",
    }


@pytest.mark.parametrize("name", list(bad_credentials("seq_test_" + "a" * 64)))
def test_bad_credentials_are_all_the_same_401(api, name):
    value = bad_credentials(api.sandbox.test_key)[name]
    before = api.state
    answer = api("GET", "/v1/account", key=None, headers={"Authorization": value})
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
    reference = api("GET", "/v1/account", key=None)
    assert answer.message == reference.message
    assert api.state == before


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_case_insensitive(api, scheme):
    header = {"Authorization": f"{scheme} {api.sandbox.test_key}"}
    assert api("GET", "/v1/account", key=None, headers=header).status == 200


def test_two_authorization_headers_are_400(api):
    connection = HTTPConnection(api.host, api.port, timeout=10)
    connection.putrequest("GET", "/v1/account")
    connection.putheader("Authorization", f"Bearer {api.sandbox.test_key}")
    connection.putheader("Authorization", f"Bearer {api.sandbox.test_key}")
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def test_a_key_elsewhere_is_no_key(api):
    key = api.sandbox.test_key
    assert api("GET", f"/v1/account?api_key={key}", key=None).status == 401
    assert api("GET", "/v1/account", key=None, headers={"Cookie": f"key={key}"}).status == 401
    assert api("POST", "/v1/orders", ORDER % f',"api_key":"{key}"', key=None).status == 401


def test_a_long_token_is_refused_for_its_size(api):
    header = {"Authorization": "Bearer " + "a" * 20_000}
    assert api("GET", "/v1/account", key=None, headers=header).status == 431


@pytest.mark.parametrize(
    ("method", "path"),
    [(op.method, op.path) for op in OPERATIONS.values() if op.auth == "test"],
)
def test_a_live_key_on_sandbox_endpoints_is_403(api, method, path):
    before = api.state
    answer = api(method, path, "{}", key="live")
    assert (answer.status, answer.code) == (403, "FORBIDDEN")
    assert api.state == before


@pytest.mark.parametrize("flags", ["", ',"sandbox":false', ',"is_sandbox":false'])
def test_a_live_order_without_the_flag_is_403_and_says_what_to_do(api, flags):
    before = api.state
    answer = api("POST", "/v1/orders", ORDER % flags, key="live")
    assert (answer.status, answer.code) == (403, "FORBIDDEN")
    assert answer.message == LIVE_MESSAGE
    assert api.state == before


@pytest.mark.parametrize("flag", ["sandbox", "is_sandbox"])
def test_a_live_order_with_the_flag_goes_to_the_sandbox(fresh, flag):
    answer = fresh("POST", "/v1/orders", ORDER % f',"{flag}":true', key="live")
    assert answer.status == 200
    assert answer.json["is_sandbox"] is True


@pytest.mark.parametrize("flag", ["sandbox", "is_sandbox"])
def test_a_test_key_wins_over_an_explicit_live_flag(fresh, flag):
    answer = fresh("POST", "/v1/orders", ORDER % f',"{flag}":false')
    assert answer.status == 200
    assert answer.json["is_sandbox"] is True


def test_a_live_key_sees_no_rows_of_the_sandbox_unless_it_asks(fresh):
    assert fresh("POST", "/v1/orders", ORDER % "").status == 200
    live = fresh("GET", "/v1/orders", key="live").json
    page = {"limit": 50, "offset": 0, "has_more": False, "next": None}
    assert live == {"orders": [], "total": 0} | page
    assert fresh("GET", "/v1/fills", key="live").json["fills"] == []
    empty = fresh("GET", "/v1/positions", key="live").json
    assert empty["positions"] == []
    assert empty["totals"]["nav_usd_1e9"] == 0
    assert empty["totals"]["nav_usd"] == "0.000000000"
    assert set(empty["totals"]) == set(fresh("GET", "/v1/positions").json["totals"])
    for flag in ("sandbox", "is_sandbox"):
        assert fresh("GET", f"/v1/orders?{flag}=true", key="live").json["total"] == 1
        assert fresh("GET", f"/v1/fills?{flag}=true", key="live").json["total"] == 1
        assert fresh("GET", f"/v1/positions?{flag}=true", key="live").json["positions"]


def test_a_live_key_finds_sandbox_rows_by_id(fresh):
    order = fresh("POST", "/v1/orders", ORDER % "").json["orders"][0]["node_order_id"]
    assert fresh("GET", f"/v1/orders/{order}", key="live").json["node_order_id"] == order


def test_the_account_shows_the_mode_of_the_key(api):
    test, live = (api("GET", "/v1/account", key=key).json for key in ("test", "live"))
    assert (test["mode"], live["mode"]) == ("sandbox", "live")
    assert test["client_id"] == live["client_id"]
    assert (test["label"], test["tier"], test["rate_limit_qps"]) == ("local", "local", None)
    assert test["live_trading"] is False


def test_raw_keys_never_come_back(api):
    for method, path in PROTECTED:
        for key in ("test", "live", None):
            if (method, path) in (("POST", "/v1/api_keys"), ("POST", "/v1/sandbox/fork")):
                continue  # What makes a key shows it, to whoever made it.
            answer = api(method, path, "{}", key=key)
            assert not RAW_KEY.search(answer.raw.decode())
            assert not RAW_KEY.search(str(answer.headers))
    assert not RAW_KEY.search(repr(api.sandbox))


def test_addresses_that_guess_keys_are_shut_out(start):
    api = start(Limits(throttle_loopback=True, auth_failures_per_minute=10))
    statuses = [api("GET", "/v1/account", key="seq_test_x").status for _ in range(11)]
    assert statuses == [401] * 11
    answer = api("GET", "/v1/account", key="seq_test_x")
    assert (answer.status, answer.code) == (429, "RATE_LIMITED")
    assert int(answer.headers["retry-after"]) >= 1


def test_loopback_is_not_throttled(api):
    assert {api("GET", "/v1/account", key="bad").status for _ in range(15)} == {401}


def test_a_client_with_a_rate_is_held_to_it_over_all_its_keys(fresh):
    fresh.client.rate_limit_qps = 5
    answers = [fresh("GET", "/v1/account", key=key) for _ in range(8) for key in ("test", "live")]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert refused[0].code == "RATE_LIMITED"
    assert int(refused[0].headers["retry-after"]) >= 1
    assert [answer.status for answer in answers[:10]] == [200] * 10


def test_clearing_the_kill_switch_needs_an_admin(fresh):
    runtime = fresh.sandbox.runtime
    plain = runtime.keys.create(fresh.client, "sandbox", "key_plain", is_admin=False)
    assert fresh("POST", "/v1/kill_switch", key=plain).json["engaged"] is True
    before = fresh.state
    answer = fresh("POST", "/v1/kill_switch/clear", key=plain)
    assert (answer.status, answer.code) == (403, "FORBIDDEN")
    assert fresh.state == before
    assert fresh("GET", "/v1/kill_switch", key=plain).json["engaged"] is True
    assert fresh("POST", "/v1/kill_switch/clear").json["engaged"] is False
