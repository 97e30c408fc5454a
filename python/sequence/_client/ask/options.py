"""What a client is built with; the only place that reads the environment."""

import os
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from sequence.errors import ValidationError

DEFAULT_BASE_URL = "http://localhost:50052"
"""Where `sequence up` listens."""

NO_KEY = (
    "no API key: set SEQUENCE_API_KEY, pass api_key= in a program, or let `sequence up` save one "
    "for this machine"
)
"""What a call says that needs a key."""

# The test key comes first: trading with real money needs an explicit word.
_KEY_VARIABLES = ("SEQUENCE_API_KEY", "SEQ_TEST_KEY", "SEQ_API_KEY")
_URL_VARIABLE = "SEQUENCE_BASE_URL"
_KEY = re.compile(r"[!-~]{1,256}")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")
_LONGEST_S = 1_000_000
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
    *,
    saved: bool = False,
) -> Options:
    """Checks what the caller gave and fills the rest from the environment.

    Args:
        api_key: See `sequence.Sequence`.
        base_url: See `sequence.Sequence`.
        timeout: See `sequence.Sequence`.
        max_retries: See `sequence.Sequence`.
        max_concurrent: See `sequence.Sequence`.
        saved: Without a key, look for one that `sequence up` or `sequence login` saved.

    Raises:
        ValidationError: A value cannot be used; no message ever shows the key.
    """
    key = api_key if api_key is not None else _from_environment()
    given = base_url or os.environ.get(_URL_VARIABLE) or None
    if key is None and saved:
        given, key = _saved_for(given)
    if key is not None and not (isinstance(key, str) and _KEY.fullmatch(key)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValidationError("api_key: must be visible ASCII without spaces")
    if not _is_number(timeout, int | float) or not 0 < timeout <= _LONGEST_S:
        raise ValidationError(f"timeout: must be > 0 seconds and at most {_LONGEST_S:,}")
    if not _is_number(max_retries, int) or max_retries < 0:
        raise ValidationError("max_retries: must be >= 0")
    if max_concurrent is not None and (not _is_number(max_concurrent, int) or max_concurrent < 1):
        raise ValidationError("max_concurrent: must be >= 1")
    url = _checked_url(given or DEFAULT_BASE_URL, has_key=key is not None)
    return Options(url, key, timeout, max_retries, max_concurrent)


def certificates() -> str:
    """Files of certificates that the environment names, for a message whose error names none.

    Proxies are left out: they may hold passwords.
    """
    given = [(name, os.environ.get(name)) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")]
    return "".join(f"; {name} is {value!r}" for name, value in given if value)


def same_server(one: str, other: str) -> bool:
    """True when two base URLs name the same port of the same host; loopback has many names."""
    return _place(one) == _place(other)


def at_port_of(base_url: str, other: str | None) -> str:
    """The host that is known to be reachable, at the port of another server of it."""
    if other is None:
        return base_url
    known, port = urlsplit(base_url), urlsplit(other).port
    host = known.hostname or ""
    return f"{known.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(host: str) -> bool:
    """True for localhost and the loopback addresses."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _place(url: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme, "" if is_loopback(host) else host, parts.port, parts.path.rstrip("/")


def _saved_for(url: str | None) -> tuple[str | None, str | None]:
    """URL and key of the saved server, if it is the one that is meant; else no key."""
    # Imported here: a program that brings its key reads no file.
    from sequence._client.ask import config  # noqa: PLC0415

    found = config.load()
    if found.url is None or found.key is None:
        return url, None
    if url is None:
        return found.url, found.key
    # A saved key goes to the server it was saved for, never to another one.
    try:
        same = same_server(url, found.url)
    except (ValueError, TypeError, AttributeError):
        same = False
    return url, found.key if same else None


def _is_number(value: object, kind: Any) -> bool:  # noqa: ANN401 - a type or several
    return isinstance(value, kind) and not isinstance(value, bool)


def _from_environment() -> str | None:
    return next((key for key in map(os.environ.get, _KEY_VARIABLES) if key), None)


def _checked_url(url: str, *, has_key: bool) -> str:
    if not isinstance(url, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValidationError("base_url: must be a text")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValidationError("base_url: is not a URL") from None
    if _UNPRINTABLE.search(url):
        raise ValidationError("base_url: holds a space or a character that no URL may hold")
    if parts.scheme not in ("http", "https") or not host:
        raise ValidationError("base_url: must start with https:// (or http:// on this machine)")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValidationError("base_url: must hold no user, query or fragment")
    if parts.scheme == "http" and has_key and not is_loopback(host):
        raise ValidationError(
            f"base_url: refusing to send a key over plain http:// to {host}; use https://"
        )
    return url.rstrip("/")
