"""Moving a clock towards an end that nobody knows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Protocol

from sequence.errors import WaitTimeoutError

if TYPE_CHECKING:
    from sequence.types import Order

_SECOND_NS: Final = 10**9
_STEPS_NS: Final = (10 * 10**6,) * 200 + (_SECOND_NS,) * 3_600
"""First as finely as venues answer."""


class Placed(Protocol):
    """An order of either client."""

    @property
    def row(self) -> "Order":
        """The order as it was last told."""
        ...

    @property
    def id(self) -> str:
        """Its id."""
        ...


def until_over(order: Placed, seconds: float) -> Iterator[int]:
    """Steps of a clock in ns, each to be made, and the order read again, before the next.

    Raises:
        WaitTimeoutError: The order is still open after so many seconds.
    """
    left_ns = round(seconds * _SECOND_NS)
    for step_ns in _STEPS_NS:
        if order.row.is_terminal or left_ns <= 0:
            break
        yield min(step_ns, left_ns)
        left_ns -= step_ns
    if not order.row.is_terminal:
        text = f"is still {order.row.status} after {seconds:g} s of the sandbox"
        raise WaitTimeoutError(f"order {order.id} {text}", order)
