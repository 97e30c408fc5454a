"""How an answer leaves: with one write where the connection can do that, else as messages."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from sequence.sandbox.faults import Strike
from sequence.server import request as reading
from sequence.server.asgi import Receive, Scope, Send
from sequence.server.envelope import Header, answer_headers, answer_lines
from sequence.server.whole import as_task

if TYPE_CHECKING:
    from collections.abc import Callable

PAYLOAD_TOO_LARGE: Final = 413
CLOSE: Final[Header] = (b"connection", b"close")
_NO_STATE: Final[dict[str, Any]] = {}

Answer = tuple[bytes, tuple[Header, ...]]
"""A body, and the headers that are its own."""


def answered_at_once(scope: Scope, status: int, id_: str, answer: Answer) -> bool:
    """Writes an answer without the messages of ASGI; False where it has to be sent."""
    body, extra = answer
    write: Callable[[Scope, int, bytes, bytes], bool] | None
    write = scope.get("state", _NO_STATE).get("answer")
    if write is None or status == PAYLOAD_TOO_LARGE:
        return False
    if extra and any(name == b"connection" for name, _ in extra):
        return False
    try:
        return write(scope, status, answer_lines(len(body), id_, extra), body)
    except RuntimeError:
        if not _is_gone(scope):
            raise
        return True


async def send_answer(  # noqa: PLR0917 - the parts of an answer
    scope: Scope, receive: Receive, send: Send, status: int, id_: str, answer: Answer
) -> None:
    """Sends an answer; nobody is to be told when its reader left meanwhile."""
    body, extra = answer
    headers = answer_headers(len(body), id_, extra)
    if status == PAYLOAD_TOO_LARGE:
        await as_task()
        await _answer_and_close(receive, send, headers, body)
        return
    start = {"type": "http.response.start", "status": status, "headers": headers}
    try:
        await send(start)
        await send({"type": "http.response.body", "body": body})
    except RuntimeError:
        # The loop refuses the write.
        if not _is_gone(scope):
            raise


async def suffer(strike: Strike, scope: Scope) -> None:
    """The request had its effect; its answer comes late, or never."""
    if strike.delay_ms:
        await asyncio.sleep(strike.delay_ms / 1000)
    if strike.drop:
        abort: Callable[[], None] | None = scope.get("state", _NO_STATE).get("abort")
        if abort is not None:
            abort()
            # The server notices the lost connection before it misses the answer.
            await asyncio.sleep(0.01)
        raise reading.ClientGoneError


async def _answer_and_close(
    receive: Receive, send: Send, headers: list[Header], body: bytes
) -> None:
    """The client may still be sending: the answer goes out first, then the connection ends."""
    headers.append(CLOSE)
    start = {"type": "http.response.start", "status": PAYLOAD_TOO_LARGE, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await reading.discard_body(receive)
    await send({"type": "http.response.body", "body": b""})


def _is_gone(scope: Scope) -> bool:
    transport = scope.get("state", _NO_STATE).get("transport")
    return transport is not None and transport.is_closing()
