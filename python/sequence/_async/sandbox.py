"""The sandbox group: positions, reset, settings."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from sequence import _numbers
from sequence import _operations as ops
from sequence._async.base import AsyncClientBase
from sequence._orders import checked, positions_request
from sequence.types import SandboxReset, SandboxSettings, SandboxSettingsRequest, SandboxWritten


class AsyncSandboxCalls:
    """Configures the paper account; needs a `seq_test_` key."""

    __slots__ = ("_client",)

    def __init__(self, client: AsyncClientBase) -> None:
        self._client = client

    async def set_positions(
        self, positions: Iterable[Mapping[str, Any]], *, replace: bool = False
    ) -> SandboxWritten:
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

    async def reset(self) -> SandboxReset:
        """Wipes the account and seeds it with the default balances."""
        return await self._client.send(ops.SANDBOX_RESET)

    async def settings(
        self, initial_balance_usd: float | Decimal | str | None = None
    ) -> SandboxSettings:
        """Reads, or with an argument sets, what a reset puts on every cash row.

        Args:
            initial_balance_usd: New default in USD, used from the next reset on; above 0, at
                most 90 billion, at most 8 decimals. None only reads.
        """
        if initial_balance_usd is None:
            return await self._client.send(ops.SANDBOX_SETTINGS)
        balance = _numbers.to_decimal(initial_balance_usd, "initial_balance_usd")
        body = checked(SandboxSettingsRequest, {"initial_balance_usd": balance})
        return await self._client.send(ops.SANDBOX_SETTINGS_PUT, body=body)
