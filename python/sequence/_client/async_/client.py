"""The client itself."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, cast
from weakref import WeakSet

from sequence import types as t
from sequence._client.ask.options import NO_KEY, at_port_of, options
from sequence._client.async_.account import AsyncAccountCalls
from sequence._client.async_.batches import AsyncBatchCalls
from sequence._client.async_.hosted import AsyncHostedCalls
from sequence._client.async_.market import AsyncMarketCalls
from sequence._client.async_.research import AsyncResearchCalls
from sequence._client.async_.sandbox import AsyncSandboxCalls
from sequence._client.carry.transport import AsyncTransport
from sequence.errors import NetworkError, NotFoundError, ServiceUnavailableError, ValidationError

if TYPE_CHECKING:
    from sequence._client.async_.stream import AsyncStream
    from sequence._client.carry.http import AsyncHttpClient
    from sequence._client.carry.wire import AsyncStreamTransport


class AsyncSequence(
    AsyncBatchCalls, AsyncMarketCalls, AsyncAccountCalls, AsyncResearchCalls, AsyncHostedCalls
):
    """A client of the Sequence Markets API.

    Making one touches no network; the key is checked by the first request. One client holds one
    connection pool: keep it, and close it or use it in a `with` block.

    Args:
        api_key: `seq_test_...` or `seq_live_...`; by default from `SEQUENCE_API_KEY`, else
            `SEQ_TEST_KEY`, else `SEQ_API_KEY`, else what `sequence up` or `sequence login` saved
            for this server.
        base_url: Where the API is; by default `SEQUENCE_BASE_URL`, else the saved server when no
            key is given either, else the local sandbox at http://localhost:50052. Plain http://
            with a key goes to this machine only.
        timeout: Seconds per attempt, from its start to the last byte of the answer. Two things
            take longer: looking up the name of the host, and, with an own `http_client` in the
            blocking client, one read of its connections.
        max_retries: Attempts after the first one, on network errors and statuses 429, 502, 503
            and 504.
        http_client: An own httpx client; it stays open when this one is closed. It serves one
            event loop and one process; without it a client serves several loops, and a child of a
            fork gets connections of its own.
        max_concurrent: Requests at the same time (in each event loop); None for no limit.
        transport: What answers instead of HTTP, such as a sandbox in the same process. `fast` is
            HTTP at a fraction of the client's own cost, for the blocking client: one kept
            connection per thread, without proxies.

    Attributes:
        sandbox: Calls that configure the paper account.
        fork: Where its sandbox is held, for a client that `client.sandbox.fork` or
            `load_snapshot` made; else None.

    Raises:
        ValidationError: An argument cannot be used.

    Example:
        >>> async with AsyncSequence("seq_test_...") as client:
        ...     order = await client.buy("BTC-USD", 0.1)
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 3,
        http_client: "AsyncHttpClient | None" = None,
        max_concurrent: int | None = None,
        transport: AsyncTransport | Literal["fast"] | None = None,
    ) -> None:
        self._over: Literal["fast"] | None = "fast" if transport == "fast" else None
        over_http = transport is None or isinstance(transport, str)
        checked = options(api_key, base_url, timeout, max_retries, max_concurrent, saved=over_http)
        if isinstance(transport, str):
            if transport != "fast":  # pyright: ignore[reportUnnecessaryComparison]
                raise ValidationError(f"transport: must be None or 'fast', not {transport!r}")
            # Imported here, as httpx is: most clients use another one.
            from sequence._client.carry.fast import AsyncFastTransport  # noqa: PLC0415

            transport = AsyncFastTransport(checked, http_client)
        super().__init__(checked, http_client, transport)
        self.sandbox = AsyncSandboxCalls(self, self._beside)
        self.fork: t.NewSandboxFork | None = None
        self._holder: AsyncSequence | None = None
        self._streams: WeakSet[AsyncStream] = WeakSet()

    def stream(
        self,
        topics: str | Iterable[str],
        *,
        from_seq: Mapping[str, int] | None = None,
        epoch: int | None = None,
        sandbox: bool | None = None,
        stale_after_s: float = 10.0,
    ) -> "AsyncStream":
        """Events as they happen, over one connection that is opened again when it is lost.

        Args:
            topics: One or several of `prices:{symbol}`, `book:{symbol}`,
                `fair_price[:{underlying}]`, and of the own orders `orders`, `fills`, `graphs`,
                `graphs.detail`, `routing`, `evidence`, `tca`, `alerts`, `risk`; `new_markets`,
                `market_resolved`.
            from_seq: Numbers to resume private topics after, 0 for everything of this epoch.
            epoch: The epoch that these numbers are of, as `stream.epoch` said it. When the sandbox
                was reset since, an `EpochEvent` and everything of the new epoch come instead of
                what follows numbers that count something else.
            sandbox: With a live key, whether private topics are those of paper orders; the default
                is yes, as for orders.
            stale_after_s: Silence of market data after which a `StaleEvent` is told; a lost
                connection tells it at once.

        Raises:
            ValidationError: There is no key, a topic is misspelt, or a number of `from_seq` or
                `epoch` cannot be used; nothing was sent. What the server alone can know, such as a
                symbol that is not listed, is told as a `RejectedEvent`.

        Example:
            >>> async with client.stream(["prices:BTC-USD", "fills"]) as stream:
            ...     async for event in stream:
            ...         print(event)
        """
        # Imported here, as httpx is: most clients never open a stream.
        from sequence._client.async_.stream import AsyncStream  # noqa: PLC0415

        transport = self._transport or self._opened()
        if not hasattr(transport, "open_stream"):
            raise ValidationError("this transport carries no streams")
        if self._options.api_key is None and self._is_lossy():
            raise ValidationError(f"stream: {NO_KEY}")
        is_paper = self._options.is_live and self._mode(sandbox=sandbox)
        opened = AsyncStream(
            cast("AsyncStreamTransport", transport),
            topics,
            from_seq=from_seq,
            epoch=epoch,
            suffix=":sandbox" if is_paper else "",
            stale_after_s=stale_after_s,
        )
        self._streams.add(opened)
        return opened

    def tca_stream(self) -> "AsyncStream":
        """What each order cost, as it ends: a `TcaEvent` per order that was filled."""
        return self.stream("tca")

    def alerts_stream(self) -> "AsyncStream":
        """What a person should see, as it happens: an `AlertEvent` each.

        Broken limits of graphs, a lost day, refused orders, liquidations, kill switches, feeds
        that stop. What came before is not told.
        """
        return self.stream("alerts")

    def risk_stream(self) -> "AsyncStream":
        """How the account stands, first as it is and then as it changes: a `RiskStateEvent`."""
        return self.stream("risk")

    def stream_new_markets(self) -> "AsyncStream":
        """Event markets as they are listed, the last 128 first: each a `NewMarketEvent`."""
        return self.stream("new_markets")

    def stream_resolved_markets(self) -> "AsyncStream":
        """Event markets as they are resolved: `MarketResolvedEvent`, as `stream_new_markets`."""
        return self.stream("market_resolved")

    def _beside(self, made: "t.NewSandboxFork") -> "AsyncSequence":
        """A client of a sandbox that the one of this client holds."""
        inside = getattr(self._transport, "beside", None)
        options = self._options
        client = AsyncSequence(
            made.api_key,
            base_url=at_port_of(options.base_url, made.url),
            timeout=options.timeout,
            max_retries=options.max_retries,
            max_concurrent=options.max_concurrent,
            transport=self._over if inside is None else inside(made.fork_id, made.api_key),
        )
        client.fork, client._holder = made, self
        return client

    async def close(self) -> None:
        """Ends the client's streams and gives the connections back; it cannot be used again.

        One that `client.sandbox.fork` made ends that sandbox, too, unless it has ended.
        """
        for stream in list(self._streams):
            await stream.close()
        fork, holder, self._holder = self.fork, self._holder, None
        if fork is not None and holder is not None and not holder.is_closed:
            # Where its holder has ended, so has it.
            with suppress(NotFoundError, NetworkError, ServiceUnavailableError):
                await holder.sandbox.end_fork(fork.fork_id)
        await super().close()

    def __repr__(self) -> str:
        where = self._options.base_url if self._is_lossy() else "in process"
        return f"<{type(self).__name__} {where}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
