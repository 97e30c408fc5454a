"""One request over HTTP, as a fake reads and answers it."""

import asyncio
from http import HTTPStatus
from typing import Final

_TOO_MANY: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.IM_A_TEAPOT)


async def asked(reader: asyncio.StreamReader) -> tuple[str, str]:
    """Path and body of a request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    _, path, _ = first.split(" ", 2)
    fields = (line.partition(":") for line in lines)
    length = next((int(v) for name, _, v in fields if name.lower() == "content-length"), 0)
    return path, (await reader.readexactly(length)).decode()


def answer(status: int, body: str, retry_after_s: int) -> bytes:
    """What is sent back; who asks too often is told how long to wait."""
    told = body.encode()
    head = f"HTTP/1.1 {status} {_phrase(status)}\r\nContent-Length: {len(told)}\r\n"
    if status in _TOO_MANY:
        head += f"Retry-After: {retry_after_s}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + told


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
