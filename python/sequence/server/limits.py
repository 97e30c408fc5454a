"""Every limit of the HTTP server, as configuration values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds. The defaults are those of the API contract."""

    body_bytes: int = 256 * 1024
    snapshot_bytes: int = 64 * 1024 * 1024
    """The body that loads a snapshot, which only an admin may send."""
    url_bytes: int = 8 * 1024
    header_bytes: int = 16 * 1024
    header_lines: int = 100
    header_timeout_s: float = 10.0
    body_timeout_s: float = 30.0
    idle_timeout_s: float = 75.0
    connections: int = 5_000
    connections_per_address: int = 100
    sockets_per_client: int = 50
    queue_delay_s: float = 0.25
    """A command that waited longer before anybody looked at it is refused at once, undone, if
    those before it have been as late for as long."""
    socket_message_bytes: int = 64 * 1024
    socket_fragments: int = 1_000
    socket_queue_events: int = 1_000
    socket_queue_bytes: int = 1 << 20
    socket_stall_s: float = 10.0
    socket_pause_s: float = 1.0
    socket_ping_s: float = 20.0
    socket_pong_s: float = 60.0
    socket_subscriptions: int = 1_000
    socket_controls_per_second: float = 5.0
    socket_control_burst: int = 20
    socket_errors: int = 20
    socket_origins: frozenset[str] = frozenset()
    """Web pages that may open a stream; a browser names its page, other clients name none."""
    tick_ms: int = 25
    comment_s: float = 15.0
    """Silence on an event stream after which a comment shows that it is alive."""
    json_depth: int = 32
    json_string_bytes: int = 512
    json_array_items: int = 2_000
    auth_failures_per_minute: int = 10
    throttle_loopback: bool = False
    """Loopback is exempt from the throttle of bad keys: a developer mistypes, nobody attacks."""
