"""The process around the application: start, refuse, stop."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from sequence import Sequence
from sequence.sandbox import Sandbox
from sequence.server import ServerStartError, serve, serving

PROGRAM = """
import sys
from sequence.sandbox import Sandbox
from sequence.server import serve

with Sandbox() as sandbox:
    serve(sandbox, port=0, on_ready=lambda url: print(url, flush=True))
print("stopped", flush=True)
"""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_process_cleanly(stop):
    process = subprocess.Popen(  # noqa: S603 - a fixed program
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://localhost:")
        port = int(url.rpartition(":")[2])
        connection = http.client.HTTPConnection("localhost", port, timeout=10)
        connection.request("GET", "/v1/health/live")
        assert connection.getresponse().read() == b'{"status":"live"}'
        began = time.monotonic()
        process.send_signal(stop)
        assert process.stdout.readline() == "stopped\n"
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - began < 5
        connection.close()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_port_in_use_is_said_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken, Sandbox() as sandbox:
        port = taken.getsockname()[1]
        with pytest.raises(ServerStartError, match=f"port {port} on 127.0.0.1 is in use") as error:
            serve(sandbox, port=port)
    assert error.value.exit_code == 4


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])  # noqa: S104
def test_an_address_that_others_reach_needs_an_explicit_word(host):
    with Sandbox() as sandbox, pytest.raises(ServerStartError, match="refusing to bind") as error:
        serve(sandbox, host=host)
    assert error.value.exit_code == 2


def test_one_sandbox_answers_over_http_and_in_process_alike():
    with (
        Sandbox(clock="manual") as sandbox,
        serving(sandbox) as url,
        Sequence(sandbox.test_key, base_url=url) as remote,
    ):
        placed = remote.buy("BTC-USD", "0.1")
        local = sandbox.client()
        assert local.order(placed.id) == remote.order(placed.id)
        assert local.positions() == remote.positions()
        assert local.quote("BTC-USD") == remote.quote("BTC-USD")
        assert local.symbols() == remote.symbols()
        assert local.fills() == remote.fills()
        assert local.account() == remote.account()
        assert local.sandbox.settings() == remote.sandbox.settings()


def test_the_same_calls_leave_the_same_events_over_http_and_in_process():
    def trade(client, clock):
        for number in range(20):
            clock.advance(ms=700)
            side = client.sell if number % 3 == 2 else client.buy
            limit = "74000" if number % 4 == 1 else None
            side("BTC-USD", "0.01", limit_price=limit, venue="binance", graph_id=f"g{number}")
        client.cancel("g1")

    def state(sandbox):
        return sandbox.state_hash(), sandbox.runtime.engine.event_hash()

    with Sandbox(clock="manual") as local:
        trade(local.client(), local.clock)
        expected = state(local)
    with (
        Sandbox(clock="manual") as remote,
        serving(remote) as url,
        Sequence(remote.test_key, base_url=url) as client,
    ):
        trade(client, remote.clock)
        assert state(remote) == expected


def test_a_stopped_server_leaves_the_sandbox_open_and_the_port_free():
    with Sandbox(clock="manual") as sandbox:
        with serving(sandbox) as url:
            port = int(url.rpartition(":")[2])
        with serving(sandbox, port=port) as again:
            assert again == url
        assert sandbox.check_invariants() == []


def test_who_connects_while_it_stops_is_not_left_waiting():
    for _ in range(3):
        peers = list[socket.socket]()
        with Sandbox() as sandbox, serving(sandbox) as url:
            port = int(url.rpartition(":")[2])

            def knock(port: int = port, peers: list[socket.socket] = peers) -> None:
                while len(peers) < 2_000:
                    try:
                        peers.append(socket.create_connection(("127.0.0.1", port), 5))
                    except OSError:
                        return
                    time.sleep(0.001)

            knocking = threading.Thread(target=knock)
            knocking.start()
            while len(peers) < 5:
                time.sleep(0.001)
        knocking.join()
        for peer in peers:
            with peer:
                peer.settimeout(20)
                with contextlib.suppress(ConnectionResetError):
                    assert peer.recv(1) == b""
