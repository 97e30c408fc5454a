"""Moving a clock until an order is over."""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from sequence.errors import WaitTimeoutError
from sequence.types import Order
from sequence.types._words import STEPS_NS

_SECOND_NS: Final = 10**9


class Placed(Protocol):
    """An order of either client."""

    row: Order

    @property
    def id(self) -> str:
        """Its id."""
        ...


class Clock(Protocol):
    """What moves."""

    def advance(self, *, seconds: float = 0, ms: float = 0, ns: int = 0) -> int:
        """Lets time pass."""
        ...


OrderT = TypeVar("OrderT", bound=Placed)


def until_over(order: OrderT, read: Callable[[str], Order], clock: Clock, seconds: float) -> OrderT:
    """Moves in small steps; returns the order with its newest row.

    Raises:
        WaitTimeoutError: The order is still open after so many seconds.
    """
    left_ns = round(seconds * _SECOND_NS)
    order.row = read(order.id)
    for step_ns in STEPS_NS:
        if order.row.is_terminal or left_ns <= 0:
            break
        clock.advance(ns=min(step_ns, left_ns))
        left_ns -= step_ns
        order.row = read(order.id)
    if not order.row.is_terminal:
        text = f"is still {order.row.status} after {seconds:g} s of the sandbox"
        raise WaitTimeoutError(f"order {order.id} {text}", order)
    return order
