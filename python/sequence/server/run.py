"""Serving a sandbox: bind, announce, serve, stop cleanly."""

import asyncio
import contextlib
import errno
import ipaddress
import logging
import os
import socket
import threading
import weakref
from collections.abc import Callable, Generator
from types import FrameType
from typing import Final

import uvicorn

from sequence._loops import stop_accepting
from sequence.sandbox import Sandbox
from sequence.sandbox.beside import Place
from sequence.sandbox.forked import watch
from sequence.sandbox.runtime import Runtime
from sequence.server.app import App
from sequence.server.limits import Limits
from sequence.server.parsers import guarded_protocol
from sequence.server.sockets import StreamSocket
from sequence.server.turns import quick_turns
from sequence.store import StoreError

logger = logging.getLogger("sequence.server")

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 50052
EXIT_CONFIG: Final = 2
EXIT_PORT: Final = 4
_GRACE_S: Final = 4
_BACKLOG: Final = 2048
_H11_BUFFER: Final = 1 << 20

OnReady = Callable[[str], None]


class ServerStartError(Exception):
    """The server cannot start: a sentence for people and an exit code for scripts."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def serve(
    sandbox: Sandbox,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    on_ready: OnReady | None = None,
    *,
    limits: Limits | None = None,
    allow_remote: bool = False,
) -> None:
    """Serves until SIGINT or SIGTERM, then finishes what is running, for 5 seconds at most.

    Args:
        sandbox: What to serve; it stays open.
        host: Address to bind.
        port: Port to bind; 0 takes a free one.
        on_ready: Called with the base URL once the port answers.
        limits: Sizes and times other than the defaults.
        allow_remote: Needed for an address that other machines can reach: the traffic, keys
            included, is not encrypted.

    Raises:
        ServerStartError: The address is refused or in use.
        StoreError: A commit failed, or a bug stopped the core: the process must end, and a new
            start read the disk.
    """
    runtime = sandbox.runtime
    with _listen(host, port, allow_remote=allow_remote) as listener:
        server = _server(runtime, listener, on_ready, limits)
        with _writing(runtime, server), _beside(runtime, host, limits, allow_remote=allow_remote):
            server.run(sockets=[listener])


@contextlib.contextmanager
def serving(
    sandbox: Sandbox,
    host: str = DEFAULT_HOST,
    port: int = 0,
    *,
    limits: Limits | None = None,
) -> Generator[str]:
    """Serves from a thread of this process for as long as the block runs; yields the base URL."""
    ready = threading.Event()
    runtime = sandbox.runtime
    with _listen(host, port, allow_remote=False) as listener:
        server = _server(runtime, listener, lambda _: ready.set(), limits)
        thread = threading.Thread(
            target=server.run, args=([listener],), name="sequence-server", daemon=True
        )
        with _writing(runtime, server), _beside(runtime, host, limits, allow_remote=False):
            thread.start()
            try:
                while not ready.wait(0.05):
                    if not thread.is_alive():
                        raise ServerStartError("the server stopped while it started", EXIT_CONFIG)
                yield _url(listener)
            finally:
                server.should_exit = True
                thread.join()


@contextlib.contextmanager
def _beside(
    runtime: Runtime, host: str, limits: Limits | None, *, allow_remote: bool
) -> Generator[None]:
    """Serves the sandboxes that one holds beside itself, each at a port of its own."""

    def serve_one(held: Runtime) -> Place:
        listener = _listen(host, 0, allow_remote=allow_remote)
        server = _server(held, listener, None, limits)

        def run() -> None:
            try:
                with (
                    listener,
                    _writing(held, server),
                    _beside(held, host, limits, allow_remote=allow_remote),
                ):
                    server.run(sockets=[listener])
            except StoreError:
                logger.exception("the fork at %s ended", held.page_url)
            finally:
                held.close()

        thread = threading.Thread(target=run, name="sequence-fork", daemon=True)
        # Nobody waits for it: who connects before it listens is answered when it does.
        thread.start()
        return Place(held.page_url, server.stop, thread.join)

    runtime.beside.serve = serve_one
    try:
        yield
    finally:
        runtime.beside.close(served_only=True)
        runtime.beside.serve = None


@contextlib.contextmanager
def _writing(runtime: Runtime, server: "_Server") -> Generator[None]:
    """Runs the writer thread beside a server; a failed commit ends both.

    Raises:
        StoreError: The store or the core failed; what is stored is read at the next start.
    """
    failures: list[StoreError] = []

    def end(error: StoreError) -> None:
        failures.append(error)
        server.should_exit = True

    runtime.on_failure = end
    if runtime.keeper is None:
        try:
            yield
        finally:
            runtime.on_failure = None
        if failures:
            raise failures[0]
        return
    writer = runtime.keeper.writer
    with quick_turns:
        writer.start()
        try:
            yield
        finally:
            writer.stop()
            runtime.on_failure = None
    if failures:
        raise failures[0]


class _Server(uvicorn.Server):
    """Announces readiness, drains on the way out and leaves the exit code to the caller."""

    def __init__(self, config: uvicorn.Config, app: App, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._announce = announce
        self._sampler: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._sampler = asyncio.get_running_loop().create_task(self._app.sample())
        self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.draining = self._app.watchers.draining = True
        if self._sampler is not None:
            self._sampler.cancel()
        await stop_accepting(*self.servers)
        await super().shutdown(sockets)

    def stop(self) -> None:
        """Lets it end once what is running has an answer."""
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not recorded: uvicorn would raise the signal again after a clean stop.
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True


def _server(
    runtime: Runtime, listener: socket.socket, on_ready: OnReady | None, limits: Limits | None
) -> _Server:
    limits = limits or Limits()
    app = App(runtime, limits, loopback_only=_is_loopback(listener.getsockname()[0]))
    config = uvicorn.Config(
        app,
        loop="auto",
        http=guarded_protocol(limits, app),
        ws=StreamSocket,
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=max(1, round(limits.idle_timeout_s)),
        timeout_graceful_shutdown=_GRACE_S,
        # Above what the guard lets through, so that its answer is the one that is sent.
        h11_max_incomplete_event_size=_H11_BUFFER,
    )
    url = runtime.page_url = _url(listener)
    return _Server(config, app, lambda: on_ready(url) if on_ready is not None else None)


def _listen(host: str, port: int, *, allow_remote: bool) -> socket.socket:
    if not allow_remote and not _is_loopback(host):
        raise ServerStartError(
            f"refusing to bind {host}: other machines could reach it, without encryption; "
            "allow remote access explicitly if that is meant",
            EXIT_CONFIG,
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            text = f"port {port} on {host} is in use: stop the other server or pick another port"
        else:
            text = f"cannot bind {host}:{port}: {error.strerror or error}"
        raise ServerStartError(text, EXIT_PORT) from error
    listener.setblocking(False)  # noqa: FBT003 - the standard library takes it so
    _listeners[listener] = listening = _Listening(listener)
    watch(listening)
    return listener


class _Listening:
    """A port that a child of a fork must not hold open: nobody would answer there."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = weakref.ref(listener)

    def after_fork(self) -> None:
        """Closes the child's copy."""
        found = self._listener()
        if found is not None:
            # Not `close`: an event loop that holds the socket too would keep it open.
            os.close(found.detach())


_listeners: weakref.WeakKeyDictionary[socket.socket, _Listening] = weakref.WeakKeyDictionary()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    name = "localhost" if host == DEFAULT_HOST else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"
