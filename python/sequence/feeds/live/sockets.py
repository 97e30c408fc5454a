"""How a connection's socket is opened and ended."""

import asyncio
from typing import Final

from websockets.asyncio.client import ClientConnection, connect

from sequence.feeds.live.venue import Venue

_MOST_FRAME: Final = 16 << 20
_OPEN_S: Final = 10.0
_CLOSE_S: Final = 1.0


async def opened(venue: Venue) -> ClientConnection:
    """A new connection to a venue, signed where it asks for that."""
    # A signature may take as long as a program needs to start.
    headers = await asyncio.to_thread(venue.headers)
    return await connect(
        venue.url,
        additional_headers=dict(headers),
        max_size=_MOST_FRAME,
        # Frames are small: unpacking them costs more time than the line saves.
        compression=None,
        ping_interval=None,
        open_timeout=_OPEN_S,
        close_timeout=_CLOSE_S,
        user_agent_header="sequence",
    )


async def end(socket: ClientConnection) -> None:
    """Closes a socket, and gives it back even where the goodbye is cut short."""
    try:
        await socket.close()
    finally:
        socket.transport.abort()
