"""A bug of the core: the caller is answered, nothing half done is stored, and the server ends."""

import http.client
import threading
from pathlib import Path
from typing import Any

import pytest

from sequence import _core
from sequence.sandbox import Sandbox
from sequence.server import serve
from sequence.store import CoreFailedError
from tests.server.conftest import Api


def panicking(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next read of the state of the account does half of something, then panics."""

    def broken(*_: Any, **__: Any) -> Any:
        sandbox.runtime.engine.reset(sandbox.runtime.local.account, 5 * 10**8, 0)
        raise _core.Panic("half done")

    monkeypatch.setattr(sandbox.runtime, "account", broken)


@pytest.mark.parametrize("path", [None, "kept.db"])
def test_a_panic_is_answered_and_ends_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str | None
):
    store = tmp_path / path if path else "memory"
    urls: list[str] = []
    ended: list[str] = []
    ready = threading.Event()

    def announce(url: str) -> None:
        urls.append(url)
        ready.set()

    with Sandbox(store=store, clock="manual") as sandbox:
        sandbox.client().buy("BTC-USD", "0.1", graph_id="kept")

        def run() -> None:
            try:
                serve(sandbox, port=0, on_ready=announce)
            except CoreFailedError as error:
                ended.append(str(error))

        thread = threading.Thread(target=run)
        # A thread may not handle signals; the server does without.
        thread.start()
        assert ready.wait(20)
        before = sandbox.state_hash()
        panicking(sandbox, monkeypatch)
        answer = Api(sandbox, urls[0])("GET", "/v1/positions")
        assert (answer.status, answer.code) == (500, "INTERNAL_ERROR")
        assert answer.headers["x-request-id"]
        thread.join(20)
        assert not thread.is_alive()
        assert ended == ["half done"]
        with pytest.raises(OSError, match="refused"):
            http.client.HTTPConnection("127.0.0.1", Api(sandbox, urls[0]).port).connect()
        assert sandbox.state_hash() != before
    if path:
        with Sandbox(store=store, clock="manual") as sandbox:
            assert sandbox.state_hash() == before
            assert sandbox.client().order("graph:kept:order:1").status
