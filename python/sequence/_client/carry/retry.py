"""When a failed request is sent again, and how long to wait before: pure rules."""

from collections.abc import Callable

from sequence.errors import NetworkError, SequenceError

MAX_DELAY_S = 8.0
_FIRST_DELAY_S = 0.5
_STATUSES = frozenset({429, 502, 503, 504})
# Refused before anything happened, so a second try cannot be a second effect.
_WITHOUT_EFFECT = frozenset({429, 503})
_MAX_DOUBLINGS = 10


def may_retry(error: SequenceError, *, repeatable: bool) -> bool:
    """Says whether sending again can help and do no harm.

    Args:
        error: What the attempt ended with.
        repeatable: A second arrival has no second effect.
    """
    if repeatable:
        return isinstance(error, NetworkError) or error.status in _STATUSES
    return error.status in _WITHOUT_EFFECT


def delay_s(attempt: int, retry_after_s: float | None, random: Callable[[], float]) -> float:
    """Seconds to wait before the next attempt: full jitter, and at least what the server asks.

    Args:
        attempt: Number of the failed attempt, from 0.
        retry_after_s: What the server asked for, already clamped.
        random: Uniform numbers in [0, 1).
    """
    ceiling = min(MAX_DELAY_S, _FIRST_DELAY_S * 2.0 ** min(attempt, _MAX_DOUBLINGS))
    return max(random() * ceiling, retry_after_s or 0.0)


def read_retry_after(text: str | None) -> float | None:
    """Reads the header `Retry-After`; a date or nonsense counts as absent.

    Returns:
        Seconds, clamped to 0..8, or None.
    """
    if text is None or not text.isascii():
        return None
    try:
        seconds = float(text)
    except ValueError:
        return None
    if seconds != seconds:  # noqa: PLR0124 - NaN
        return None
    return min(max(seconds, 0.0), MAX_DELAY_S)
