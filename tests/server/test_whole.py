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


def test_who_waits_for_nothing_is_done_before_run_returns() -> None:
    async def work(told: list[Any], tasks: list[asyncio.Task[None]]) -> None:
        async def answer() -> None:
            told.append("answered")

        whole.run(answer(), tasks.append)  # type: ignore[arg-type]
        assert (told, tasks) == (["answered"], [])

    in_loop(work)


def test_who_waits_goes_on_as_a_task_with_what_it_waited_for() -> None:
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

        whole.run(answer(), lambda rest: tasks.append(loop.create_task(rest)))
        assert told == []
        first.set_result("first")
        second.set_exception(ValueError("second"))
        await asyncio.gather(*tasks)
        assert told == ["first", "second", True]

    in_loop(work)


def test_a_task_that_is_cancelled_hears_of_it_where_it_waits() -> None:
    async def work(told: list[Any], tasks: list[asyncio.Task[None]]) -> None:
        loop = asyncio.get_running_loop()

        async def answer(*, goes_on: bool) -> None:
            try:
                await loop.create_future()
            except asyncio.CancelledError:
                told.append("cancelled")
                if not goes_on:
                    raise
            await asyncio.sleep(0)
            told.append("went on")

        for goes_on in (False, True):
            whole.run(answer(goes_on=goes_on), lambda rest: tasks.append(loop.create_task(rest)))
            await asyncio.sleep(0)
            tasks[-1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert [task.cancelled() for task in tasks] == [True, False]
        assert told == ["cancelled", "cancelled", "went on"]

    in_loop(work)


def test_as_task_makes_a_task_of_who_awaits_it() -> None:
    async def work(told: list[Any], tasks: list[asyncio.Task[None]]) -> None:
        loop = asyncio.get_running_loop()
        outer = asyncio.current_task()

        async def answer() -> None:
            await whole.as_task()
            told.append(asyncio.current_task())

        whole.run(answer(), lambda rest: tasks.append(loop.create_task(rest)))
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
