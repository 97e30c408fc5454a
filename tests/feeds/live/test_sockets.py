"""A connection gives its sockets back whenever it is cancelled, at peers that say no goodbye."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.protocol import State

from sequence.feeds.live import MAKERS
from sequence.feeds.live.connection import Connection
from sequence.feeds.live.rest import Documents
from sequence.feeds.live.sockets import opened
from sequence.feeds.live.venue import Venue
from tests.mute import mute


class Silent:
    """What a connection hears here is nothing."""

    def lost(self) -> list[Any]:
        return []


async def cancelled_at_its_goodbye(
    monkeypatch: pytest.MonkeyPatch, venue: Venue, count: int
) -> list[bool]:
    """Cancels a connection while the first of so many sockets is being closed; which ended."""
    seen = list[ClientConnection]()

    async def opening(venue: Venue) -> ClientConnection:
        seen.append(await opened(venue))
        return seen[-1]

    monkeypatch.setattr("sequence.feeds.live.connection.opened", opening)
    sink: Any = Silent()
    connection = Connection(venue, sink, Documents(venue.fetches_per_min))
    async with mute() as venue.url, asyncio.timeout(20):
        running = asyncio.ensure_future(connection._stay())
        # Nothing tells of this moment.
        while len(seen) < count or seen[0].state is not State.CLOSING:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert running.cancelled()
        return [socket.transport.is_closing() for socket in seen]


@pytest.mark.parametrize(
    ("silence_s", "lifetime_s", "count"),
    [(0.05, 0.0, 1), (20.0, 0.05, 2)],
    ids=["it fell silent", "another one took over"],
)
def test_a_goodbye_that_is_cut_short_leaves_no_socket_open(
    monkeypatch: pytest.MonkeyPatch, silence_s: float, lifetime_s: float, count: int
) -> None:
    venue = MAKERS["okx"][0]()
    venue.symbols, venue.silence_s, venue.lifetime_s = ["BTC-USDT"], silence_s, lifetime_s
    venue.overlap_s = 0.01
    ended = asyncio.run(cancelled_at_its_goodbye(monkeypatch, venue, count))
    assert ended == [True] * count
