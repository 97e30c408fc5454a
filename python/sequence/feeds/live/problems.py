"""What went wrong with a venue, in words: what it means, and what can be done about it."""

import re
import ssl
from typing import Final

import websockets

from sequence.feeds.live.venue import Venue

_REMEDIES: Final = {
    400: "the venue does not trade it",
    401: "the key is not accepted",
    403: "the venue refuses this address or this key",
    418: "the venue has banned this address for a while: connect less often",
    429: "too many connections: wait, or name fewer symbols",
}
_FAILS: Final = 500


def names(text: str, name: str) -> bool:
    """Whether a text has a name in it: `BTC-USD` is neither in `BTC-USDT` nor in `WBTC-USD`."""
    whole = rf"(?<![\w/-]){re.escape(name)}(?![\w/-]|\.\d)"
    return re.search(whole, text, re.IGNORECASE | re.ASCII) is not None


def remedy(status: int) -> str:
    """What a status of a venue means, and what can be done."""
    ill = "the venue has a failure: it is tried again"
    return _REMEDIES.get(status, ill if status >= _FAILS else "its address may have changed")


def sentence(venue: Venue, error: BaseException) -> str:
    """What went wrong with a connection, for people, with what can be done about it."""
    if isinstance(error, websockets.InvalidStatus):
        status = error.response.status_code
        return f"{venue.name} refused the connection with {status}: {remedy(status)}"
    if isinstance(error, ssl.SSLError):
        why = error.reason or error
        return f"{venue.name}: no secure connection ({why}): check the clock and certificates"
    if isinstance(error, TimeoutError):
        return f"{venue.name} did not answer in time: is the network there?"
    if isinstance(error, PermissionError):
        return str(error)
    if isinstance(error, OSError):
        cause = error.strerror or str(error)
        return f"{venue.name} cannot be reached ({cause}): is the network there?"
    return f"{venue.name}: {error}"
