"""What a replay calls, and with what."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sequence._core import Book


@dataclass(frozen=True, slots=True)
class SandboxEvent:
    """Something that happened to an account.

    Attributes:
        seq: Commit number, without gaps.
        ts_ns: When its client could know.
        type: ``order_changed``, ``order_filled`` or another kind of event.
        data: Its fields; events of orders have a ``node_order_id``.
    """

    seq: int
    ts_ns: int
    type: str
    data: dict[str, Any]

    @property
    def node_order_id(self) -> str | None:
        """The order it is about."""
        return self.data.get("node_order_id")


OrderChange = tuple[Literal["order"], int, int, str, int]
"""``("order", order, ts_ns, status, filled_1e8)``."""

OrderFill = tuple[Literal["fill"], int, int, int, int, int]
"""``("fill", order, ts_ns, price_1e9, qty_1e8, fee_1e9)``."""

OnEvent = Callable[[SandboxEvent], object]
OnTime = Callable[[int], object]
OnBook = Callable[["Book"], object]
OnTrade = Callable[["Book", Literal["buy", "sell"] | None, int, int], object]
OnOrder = Callable[[OrderChange | OrderFill], object]


@dataclass(frozen=True, slots=True)
class Calls:
    """The callbacks of one replay; None is not called."""

    event: OnEvent | None
    time: OnTime | None
    book: OnBook | None
    trade: OnTrade | None
    order: OnOrder | None

    def check(self) -> None:
        """Refuses what would fail, or do nothing at all, when it is called."""
        for row in fields(self):
            call: object = getattr(self, row.name)
            if call is None:
                continue
            if not callable(call):
                raise TypeError(f"on_{row.name} is a function, not {call!r}")
            if iscoroutinefunction(call) or isgeneratorfunction(call) or isasyncgenfunction(call):
                raise TypeError(
                    f"on_{row.name} is a plain function: a replay awaits and iterates nothing, "
                    f"so nothing of {call!r} would run"
                )

    @property
    def needs_watch(self) -> bool:
        """True when the core has to stop for what the market says, or for tuples."""
        return any(call is not None for call in (self.book, self.trade, self.order))


_Told = tuple[int, str, int, Literal["buy", "sell"] | None, int, int]


@dataclass(frozen=True, slots=True)
class Untold:
    """What happened at a moment and no callback was told yet.

    Attributes:
        events: Rows for ``on_event``.
        orders: Tuples for ``on_order``.
        told: What markets did, as the core tells it.
    """

    events: deque[dict[str, Any]] = field(default_factory=deque[dict[str, Any]])
    orders: deque[tuple[Any, ...]] = field(default_factory=deque[tuple[Any, ...]])
    told: deque[_Told] = field(default_factory=deque[_Told])

    def clear(self) -> None:
        """Nothing is left to tell."""
        for row in (self.events, self.orders, self.told):
            row.clear()
