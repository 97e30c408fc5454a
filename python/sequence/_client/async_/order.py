"""A placed order: its last known row, and what can be done with it."""

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sequence import _steps, errors
from sequence import types as t
from sequence._client.ask.numbers import Number
from sequence._client.ask.testing import step_ns
from sequence._client.carry.async_pause import async_alone, async_sleep
from sequence._client.explain import explain_order
from sequence.types._decimal import trimmed
from sequence.types._words import TERMINAL_ORDER_STATUSES, OrderStatus

if TYPE_CHECKING:
    from sequence._client.async_.verbs import AsyncOrderVerbs

_FIRST_POLL_S = 0.02
_MAX_POLL_S = 0.5
_PAGE = 500


class AsyncPlacedOrder:
    """What `buy` and `sell` return.

    `row` is the order as the server last told it; the properties read it and cost nothing.
    Only what is called asks the server: `refresh`, `wait`, `cancel`, `amend`, `decrease`,
    `fills` and `explain`.
    """

    __slots__ = ("_client", "_row", "_submitted")

    def __init__(self, client: "AsyncOrderVerbs", submitted: "t.SubmitResponse") -> None:
        self._client = client
        self._submitted = submitted
        self._row: t.Order | None = None

    def __repr__(self) -> str:
        row = self.row
        price = "" if row.avg_price is None else f" at {trimmed(row.avg_price):f}"
        filled = f"{trimmed(row.filled_qty):f} of {trimmed(row.qty):f}"
        return f"<{row.side} {row.symbol} {row.status}: {filled}{price}, {row.node_order_id}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from sequence.types._table import html_of  # noqa: PLC0415 - for notebooks

        return html_of(t.Order, [self.row])

    @property
    def client(self) -> "AsyncOrderVerbs":
        """The client that placed it."""
        return self._client

    @property
    def row(self) -> "t.Order":
        """The order as the server last told it."""
        if self._row is None:
            self._row = self._submitted.orders[0]
        return self._row

    @row.setter
    def row(self, told: "t.Order") -> None:
        self._row = told

    @property
    def submitted(self) -> "t.SubmitResponse":
        """The answer to the submit."""
        return self._submitted

    @property
    def id(self) -> str:
        """Order id, `graph:<graph_id>:<node_id>:<seq>`."""
        name: str = self._told("node_order_id")
        return name

    @property
    def graph_id(self) -> str:
        """Idempotency key of the submit; also the id of the order's graph."""
        name: str = self._told("graph_id")
        return name

    @property
    def status(self) -> OrderStatus:
        """NEW, ACCEPTED, PARTIAL, FILLED, CANCELLED, REJECTED or EXPIRED."""
        status: OrderStatus = self._told("status")
        return status

    @property
    def is_terminal(self) -> bool:
        """True when nothing more can happen to the order."""
        return self.status in TERMINAL_ORDER_STATUSES

    @property
    def qty(self) -> Decimal:
        """Total quantity in units of the instrument."""
        return self.row.qty

    @property
    def filled_qty(self) -> Decimal:
        """Filled quantity in units of the instrument."""
        return self.row.filled_qty

    @property
    def fill_pct(self) -> Decimal:
        """Filled share of the total, 0 to 100."""
        return self.row.fill_pct

    @property
    def avg_price(self) -> Decimal | None:
        """Volume-weighted fill price; None before the first fill."""
        return self.row.avg_price

    @property
    def fees_usd(self) -> Decimal | None:
        """Fees so far in USD; negative is a rebate, None where nothing values the quote asset."""
        return self.row.fees_usd

    @property
    def evidence(self) -> "t.WaitEvidence | None":
        """Why an open order has not filled yet."""
        return self.row.evidence

    @property
    def outlook(self) -> "t.Outlook | None":
        """How likely it is to be reached soon; None while nothing rests, or too little traded."""
        return self.row.outlook

    def _told(self, name: str) -> Any:  # noqa: ANN401 - the field says which
        return self._submitted.of_first(name) if self._row is None else getattr(self._row, name)

    async def refresh(self) -> "AsyncPlacedOrder":
        """Asks for the present row; returns itself.

        Raises:
            NotFoundError: The sandbox was reset since.
        """
        self._row = await self._client.order(self.id)
        return self

    async def wait(
        self,
        timeout: float = 30.0,  # noqa: ASYNC109
        *,
        skip: bool = False,
    ) -> "AsyncPlacedOrder":
        """Waits until the order is FILLED, CANCELLED, REJECTED or EXPIRED; returns itself.

        Args:
            timeout: Seconds to wait at most.
            skip: Move a manual clock instead of waiting for it; `timeout` is then time of the
                sandbox, and no time passes for you.

        Raises:
            WaitTimeoutError: The order is still open and stays so. At once where nobody could end
                it: in a sandbox of this process whose clock stands, with nobody else to move it.
        """
        if skip:
            return await self._skip(timeout)
        hint = self._client.standing_clock()
        deadline = time.monotonic() + timeout
        pause = _FIRST_POLL_S
        while not self.row.is_terminal:
            left = deadline - time.monotonic()
            if left <= 0:
                text = f"order {self.id} is still {self.status} after {timeout:g} s"
                raise errors.WaitTimeoutError(f"{text}{hint and '; '}{hint}", self)
            await async_sleep(min(pause, left))
            pause = min(2 * pause, _MAX_POLL_S)
            await self.refresh()
            if hint and async_alone() and not self.row.is_terminal:
                text = f"order {self.id} is {self.status} and stays so"
                raise errors.WaitTimeoutError(f"{text}: {hint}", self)
        return self

    async def _skip(self, seconds: float) -> "AsyncPlacedOrder":
        """Moves a manual clock in small steps until the order is over."""
        step_ns(seconds, 0, 0)  # what is no span of time is refused
        for step in _steps.until_over(self, seconds):
            await self._client.move_clock(step)
            await self.refresh()
        return self

    async def cancel(self) -> "t.OrderCancelResponse":
        """Cancels the order and refreshes the row.

        Raises:
            ConflictError: The order ended in another way before.
        """
        answer = await self._client.cancel(self.id)
        await self.refresh()
        return answer

    async def amend(
        self,
        *,
        new_price: Number | None = None,
        new_qty: Number | None = None,
        expected_version: int | None = None,
    ) -> "t.AmendResponse":
        """Changes limit price or total quantity and refreshes the row; its id stays the same.

        Args:
            new_price: New limit price per unit.
            new_qty: New total in units of the instrument, the filled part included.
            expected_version: Refuse unless the order still has this `version`.

        Raises:
            ValidationError: Nothing to change, or a number that cannot be sent.
            ConflictError: The order ended, or the change is not possible.
        """
        answer = await self._client.amend(
            self.id, new_price=new_price, new_qty=new_qty, expected_version=expected_version
        )
        await self.refresh()
        return answer

    async def decrease(
        self, reduce_by: Number, *, expected_version: int | None = None
    ) -> "t.AmendResponse":
        """Takes a quantity off the total, in one step at the server, and refreshes the row.

        Raises:
            ConflictError: The order ended, or so much is not open.
        """
        answer = await self._client.decrease(self.id, reduce_by, expected_version=expected_version)
        await self.refresh()
        return answer

    async def fills(self) -> "list[t.Fill]":
        """The fills of this order, oldest first."""
        found: list[t.Fill] = []
        while True:
            page = await self._client.fills(
                node_order_id=self.id,
                limit=_PAGE,
                offset=len(found),
                sandbox=self.row.is_sandbox,
            )
            found += page.fills
            if not page.has_more or not page.fills:
                return found[::-1]

    async def explain(self) -> str:
        """The order in a few lines: why it waits or how it ended, and what proves each fill."""
        if not self.is_terminal:
            await self.refresh()
        fills = await self.fills()
        return explain_order(self.row, fills)
