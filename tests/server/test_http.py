"""HTTP itself: paths, methods, sizes, headers, content types, what is not offered."""

import re
from http.client import HTTPConnection

import pytest

from sequence._operations import OPERATIONS
from sequence.sandbox.handlers import HANDLERS
from sequence.sandbox.missing import MISSING

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
ORDER = '{"symbol":"BTC-USD","side":"buy","qty":0.1}'


def raw(api, method, target, headers=(), body=b""):
    """A request whose target and headers are sent as they are."""
    connection = HTTPConnection(api.host, api.port, timeout=10)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    sent = {"Host": f"{api.host}:{api.port}", "Authorization": f"Bearer {api.sandbox.test_key}"}
    for name, value in (sent | dict(headers)).items():
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    found = response.status, response.read(), {k.lower(): v for k, v in response.getheaders()}
    connection.close()
    return found


@pytest.mark.parametrize(
    "target",
    [
        "//",
        "/v1",
        "/v1/",
        "/v1/nope",
        "/v1/orders/",
        "//v1/orders",
        "/v1//orders",
        "/V1/orders",
        "/v1/Orders",
        "/v1/orders;x=1",
        "/v1/../v1/orders",
        "/v1/orders/../kill_switch",
        "/v1/parent_orders",
        "/v1/parent_orders/x/amend",
        "/v1/fills/stream",
        "/v1/algo_orders/stream",
        "/v1/ws/market_data",
        "/v1/mm/",
        "/v1/orders/%ff",
    ],
)
def test_only_the_canonical_form_of_a_known_path_is_found(api, target):
    status, body, _ = raw(api, "GET", target)
    assert status == 404, body


@pytest.mark.parametrize("path", ["/v1/%6Frders?limit=1", "/v1/quotes/BTC%2DUSD"])
def test_segments_are_decoded_once(api, path):
    assert raw(api, "GET", path)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/orders", "GET, POST"),
        ("DELETE", "/v1/orders", "GET, POST"),
        ("POST", "/v1/orders/x", "DELETE, GET, PATCH"),
        ("GET", "/v1/orders/preview", "POST"),
        ("TRACE", "/v1/orders", "GET, POST"),
        ("OPTIONS", "/v1/orders", "GET, POST"),
        ("HEAD", "/v1/fills", "GET"),
        ("CONNECT", "localhost:80", "GET"),
        ("PATCH", "/v1/kill_switch", "GET, POST, PUT"),
        ("POST", "/v1/sandbox/settings", "GET, PUT"),
    ],
)
def test_a_wrong_method_is_405_and_names_the_right_ones(api, method, path, allow):
    status, _, headers = raw(api, method, path)
    assert (status, headers["allow"]) == (405, allow)


def test_no_answer_allows_another_origin(api):
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET", "POST"):
        _, _, headers = raw(api, method, "/v1/orders", preflight)
        assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.1", ""]
)
def test_a_foreign_host_on_loopback_is_400(api, host):
    status, body, _ = raw(api, "GET", "/v1/health/live", {"Host": host})
    assert status == 400, body


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:9", "[::1]:9"]
)
def test_every_name_of_this_machine_is_served(api, host):
    assert raw(api, "GET", "/v1/health/live", {"Host": host})[0] == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/account"), ("GET", "/v1/nope"), ("POST", "/v1/orders")]
)
def test_every_answer_carries_the_same_protective_headers(api, method, path):
    _, _, headers = raw(api, method, path)
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_a_request_id_is_echoed_in_header_and_error(api):
    answer = api("GET", "/v1/nope", headers={"X-Request-Id": "my-id_1"})
    assert answer.headers["x-request-id"] == "my-id_1"
    assert answer.json["error"]["request_id"] == "my-id_1"


@pytest.mark.parametrize("given", [None, "", "a" * 129, "a b", "</script>", "é"])
def test_a_request_id_that_could_do_harm_is_replaced(api, given):
    headers = {} if given is None else {"X-Request-Id": given}
    assert UUID4.fullmatch(raw(api, "GET", "/v1/account", headers)[2]["x-request-id"])


def test_request_ids_differ(api):
    ids = {api("GET", "/v1/health/live").headers["x-request-id"] for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.parametrize(
    "type_",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "multipart/form-data",
    ],
)
def test_the_body_is_json_whatever_its_label(fresh, type_):
    headers = {} if type_ is None else {"Content-Type": type_}
    assert fresh("POST", "/v1/orders", ORDER, headers=headers).status == 200
    assert fresh("POST", "/v1/orders", "symbol=BTC-USD", headers=headers).status == 400


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity"])
def test_compressed_bodies_are_415(api, encoding):
    answer = api("POST", "/v1/orders", b"\x1f\x8b", headers={"Content-Encoding": encoding})
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("path", ["/v1/kill_switch", "/v1/kill_switch/clear", "/v1/sandbox/reset"])
@pytest.mark.parametrize("body", [None, "", "{}"])
def test_no_bytes_are_an_empty_object(fresh, path, body):
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body or ""))}
    assert fresh("POST", path, body, headers=headers).status == 200


def test_bodies_of_reads_and_unknown_parameters_are_ignored(api):
    assert api("GET", "/v1/fills?foo=1&limit=2&bar", "not json").json["limit"] == 2
    assert api("GET", "/v1/account?x=%ff").status == 200


def test_a_parameter_given_twice_is_refused(api):
    answer = api("GET", "/v1/fills?limit=1&limit=2")
    assert (answer.status, answer.code) == (400, "INVALID_PARAMS")


@pytest.mark.parametrize(("size", "status"), [(256 * 1024 + 1, 413), (10**9, 413)])
def test_a_large_body_is_413_before_it_is_read(api, size, status):
    connection = HTTPConnection(api.host, api.port, timeout=10)
    connection.putrequest("POST", "/v1/orders")
    connection.putheader("Authorization", f"Bearer {api.sandbox.test_key}")
    connection.putheader("Content-Length", str(size))
    connection.endheaders(b" " * 1000)
    response = connection.getresponse()
    assert response.status == status
    assert response.getheader("connection") == "close"
    connection.close()


def test_a_chunked_body_is_413_at_the_limit(api):
    def chunks():
        for _ in range(80):
            yield b" " * 4096

    connection = HTTPConnection(api.host, api.port, timeout=10)
    headers = {"Authorization": f"Bearer {api.sandbox.test_key}"}
    connection.request("POST", "/v1/orders", chunks(), headers, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_of_exactly_the_limit_is_read(api):
    body = ORDER.replace('"buy"', '"hold"') + " " * (256 * 1024 - len(ORDER) - 1)
    assert len(body) == 256 * 1024
    assert api("POST", "/v1/orders", body).status == 422


def test_a_long_url_is_414(api):
    answer = api("GET", "/v1/orders?symbol=" + "a" * 8200)
    assert (answer.status, answer.code) == (414, "URI_TOO_LONG")


def test_many_or_large_headers_are_431(api):
    many = {f"X-{n}": "1" for n in range(101)}
    answer = api("GET", "/v1/account", headers=many)
    assert (answer.status, answer.code) == (431, "HEADERS_TOO_LARGE")
    answer = api("GET", "/v1/account", headers={"X-Large": "a" * 17_000})
    assert (answer.status, answer.code) == (431, "HEADERS_TOO_LARGE")


@pytest.mark.parametrize("row", MISSING, ids=lambda row: f"{row.method} {row.path}")
def test_what_is_not_offered_says_so(api, row):
    path = re.sub(r"\{venue\}", "kraken", row.path)
    path = re.sub(r"\{[a-z_]+\}", "x", path).replace("*", "x")
    answer = api(row.method, path, "not json", headers={"X-Request-Id": "r"})
    venue = row.venue or ("kraken" if "{venue}" in row.path else None)
    assert answer.status == 501
    assert answer.json == {
        "error": {
            "code": "CAPABILITY_MISSING",
            "message": f"{row.verb} is not available: {row.reason}",
            "request_id": "r",
            "details": [{"verb": row.verb, "venue": venue, "reason": row.reason}],
        }
    }


def test_every_operation_has_a_handler():
    assert set(OPERATIONS) == set(HANDLERS)


def test_a_plain_get_of_the_stream_is_426_and_an_upgrade_opens_it(api):
    status, body, headers = raw(api, "GET", "/v1/stream")
    assert (status, headers["upgrade"]) == (426, "websocket")
    assert b"UPGRADE_REQUIRED" in body
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    status, _, headers = raw(api, "GET", "/v1/stream", upgrade)
    assert (status, headers["sec-websocket-accept"]) == (101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")


def test_many_requests_share_one_connection(api):
    connection = HTTPConnection(api.host, api.port, timeout=10)
    headers = {"Authorization": f"Bearer {api.sandbox.test_key}"}
    for _ in range(300):
        connection.request("GET", "/v1/account", headers=headers)
        response = connection.getresponse()
        assert response.status == 200
        response.read()
    connection.close()


LONG = "?x=" + "a" * 9000


@pytest.mark.parametrize(
    ("call", "key", "status"),
    [
        (("POST", "/v1/nope" + LONG, None), None, 414),
        (("POST", "/v1/nope", "x" * 300_000), None, 413),
        (("GET", "/v1/nope", None), None, 404),
        (("PUT", "/v1/orders", "not json"), None, 405),
        (("GET", "/v1/mm/x", None), None, 401),
        (("POST", "/v1/orders", "not json"), None, 401),
        (("POST", "/v1/wallets/withdraw", "not json"), "live", 501),
        (("POST", "/v1/sandbox/reset", "not json"), "live", 403),
        (("POST", "/v1/orders", "not json"), "live", 400),
        (("POST", "/v1/orders", "{}"), "live", 422),
        (("POST", "/v1/orders", ORDER), "live", 403),
        (("GET", "/v1/orders?limit=0&venue=nope", None), "live", 422),
    ],
)
def test_checks_come_in_the_order_of_the_contract(api, call, key, status):
    assert api(*call, key=key).status == status


def test_a_live_order_is_refused_for_its_mode_before_the_kill_switch(fresh):
    fresh("POST", "/v1/kill_switch", key="live")
    assert fresh("POST", "/v1/orders", ORDER, key="live").status == 403


def test_the_kill_switch_comes_before_the_preflight(fresh):
    fresh("POST", "/v1/kill_switch")
    assert fresh("POST", "/v1/orders", ORDER.replace("BTC-USD", "NOPE")).status == 409
