"""Every limit of the HTTP server, as configuration values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds. The defaults are those of the API contract."""

    body_bytes: int = 256 * 1024
    url_bytes: int = 8 * 1024
    header_bytes: int = 16 * 1024
    header_lines: int = 100
    header_timeout_s: float = 10.0
    body_timeout_s: float = 30.0
    idle_timeout_s: float = 75.0
    connections: int = 5_000
    connections_per_address: int = 100
    json_depth: int = 32
    json_string_bytes: int = 512
    json_array_items: int = 2_000
    auth_failures_per_minute: int = 10
    throttle_loopback: bool = False
    """Loopback is exempt from the throttle of bad keys: a developer mistypes, nobody attacks."""
