"""Times as people write them."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LAST_NS: Final = 2**63 - 1


def ns_of_iso(text: str) -> int:
    """Nanoseconds since the Unix epoch of a time in ISO 8601; UTC where it does not say.

    A time before the epoch is its start, one that no row can have is the last of all.

    Raises:
        ValueError: It is no such time.
    """
    found = datetime.fromisoformat(text)
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return min(max((aware - _EPOCH) // _MICROSECOND * 1_000, 0), _LAST_NS)
