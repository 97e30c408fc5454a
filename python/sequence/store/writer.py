"""The one writer: answers leave after the commit that holds what they say.

Without a thread, whoever called commits before returning. With one, many callers share a commit:
the writer takes everything that changed since the last group, whoever changed it.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from sequence.store.base import Batch, Store, StoreError

GROUP_COMMANDS: Final = 64
"""A group is written at once when this many callers wait …"""
GROUP_S: Final = 0.002
"""… or when the first of them has waited this long."""
IDLE_S: Final = 1.0
"""Without a commit for so long, the store tidies up."""
QUEUE_COMMANDS: Final = 4_096
"""Callers that may wait; more are told to come back."""


class Source(Protocol):
    """Where changes come from."""

    def changed(self) -> bool:
        """True when a take would give something."""
        ...

    def take(self) -> Batch | None:
        """What changed since the last take, as one consistent state; ``None`` when nothing did."""
        ...

    def committed(self) -> None:
        """What was taken last is durable."""
        ...


Waiter = Callable[[StoreError | None], None] | asyncio.Future[None]
"""Who wants to know how a commit went: a function, or a future of an event loop."""


class Writer:
    """Makes what the engine did durable, alone or in groups."""

    def __init__(
        self, store: Store, source: Source, on_failure: Callable[[StoreError], None]
    ) -> None:
        self._store = store
        self._source = source
        self._on_failure = on_failure
        self._turn = threading.Condition()
        self._one_at_a_time = threading.Lock()
        self._waiting: list[Waiter] = []
        self._writing = False
        self._thread: threading.Thread | None = None
        self._stopping = False
        self.failure: StoreError | None = None
        self.commits = 0
        self.commands = 0

    @property
    def is_full(self) -> bool:
        """True when so many callers wait that another one should not."""
        return len(self._waiting) >= QUEUE_COMMANDS

    def commit(self) -> None:
        """Makes everything so far durable before it returns.

        Raises:
            StoreError: It is not; what the engine knows is ahead of the disk.
        """
        if self._thread is None:
            self._write(1)
            return
        done = threading.Event()
        errors: list[StoreError] = []

        def resolve(error: StoreError | None) -> None:
            if error is not None:
                errors.append(error)
            done.set()

        if self._enqueue(resolve):
            done.wait()
        if errors:
            raise errors[0]

    async def settled(self) -> None:
        """The same without blocking the event loop; needs the thread."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        if self._enqueue(future):
            await future

    def nudge(self) -> None:
        """Has everything so far written soon, without waiting for it."""
        if self.failure is None:
            self._enqueue(lambda _: None)

    @property
    def is_threaded(self) -> bool:
        """True while the writer thread runs."""
        return self._thread is not None

    def start(self) -> None:
        """Starts the writer thread; from now on callers share commits."""
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(target=self._run, name="sequence-writer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Writes what is left and ends the thread."""
        if self._thread is None:
            return
        with self._turn:
            self._stopping = True
            self._turn.notify_all()
        self._thread.join()
        self._thread = None

    def _enqueue(self, waiter: Waiter) -> bool:
        """Whether there is anything to wait for."""
        if self.failure is not None:
            raise self.failure
        with self._turn:
            if not (self._waiting or self._writing or self._source.changed()):
                return False
            self._waiting.append(waiter)
            # Those between the first and the last of a group would wake the writer for nothing.
            if len(self._waiting) in (1, GROUP_COMMANDS):
                self._turn.notify_all()
        return True

    def _run(self) -> None:
        last_group, tidied = 0, self.commits
        while True:
            with self._turn:
                wanted = lambda: bool(self._waiting) or self._stopping  # noqa: E731
                idle = not self._turn.wait_for(wanted, None if tidied == self.commits else IDLE_S)
            if idle:
                tidied = self.commits
                self._store.idle()
                continue
            with self._turn:
                if last_group > 1:
                    # Others are on their way; a lone caller is not kept waiting for nobody.
                    full = lambda: len(self._waiting) >= GROUP_COMMANDS or self._stopping  # noqa: E731
                    self._turn.wait_for(full, GROUP_S)
                group, self._waiting = self._waiting, []
                if not group and self._stopping:
                    return
                self._writing = True
            last_group = len(group)
            error = self._try_write(last_group)
            with self._turn:
                self._writing = False
            _tell(group, error)

    def _try_write(self, commands: int) -> StoreError | None:
        try:
            self._write(commands)
        except StoreError as error:
            return error
        return None

    def _write(self, commands: int) -> None:
        with self._one_at_a_time:
            self._take_and_commit(commands)

    def _take_and_commit(self, commands: int) -> None:
        if self.failure is not None:
            raise self.failure
        try:
            batch = self._source.take()
            if batch is not None:
                self._store.commit(batch)
                self.commits += 1
                self.commands += commands
            self._source.committed()
        except StoreError as error:
            self.fail(error)
            raise
        except Exception as error:
            # Whatever it was, the engine may now be ahead of the disk.
            failure = StoreError(f"the writer failed: {error!r}")
            self.fail(failure)
            raise failure from error

    def refuse(self, error: StoreError) -> None:
        """Nothing is written from the start on: what is stored may only be read."""
        self.failure = error

    def fail(self, error: StoreError) -> None:
        """Nothing is written from now on; the first reason is the one that counts."""
        if self.failure is None:
            self.failure = error
            self._on_failure(error)


def _tell(waiters: Iterable[Waiter], error: StoreError | None) -> None:
    """Tells everybody of a group; each event loop is woken once, not once for each of them."""
    loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for waiter in waiters:
        if callable(waiter):
            waiter(error)
        else:
            loops.setdefault(waiter.get_loop(), []).append(waiter)
    for loop, futures in loops.items():
        # A loop that was closed meanwhile has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_finish, futures, error)


def _finish(futures: Iterable[asyncio.Future[None]], error: StoreError | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
