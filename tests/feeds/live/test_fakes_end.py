"""A fake venue that ends gives back every connection, also one that comes while it ends."""

import asyncio
import socket
import threading

import pytest

from sequence._loops import end_all
from sequence.fakes.binance import Binance

TURNS = 40
"""More than a fake without clients needs to end."""


@pytest.mark.parametrize("place", ["url", "rest_url"])
def test_who_connects_while_a_fake_ends_is_cut_off_with_it(place: str) -> None:
    refused, ended = 0, 0
    for turn in range(TURNS, -1, -1):
        peer, is_in_time = asyncio.run(connected_at(turn, place))
        if peer is None:
            refused += 1
            continue
        with peer:
            if is_in_time:
                # Its hello is waited for: this is not about those who come before the end.
                break
            peer.settimeout(20)
            assert is_over(peer), f"connected {turn} turns after the end was asked for"
            ended += 1
    assert refused, "it had ended at last"
    assert ended or place == "rest_url", "somebody came while it ended"


async def connected_at(turn: int, place: str) -> tuple[socket.socket | None, bool]:
    """A silent peer of a fake that was told to end some turns of its loop before.

    Returns:
        The peer, `None` where nobody listened any more; and whether the fake waited for it.
    """
    fake, ready, ended = Binance(["BTCUSDT"]), threading.Event(), asyncio.Event()
    serving = asyncio.ensure_future(fake.run(ready, ended))
    await asyncio.to_thread(ready.wait)
    port = int(getattr(fake, place).split(":")[2].partition("/")[0])
    ended.set()
    await turns(turn)
    try:
        peer = socket.create_connection(("127.0.0.1", port))
    except ConnectionRefusedError:
        peer = None
    await turns(TURNS)
    waits = not serving.done()
    if waits and peer is not None:
        peer.close()
    await serving
    await end_all()
    return peer, waits


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def is_over(peer: socket.socket) -> bool:
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
