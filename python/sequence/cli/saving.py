"""Whether a server that starts becomes the one that the other commands talk to."""

import http.client
import sys
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from sequence._client.ask import config
from sequence._client.ask.options import is_loopback, same_server
from sequence._files import in_words
from sequence.errors import ValidationError

_PROBE_S: Final = 1.0
_THERE: Final = (200, 503)


class Saving(NamedTuple):
    """What became of URL and key.

    Attributes:
        file: Where they are saved, None when they are not.
        other: The server whose place in the file they would have taken.
    """

    file: str | None
    other: str | None


def save_connection(url: str, key: str, anyway: bool) -> Saving:
    """Saves URL and key, unless those of another server that still answers are saved."""
    if not is_loopback(urlsplit(url).hostname or ""):
        # Without encryption a client of ours would refuse this address anyway.
        return Saving(None, None)
    try:
        before = config.load()
        other = before.url
        if other is not None and not anyway and not same_server(other, url) and _lives(other):
            return Saving(None, other)
        return Saving(config.shown(config.save(config.Saved(url, key))), None)
    except (OSError, ValidationError) as error:
        sys.stderr.write(f"sequence: the key was not saved: {in_words(error)}\n")
        return Saving(None, None)


def _lives(url: str) -> bool:
    """Whether a saved server is there. One elsewhere is not asked: somebody logged in to it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return True if not is_loopback(host) else answers(url)


def answers(url: str) -> bool:
    """Whether a server of this machine is there, though it may be too busy to answer in time."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    asked = http.client.HTTPConnection(host, parts.port or 80, timeout=_PROBE_S)
    try:
        asked.request("GET", "/v1/health/live")
        return asked.getresponse().status in _THERE
    except TimeoutError:
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()
