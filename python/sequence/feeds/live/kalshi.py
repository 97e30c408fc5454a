"""Kalshi. Source: Kalshi's AsyncAPI document 2.0.0 (orderbook_delta, trade).

The handshake is signed even for public channels. The key is read from the environment and stays in
this process: `KALSHI_API_KEY_ID`, and the RSA key in `KALSHI_PRIVATE_KEY_PATH`.
"""

import json
import os
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from sequence.feeds.live.venue import RECONNECT, Document, Kind, Venue

_KEY_ID: Final = "KALSHI_API_KEY_ID"
_KEY_PATH: Final = "KALSHI_PRIVATE_KEY_PATH"
_numbers = count(1)


@dataclass(slots=True)
class Kalshi(Venue):
    """Both sides of a Kalshi book are bids; deltas are changes, not totals."""

    name: str = "kalshi"
    url: str = "wss://api.elections.kalshi.com/trade-api/ws/v2"
    rest_url: str = "https://api.elections.kalshi.com/trade-api/v2"
    kind: Kind = "prediction"
    lists_all: bool = False
    ping_every_s: float = 10.0
    silence_s: float = 25.0
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    began: bool = False
    """This connection has asked what befalls markets."""

    def headers(self) -> dict[str, str]:
        """A signature of the time and the path, made for each handshake.

        Raises:
            PermissionError: No key is set, or it cannot be used; the sentence says which.
        """
        self.began = False
        key_id = self.environment.get(_KEY_ID)
        key_path = self.environment.get(_KEY_PATH)
        if not key_id or not key_path:
            raise PermissionError(
                f"kalshi signs every connection: set {_KEY_ID} and {_KEY_PATH} (an RSA key in PEM)"
            )
        stamp = str(time.time_ns() // 10**6)
        signature = _sign(f"{stamp}GET{urlsplit(self.url).path}".encode(), Path(key_path))
        return {
            "KALSHI-ACCESS-KEY": key_id,
            "KALSHI-ACCESS-TIMESTAMP": stamp,
            "KALSHI-ACCESS-SIGNATURE": b64encode(signature).decode("ascii"),
        }

    def subscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """One message per market: then its sequence is its own, and a hole in it a proven loss.

        Prices of the no side stay in no terms. What befalls markets is told of all of them at once.
        """
        if symbols and not self.began:
            self.began = True
            yield _subscription({"channels": ["market_lifecycle_v2"]})
        for symbol in symbols:
            params: dict[str, object] = {
                "channels": ["orderbook_delta", "trade"],
                "market_tickers": [self.spell(symbol)],
                "use_yes_price": False,
            }
            yield _subscription(params)

    def unsubscribe(self, symbols: Sequence[str]) -> Iterator[str]:
        """A connection is dropped instead: subscriptions are numbered by the venue."""
        del symbols
        return iter(())

    def heal(self, symbol: str) -> str:
        """The sequence runs over all markets of a subscription."""
        del symbol
        return RECONNECT

    def ping(self) -> str:
        """A question: its answer shows that the books are as they were, however quiet."""
        return json.dumps({"id": next(_numbers), "cmd": "list_subscriptions"})

    def lists(self, symbols: Sequence[str]) -> list[Document]:
        """One document per market."""
        if not self.rest_url:
            return []
        names = [quote(self.spell(symbol), safe="") for symbol in symbols]
        return [Document(f"{self.rest_url}/markets/{name}") for name in names]

    def complaint(self, frame: bytes) -> str | None:
        """The text of `{"type": "error", "msg": {"code": 8, "msg": ...}}`."""
        if b'"error"' not in frame[:64]:
            return None
        told = json.loads(frame).get("msg", {})
        return f"{told.get('msg')} (code {told.get('code')})"


def _subscription(params: dict[str, object]) -> str:
    return json.dumps({"id": next(_numbers), "cmd": "subscribe", "params": params})


def _sign(text: bytes, key: Path) -> bytes:
    """RSA-PSS with SHA-256 by the `openssl` program, so that no second TLS library is needed."""
    options = ("rsa_padding_mode:pss", "rsa_pss_saltlen:digest", "rsa_mgf1_md:sha256")
    command = ["openssl", "dgst", "-sha256", "-sign", str(key)]
    for option in options:
        command += ["-sigopt", option]
    try:
        done = subprocess.run(command, input=text, capture_output=True, check=True)  # noqa: S603
    except FileNotFoundError:
        raise PermissionError("kalshi needs the program `openssl` to sign a connection") from None
    except subprocess.CalledProcessError:
        # Its text may quote the file; the path is enough to look at.
        raise PermissionError(f"the key in {key} cannot sign: is it an RSA key in PEM?") from None
    return done.stdout
