"""The sandbox group: the paper account, and what a test of a bot can do to the world."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from os import PathLike
from typing import TYPE_CHECKING, Any

from sequence import _operations as ops
from sequence import types as t
from sequence._client.ask import numbers
from sequence._client.ask.files import read_file, write_file
from sequence._client.ask.ids import checked_id
from sequence._client.ask.orders import checked, checked_query, positions_request
from sequence._client.ask.testing import market_events, step_ns
from sequence._client.async_.base import AsyncClientBase
from sequence.types._words import FaultKind

if TYPE_CHECKING:
    from sequence import AsyncSequence
    from sequence._client.async_.order import AsyncPlacedOrder


class AsyncSandboxCalls:
    """Configures the paper account and moves its world; needs a `seq_test_` key.

    The same calls work over HTTP and in process. Where the sandbox was started in another way, with
    a wall clock or a market that feeds itself, a call is refused with 409 and says how to start it.
    """

    __slots__ = ("_beside", "_client")

    def __init__(
        self, client: AsyncClientBase, beside: "Callable[[t.NewSandboxFork], AsyncSequence]"
    ) -> None:
        self._client = client
        self._beside = beside

    async def set_positions(
        self, positions: Iterable[Mapping[str, Any]], *, replace: bool = False
    ) -> "t.SandboxWritten":
        """Writes paper positions, all or none of them.

        Args:
            positions: Rows with `venue`, `kind` (fiat, crypto, event_contract, perp), `symbol`,
                `qty` in human units (negative only for perps) and optionally `entry_price_usd`.
            replace: Delete all present rows and cancel all open orders first.

        Returns:
            How many rows were written, and how many deleted before.

        Raises:
            ValidationError: A row cannot be sent; the message names its field.
            ConflictError: A row would fall below what open orders hold.

        Example:
            >>> await client.sandbox.set_positions(
            ...     [{"venue": "kraken", "kind": "fiat", "symbol": "USD", "qty": 5000}],
            ...     replace=True,
            ... )
        """
        body = positions_request(positions, replace=replace)
        return await self._client.send(ops.SANDBOX_POSITIONS, body=body)

    async def reset(self) -> "t.SandboxReset":
        """Wipes the account and seeds it with the default balances; a kill switch stays engaged."""
        return await self._client.send(ops.SANDBOX_RESET)

    async def settings(
        self, initial_balance_usd: float | Decimal | str | None = None
    ) -> "t.SandboxSettings":
        """Reads, or with an argument sets, what a reset puts on every cash row.

        Args:
            initial_balance_usd: New default in USD, used from the next reset on; above 0, at
                most 90 billion, at most 8 decimals. None only reads.
        """
        if initial_balance_usd is None:
            return await self._client.send(ops.SANDBOX_SETTINGS)
        balance = numbers.to_decimal(initial_balance_usd, "initial_balance_usd")
        body = checked(t.SandboxSettingsRequest, {"initial_balance_usd": balance})
        return await self._client.send(ops.SANDBOX_SETTINGS_PUT, body=body)

    async def clock(self) -> "t.SandboxClock":
        """Which clock the sandbox has, and the present in nanoseconds since the Unix epoch."""
        return await self._client.send(ops.SANDBOX_CLOCK)

    async def set_clock(self, now_ns: int) -> "t.SandboxClock":
        """Moves a manual clock forward to a time, in nanoseconds since the Unix epoch.

        Raises:
            UnprocessableError: The time is over already.
            ConflictError: The clock moves by itself.
        """
        body = checked(t.ClockSetRequest, {"now_ns": now_ns})
        return await self._client.send(ops.SANDBOX_CLOCK_PUT, body=body)

    async def play(
        self, *, speed: float | None = None, paused: bool | None = None
    ) -> "t.SandboxClock":
        """Lets a replay that runs by itself go on at another speed, stand, or go on.

        Args:
            speed: Recorded seconds per second, above 0.
            paused: True stands, false goes on from there.

        Raises:
            ValidationError: Neither, or no speed.
            ConflictError: The clock is another one.
        """
        body = checked(t.ClockSetRequest, {"speed": speed, "paused": paused})
        return await self._client.send(ops.SANDBOX_CLOCK_PUT, body=body)

    async def advance(self, *, seconds: float = 0, ms: float = 0, ns: int = 0) -> "t.SandboxClock":
        """Lets time pass on a manual clock; everything that falls due on the way happens.

        A lost answer is not tried again: time would pass twice. `clock` tells what became of it.

        Raises:
            ValidationError: A negative step, or no number.
            ConflictError: The clock moves by itself.
        """
        body = checked(t.ClockAdvanceRequest, {"ns": step_ns(seconds, ms, ns)})
        return await self._client.send(ops.SANDBOX_CLOCK_ADVANCE, body=body)

    async def advance_until(
        self, order: "AsyncPlacedOrder", *, seconds: float = 60.0
    ) -> "AsyncPlacedOrder":
        """Moves a manual clock in small steps until the order is over; returns the order.

        Args:
            order: The order.
            seconds: Time of the sandbox to let pass at most.

        Raises:
            WaitTimeoutError: The order is still open then.
        """
        await order.refresh()
        return await order.wait(seconds, skip=True)

    async def faults(self) -> "list[t.Fault]":
        """Faults in force."""
        return (await self._client.send(ops.SANDBOX_FAULTS)).faults

    async def add_fault(
        self,
        kind: FaultKind,
        *,
        venue: str | None = None,
        symbol: str | None = None,
        count: int | None = None,
        ms: int | None = None,
        reason: str | None = None,
        seed: int | None = None,
        rate: float | None = None,
    ) -> "t.Fault":
        """Makes something go wrong on purpose.

        Args:
            kind: `delay`, `drop_reply`, `http_429`, `http_503`, `failures` (any of
                these), `disconnect_streams`, `stale_venue`, `halt_venue`, and for the next
                orders `reject_next`, `cancel_next`, `expire_next`, `partial_next` (half of
                what could be taken at once), `late_next` (the answer comes late).
            venue: Where, for the kinds about venues and orders.
            symbol: For which symbol only.
            count: How many requests or orders meet it; 1 by default.
            ms: Length of a delay, or how long a venue stays stale or halted.
            reason: Why orders are rejected.
            seed: Hits every request with a probability of one half, or of `rate`, repeatably.
            rate: Hits every request with this probability, until `count` were hit or it is removed.
        """
        values: dict[str, Any] = {"kind": kind, "venue": venue, "symbol": symbol, "count": count}
        values |= {"ms": ms, "reason": reason, "seed": seed, "rate": rate}
        body = checked(t.FaultRequest, values)
        return await self._client.send(ops.SANDBOX_FAULTS_ADD, body=body)

    async def remove_fault(self, fault_id: str) -> "t.Fault":
        """Ends a fault."""
        path = {"id": checked_id(fault_id, "fault_id")}
        return await self._client.send(ops.SANDBOX_FAULTS_DELETE, path=path)

    async def settle(
        self,
        venue: str,
        market_slug: str,
        value: float | Decimal | str | None = None,
        *,
        void: bool = False,
    ) -> "t.SandboxSettled":
        """Ends an event market for every account of the sandbox.

        Args:
            venue: `kalshi` or `polymarket`.
            market_slug: The market; its own name means YES.
            value: What one unit of the named outcome pays, 0 to 1.
            void: Pay holdings back at cost instead.
        """
        values: dict[str, Any] = {"venue": venue, "market_slug": market_slug, "void": void}
        if value is not None:
            values["value"] = numbers.to_decimal(value, "value")
        body = checked(t.SandboxSettleRequest, values)
        return await self._client.send(ops.SANDBOX_SETTLE, body=body)

    async def add_client(self, name: str) -> "t.NewSandboxClient":
        """Makes a client with money, limits, streams and a test key of its own; admins only.

        Args:
            name: 1 to 64 of `A-Z a-z 0-9 . _ -`.

        Returns:
            The client; its `api_key` is shown this once.

        Raises:
            ConflictError: There is a client of that name.
            ForbiddenError: The key is no admin key.
        """
        body = checked(t.SandboxClientRequest, {"name": name})
        return await self._client.send(ops.SANDBOX_CLIENTS_ADD, body=body)

    async def clients(self) -> "t.SandboxClients":
        """The clients of the server, in order of creation; admins only."""
        return await self._client.send(ops.SANDBOX_CLIENTS)

    async def events(self, *, since_seq: int = 0, limit: int = 1_000) -> "t.SandboxEvents":
        """What happened to the account, oldest first, with the hash over all events.

        Args:
            since_seq: Only events after this number.
            limit: Rows at most, 1 to 10,000.
        """
        query = checked_query(t.SandboxEventsQuery, since_seq=since_seq, limit=limit)
        return await self._client.send(ops.SANDBOX_EVENTS, query=query)

    async def marks(self, *, before_seq: int | None = None, limit: int = 500) -> "t.FillMarks":
        """Prices when orders were sent, and 1, 10 and 60 seconds after fills; newest first.

        Args:
            before_seq: Only fills of before this commit number: `next` of the page before.
            limit: Rows, 1 to 5,000.
        """
        query = checked_query(t.FillMarksQuery, before_seq=before_seq, limit=limit)
        return await self._client.send(ops.SANDBOX_MARKS, query=query)

    async def run_card(self) -> "t.RunCard":
        """What makes this run what it is: enough to make it again from the same input."""
        return await self._client.send(ops.SANDBOX_RUN)

    async def snapshot(self) -> "t.SandboxSnapshot":
        """Keeps a copy of the whole state to return to."""
        return await self._client.send(ops.SANDBOX_SNAPSHOT)

    async def snapshots(self) -> "list[t.SandboxSnapshot]":
        """Copies that `restore` can return to, oldest first; at most 16 are kept."""
        return (await self._client.send(ops.SANDBOX_SNAPSHOTS)).snapshots

    async def save_snapshot(self, path: str | PathLike[str]) -> "t.SandboxSnapshotFile":
        """Writes the state of every account into a file; needs an admin key.

        `Sandbox.from_snapshot` and `sequence snapshot load` begin with it, also in another process.
        """
        answer = await self._client.send(ops.SANDBOX_SNAPSHOT_FILE)
        write_file(path, b64decode(answer.file))
        return answer

    async def fork(self) -> "AsyncSequence":
        """A sandbox that begins with this moment, held beside this one: a client of it.

        Accounts, orders, positions, books and draws are the same there, and what happens in one
        does not happen in the other: two ways can be compared. A server gives it a port of its own;
        `fork` of the client says where, and with which key others get there. It is in memory, and
        ends when the client is closed, by `end_fork`, or with its server.

        Raises:
            ConflictError: There are 8 already, the market is live, or others use the sandbox and
                the key is no admin key.

        Example:
            >>> async with await client.sandbox.fork() as branch:
            ...     await branch.cancel_all()
        """
        return self._beside(await self._client.send(ops.SANDBOX_FORK))

    async def load_snapshot(self, path: str | PathLike[str]) -> "AsyncSequence":
        """A sandbox that begins with the state of a file, held beside this one: a client of it.

        As `fork`, with clock and market of the kind that this one has. Needs an admin key.

        Args:
            path: What `save_snapshot` or `sequence snapshot save` wrote.

        Raises:
            UnprocessableError: The file is none, of another version, or damaged; it says which.
            ConflictError: There are 8 already, or the market is a recording or live.
        """
        packed = b64encode(read_file(path)).decode()
        body = checked(t.SnapshotLoadRequest, {"file": packed})
        return self._beside(await self._client.send(ops.SANDBOX_SNAPSHOT_LOAD, body=body))

    async def forks(self) -> "list[t.SandboxFork]":
        """Sandboxes held beside this one; with an admin key those of all clients."""
        return (await self._client.send(ops.SANDBOX_FORKS)).forks

    async def end_fork(self, fork_id: str) -> "t.SandboxFork":
        """Ends a sandbox that is held beside this one."""
        path = {"id": checked_id(fork_id, "fork_id")}
        return await self._client.send(ops.SANDBOX_FORKS_DELETE, path=path)

    async def restore(self, snapshot_id: str) -> "t.SandboxSnapshot":
        """Returns to a copy, in a new epoch."""
        body = checked(t.RestoreRequest, {"snapshot_id": snapshot_id})
        return await self._client.send(ops.SANDBOX_RESTORE, body=body)

    async def feed(self, events: Iterable[Mapping[str, Any]]) -> "t.MarketEventsApplied":
        """Feeds a manual market: in order, all or nothing.

        Args:
            events: At most 2,000 events as in a recording, such as
                `{"type": "snapshot", "venue": "kraken", "symbol": "BTC-USD",
                "bids": [["67000", "1"]], "asks": [["67010", "1"]]}`; numbers of any kind.

        Raises:
            ConflictError: The market feeds itself.
        """
        body = checked(t.MarketEventsRequest, {"events": market_events(events)})
        return await self._client.send(ops.SANDBOX_MARKET_EVENTS, body=body)

    async def book(
        self, venue: str, symbol: str, *, bids: Iterable[Any] = (), asks: Iterable[Any] = ()
    ) -> "t.MarketEventsApplied":
        """Feeds a whole book: levels `(price, qty)`, best first."""
        row = {"type": "snapshot", "venue": venue, "symbol": symbol, "bids": bids, "asks": asks}
        return await self.feed([row])
