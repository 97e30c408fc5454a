"""What a client is built with; the only place that reads the environment."""

import os
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from sequence.errors import ValidationError

DEFAULT_BASE_URL = "http://localhost:50052"
"""Where `sequence up` listens."""

HOSTED_BASE_URL = "https://api.sequencemkts.com"
"""The hosted API."""

# The test key comes first: trading with real money needs an explicit word.
_KEY_VARIABLES = ("SEQUENCE_API_KEY", "SEQ_TEST_KEY", "SEQ_API_KEY")
_URL_VARIABLE = "SEQUENCE_BASE_URL"
_KEY = re.compile(r"[!-~]{1,256}")
_LIVE_PREFIX = "seq_live_"


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options of a client; the key is not part of any text of them.

    Attributes:
        api_key: Key, None without one.
        base_url: Scheme, host and port, without a slash at the end.
        timeout: Seconds per attempt.
        max_retries: Attempts after the first.
        max_concurrent: Requests at the same time, None for no limit.
    """

    base_url: str
    api_key: str | None = field(repr=False)
    timeout: float
    max_retries: int
    max_concurrent: int | None

    @property
    def is_live(self) -> bool:
        """True with a live key."""
        return self.api_key is not None and self.api_key.startswith(_LIVE_PREFIX)

    @property
    def is_local(self) -> bool:
        """True when the host is this machine."""
        return is_loopback(urlsplit(self.base_url).hostname or "")


def options(
    api_key: str | None,
    base_url: str | None,
    timeout: float,
    max_retries: int,
    max_concurrent: int | None,
) -> Options:
    """Checks what the caller gave and fills the rest from the environment.

    Raises:
        ValidationError: A value cannot be used; no message ever shows the key.
    """
    key = api_key if api_key is not None else _from_environment()
    if key is not None and not _KEY.fullmatch(key):
        raise ValidationError("api_key: must be visible ASCII without spaces")
    if not timeout > 0:
        raise ValidationError("timeout: must be > 0 seconds")
    if max_retries < 0:
        raise ValidationError("max_retries: must be >= 0")
    if max_concurrent is not None and max_concurrent < 1:
        raise ValidationError("max_concurrent: must be >= 1")
    given = base_url or os.environ.get(_URL_VARIABLE) or DEFAULT_BASE_URL
    url = _checked_url(given, has_key=key is not None)
    return Options(url, key, timeout, max_retries, max_concurrent)


def is_loopback(host: str) -> bool:
    """True for localhost and the loopback addresses."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _from_environment() -> str | None:
    return next((key for key in map(os.environ.get, _KEY_VARIABLES) if key), None)


def _checked_url(url: str, *, has_key: bool) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValidationError("base_url: is not a URL") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValidationError("base_url: must start with https:// (or http:// on this machine)")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValidationError("base_url: must hold no user, query or fragment")
    if parts.scheme == "http" and has_key and not is_loopback(host):
        raise ValidationError(
            f"base_url: refusing to send a key over plain http:// to {host}; use https://"
        )
    return url.rstrip("/")
