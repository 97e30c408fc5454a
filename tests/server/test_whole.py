"""Requests that are here as a whole are answered at once; who has to wait becomes a task there."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from sequence.server import whole
from sequence.server.envelope import JSON_HEADERS, answer_headers, answer_lines


def in_loop(
    work: Callable[[list[Any], list[asyncio.Task[None]]], Coroutine[Any, Any, None]],
) -> None:
    """Runs a test in a loop, with what happened and the tasks that were started."""

    async def main() -> None:
        tasks: list[asyncio.Task[None]] = []
        await work([], tasks)
        assert all(task.done() for task in tasks)

    asyncio.run(main())


async def wait_for(holds: Callable[[], bool]) -> None:
    """Lets the loop turn until something holds."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - nothing that it waits for sets an event
            await asyncio.sleep(0)


def test_who_waits_for_nothing_is_done_before_run_returns() -> None:
    async def work(told: list[Any], tasks: list[asyncio.Task[None]]) -> None:
        async def answer() -> None:
            told.append("answered")

        whole.run(answer(), tasks.append, set())  # type: ignore[arg-type]
        assert (told, tasks) == (["answered"], [])

    in_loop(work)


def test_who_waits_goes_on_with_what_it_waited_for_and_waits_again_as_a_task() -> None:
    async def work(told: list[Any], tasks: list[asyncio.Task[None]]) -> None:
        loop = asyncio.get_running_loop()
        first: asyncio.Future[str] = loop.create_future()
        second: asyncio.Future[str] = loop.create_future()

        async def answer() -> None:
            told.append(await first)
            try:
                await second
            except ValueError as error:
                told.append(str(error))
            async with asyncio.timeout(5):
                await asyncio.sleep(0)
                told.append(asyncio.current_task() is not None)

        held: whole.Held = set()
        whole.run(answer(), lambda rest: tasks.append(loop.create_task(rest)), held)
        assert (told, tasks, held) == ([], [], {first})
        first.set_result("first")
        await wait_for(lambda: len(tasks) == 1)
        assert (told, held) == (["first"], set())
        second.set_exception(ValueError("second"))
        await asyncio.gather(*tasks)
        assert told == ["first", "second", True]

    in_loop(work)


def test_who_waits_once_is_done_without_a_task_and_hears_of_an_error() -> None:
    async def work(told: list[Any], tasks: list[asyncio.Task[None]]) -> None:
        loop = asyncio.get_running_loop()
        waits: list[asyncio.Future[int]] = [loop.create_future() for _ in range(2)]

        async def answer(future: "asyncio.Future[int]") -> None:
            try:
                told.append(await future)
            except ValueError as error:
                told.append(str(error))

        held: whole.Held = set()
        for future in waits:
            whole.run(answer(future), tasks.append, held)  # type: ignore[arg-type]
        waits[1].set_exception(ValueError("not stored"))
        waits[0].set_result(1)
        await wait_for(lambda: not held)
        assert (told, tasks) == (["not stored", 1], [])

    in_loop(work)


@pytest.mark.parametrize("waits_before", [False, True])
def test_who_is_cancelled_hears_of_it_where_it_waits(*, waits_before: bool) -> None:
    async def work(told: list[Any], tasks: list[asyncio.Task[None]]) -> None:
        loop = asyncio.get_running_loop()

        async def answer(*, goes_on: bool) -> None:
            if waits_before:
                await asyncio.sleep(0)
            told.append("waits")
            try:
                await loop.create_future()
            except asyncio.CancelledError:
                told.append("cancelled")
                if not goes_on:
                    raise
            await asyncio.sleep(0)
            told.append("went on")

        held: whole.Held = set()
        for goes_on in (False, True):
            running = answer(goes_on=goes_on)
            whole.run(running, lambda rest: tasks.append(loop.create_task(rest)), held)
            await wait_for(lambda: told[-1:] == ["waits"])
            (tasks[-1] if waits_before else next(iter(held))).cancel()
            await wait_for(lambda: told[-1] != "waits" and not held)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert [task.cancelled() for task in tasks] == ([True, False] if waits_before else [False])
        assert told == ["waits", "cancelled", "waits", "cancelled", "went on"]

    in_loop(work)


def test_as_task_makes_a_task_of_who_awaits_it() -> None:
    async def work(told: list[Any], tasks: list[asyncio.Task[None]]) -> None:
        loop = asyncio.get_running_loop()
        outer = asyncio.current_task()

        async def answer() -> None:
            await whole.as_task()
            told.append(asyncio.current_task())

        whole.run(answer(), lambda rest: tasks.append(loop.create_task(rest)), set())
        await asyncio.gather(*tasks)
        assert told == tasks
        assert outer not in told

    in_loop(work)


@pytest.mark.parametrize(
    "extra",
    [(), ((b"retry-after", b"1"), (b"allow", b"GET")), ((b"content-type", b"text/html"),)],
)
def test_lines_say_what_headers_say(extra: tuple[tuple[bytes, bytes], ...]) -> None:
    headers = answer_headers(17, "an-id", extra)
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    assert answer_lines(17, "an-id", extra) == lines
    assert (JSON_HEADERS[0] in headers) == (not extra or extra[0][0] != b"content-type")
