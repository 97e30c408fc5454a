"""Moving the clock of a sandbox until an order of either client is over."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sequence import _steps
from sequence.types import Order

if TYPE_CHECKING:
    from sequence.sandbox.controls import ClockControl


class Placed(_steps.Placed, Protocol):
    """An order of either client, and who placed it."""

    @property
    def row(self) -> Order:
        """The order as it was last told."""
        ...

    @row.setter
    def row(self, told: Order) -> None: ...

    @property
    def client(self) -> Any:  # noqa: ANN401 - of either kind
        """The client that placed it."""
        ...


OrderT = TypeVar("OrderT", bound=Placed)


def until_over(
    order: OrderT, read: Callable[[str], Order], clock: "ClockControl", seconds: float
) -> OrderT:
    """Moves in small steps; returns the order with its newest row.

    Raises:
        WaitTimeoutError: The order is still open after so many seconds.
    """
    order.row = read(order.id)
    for step_ns in _steps.until_over(order, seconds):
        clock.advance(ns=step_ns)
        order.row = read(order.id)
    return order
