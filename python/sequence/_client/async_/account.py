"""Positions, the account, its limits, its kill switch and its keys."""

from collections.abc import Iterable

from sequence import _operations as ops
from sequence import types as t
from sequence._client.ask.ids import checked_id
from sequence._client.ask.orders import checked, checked_query, names
from sequence._client.async_.base import AsyncClientBase
from sequence.errors import DeserializeError
from sequence.types._words import Kind


class AsyncAccountCalls(AsyncClientBase):
    """Reads and switches of the account behind the key."""

    async def positions(
        self,
        *,
        venues: str | Iterable[str] | None = None,
        kinds: Kind | Iterable[Kind] | None = None,
        include_closed: bool = False,
        sandbox: bool | None = None,
    ) -> "t.PositionsResponse":
        """Cash, crypto, perps and event contracts, with totals in USD.

        Args:
            venues: Only this venue or these.
            kinds: Only this kind or these: fiat, crypto, perp, event_contract.
            include_closed: Also rows whose quantity became 0.
            sandbox: With a live key: False lists the live positions.
        """
        query = checked_query(
            t.PositionsQuery,
            venues=names(venues, "venues"),
            kinds=names(kinds, "kinds"),
            include_closed=include_closed,
            sandbox=self._mode(sandbox=sandbox),
        )
        return await self.send(ops.POSITIONS, query=query)

    async def portfolio_snapshots(
        self, *, since_ns: int = 0, limit: int = 1_200, sandbox: bool | None = None
    ) -> "t.PortfolioSnapshots":
        """Value of the account over time, oldest first.

        Args:
            since_ns: Not older, in nanoseconds since the Unix epoch.
            limit: Rows at most; the newest ones.
            sandbox: With a live key: False lists the live account.
        """
        query = checked_query(
            t.PortfolioSnapshotsQuery,
            since_ns=since_ns,
            limit=limit,
            sandbox=self._mode(sandbox=sandbox),
        )
        return await self.send(ops.PORTFOLIO_SNAPSHOTS, query=query)

    async def account(self) -> "t.Account":
        """The account and the key in use."""
        return await self.send(ops.ACCOUNT)

    async def account_summary(self, *, sandbox: bool | None = None) -> "t.AccountSummary":
        """How many orders are open, filled and rejected and why, locked margin, and drawdown.

        Args:
            sandbox: With a live key: False asks for the live account.
        """
        query = checked_query(t.ModeQuery, sandbox=self._mode(sandbox=sandbox))
        return await self.send(ops.ACCOUNT_SUMMARY, query=query)

    async def risk_limits(self) -> "t.RiskLimits":
        """Limits of the account; None is no limit."""
        return await self.send(ops.RISK_LIMITS)

    async def kill_switch(self, *, account: str | None = None) -> "t.KillSwitch":
        """State of the kill switch.

        Args:
            account: That of the account of this name instead of the own one; needs an admin key.
        """
        query = checked_query(t.KillSwitchQuery, account=account)
        return await self.send(ops.KILL_SWITCH, query=query)

    async def kill_switch_engage(
        self, reason: str | None = None, *, account: str | None = None
    ) -> "t.KillSwitch":
        """Stops new orders; open ones stay and can be cancelled. A reset does not clear it.

        Args:
            reason: Text for people, at most 128 characters.
            account: For the account of this name instead of the own one; needs an admin key.
        """
        values = {"reason": reason} | ({} if account is None else {"account": account})
        body = checked(t.KillSwitchRequest, values)
        return await self.send(ops.KILL_SWITCH_ENGAGE, body=body)

    async def kill_switch_clear(self, *, account: str | None = None) -> "t.KillSwitch":
        """Allows new orders again; needs an admin key.

        Args:
            account: For the account of this name instead of the own one. An account that engaged
                its switch itself and has no admin key is cleared so.
        """
        if account is None:
            return await self.send(ops.KILL_SWITCH_CLEAR)
        body = checked(t.KillSwitchClearRequest, {"account": account})
        return await self.send(ops.KILL_SWITCH_CLEAR, body=body)

    async def api_keys(self) -> "t.ApiKeys":
        """The keys of the account without their secrets, newest first."""
        return await self.send(ops.API_KEYS)

    async def api_key_create(
        self, label: str = "", *, sandbox: bool = True, is_admin: bool = False
    ) -> "t.NewApiKey":
        """Makes a key; its secret is in this answer only.

        Args:
            label: Text for people, at most 128 characters.
            sandbox: A test key; False makes a live key.
            is_admin: The key may clear the kill switch and make live keys.
        """
        values = {"label": label, "sandbox": sandbox, "is_admin": is_admin}
        return await self.send(ops.API_KEY_CREATE, body=checked(t.ApiKeyRequest, values))

    async def api_key_rotate(self, key_id: str) -> "t.NewApiKey":
        """Replaces the secret of a key; the old one stops at once."""
        return await self.send(ops.API_KEY_ROTATE, path={"key_id": checked_id(key_id, "key_id")})

    async def api_key_revoke(self, key_id: str) -> "t.ApiKey":
        """Ends a key for good."""
        return await self.send(ops.API_KEY_REVOKE, path={"key_id": checked_id(key_id, "key_id")})

    async def ws_ticket(self) -> "t.Ticket":
        """A ticket that opens one stream without the key; lives 30 seconds."""
        return await self.send(ops.WS_TICKET)

    async def page_ticket(self) -> "t.PageTicket":
        """A ticket that opens the page of the server in one browser tab; lives 60 seconds."""
        return await self.send(ops.PAGE_TICKET)

    async def health(self) -> bool:
        """True when the server is up; needs no key, tries once and never raises."""
        try:
            await self.send_once(ops.HEALTH_LIVE)
        except DeserializeError:
            return True  # A 2xx answer, whatever it says.
        except Exception:  # A probe has two answers.
            return False
        return True

    async def health_report(self) -> "t.Health":
        """State of the server, its store and its market data."""
        return await self.send(ops.HEALTH)
