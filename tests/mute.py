"""A peer that opens WebSockets and then neither says nor answers anything, not even a goodbye."""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@contextlib.asynccontextmanager
async def mute() -> AsyncIterator[str]:
    """Serves it; the address of its socket."""
    ends = list[asyncio.StreamWriter]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(
            line[19:] for line in head.splitlines() if line.startswith("Sec-WebSocket-Key: ")
        )
        digest = hashlib.sha1((key + GUID).encode()).digest()  # noqa: S324 - the protocol's own
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"
    finally:
        for writer in ends:
            writer.transport.abort()
        server.close()
        await server.wait_closed()
