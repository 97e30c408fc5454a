"""Verbs of the hosted product that this server does not offer: credentials, wallets, automation."""

from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from typing import Any

from sequence._client.ask.later import Json
from sequence._client.ask.numbers import Number
from sequence._client.async_.later import AsyncLaterBase


class AsyncHostedCalls(AsyncLaterBase):
    """Answers are parsed JSON; a server without the verb raises `CapabilityMissingError`."""

    async def connected_venues(self) -> Json:
        """Venues with stored credentials."""
        return await self._later("connected_venues")

    async def connect_venue(
        self,
        venue: str,
        api_key: str,
        api_secret: str,
        passphrase: str | None = None,
        extra_json: Mapping[str, Any] | None = None,
    ) -> Json:
        """Stores credentials of a live venue."""
        return await self._later(
            "connect_venue",
            path={"venue": venue},
            body={
                "api_key": api_key,
                "api_secret": api_secret,
                "passphrase": passphrase,
                "extra_json": extra_json,
            },
        )

    async def disconnect_venue(self, venue: str) -> Json:
        """Forgets credentials of a live venue."""
        return await self._later("disconnect_venue", path={"venue": venue})

    async def wallets(self) -> Json:
        """The wallets of the account."""
        return await self._later("wallets")

    async def default_wallet(self) -> Json:
        """The wallet that orders use."""
        return await self._later("default_wallet")

    async def set_default_wallet(self, wallet_id: str) -> Json:
        """Chooses the wallet that orders use."""
        return await self._later("set_default_wallet", body={"wallet_id": wallet_id})

    async def trading_wallet(self) -> Json:
        """The wallet that the server signs for."""
        return await self._later("trading_wallet")

    async def create_wallet(self) -> Json:
        """Makes a wallet that the server signs for."""
        return await self._later("create_wallet")

    async def withdraw(self, wallet_id: str, asset: str, qty: Number, to: str) -> Json:
        """Sends an asset of a wallet elsewhere."""
        return await self._later(
            "withdraw", body={"wallet_id": wallet_id, "asset": asset, "qty": qty, "to": to}
        )

    async def deploy_algo(
        self, name: str, wasm: bytes, symbols: Iterable[str], *, start_immediately: bool = True
    ) -> Json:
        """Runs a compiled algo beside the venues."""
        return await self._later(
            "deploy_algo",
            body={
                "name": name,
                "wasm_base64": b2a_base64(wasm, newline=False).decode(),
                "symbols": list(symbols),
                "start_immediately": start_immediately,
            },
        )

    async def algo_status(self, deployment_id: str) -> Json:
        """State of a deployment."""
        return await self._later("algo_status", path={"id": deployment_id})

    async def algo_update(self, deployment_id: str, changes: Mapping[str, Any]) -> Json:
        """Changes a deployment."""
        return await self._later("algo_update", path={"id": deployment_id}, body=changes)

    async def algo_undeploy(self, deployment_id: str) -> Json:
        """Ends a deployment."""
        return await self._later("algo_undeploy", path={"id": deployment_id})

    async def algo_start(self, deployment_id: str) -> Json:
        """Starts a deployment."""
        return await self._later("algo_start", path={"id": deployment_id})

    async def algo_stop(self, deployment_id: str) -> Json:
        """Stops a deployment; its resting orders stay."""
        return await self._later("algo_stop", path={"id": deployment_id})

    async def algo_logs(self, deployment_id: str, limit: int = 200) -> Json:
        """Newest log lines of a deployment."""
        return await self._later("algo_logs", path={"id": deployment_id}, query={"limit": limit})

    async def algo_mesh(self, deployment_id: str) -> Json:
        """Where a deployment runs."""
        return await self._later("algo_mesh", path={"id": deployment_id})

    async def algos(self, detail: str | None = None) -> Json:
        """Algos by symbol."""
        return await self._later("algos", query={"detail": detail})

    async def algo(self, symbol: str) -> Json:
        """The algo of a symbol."""
        return await self._later("algo", path={"symbol": symbol})

    async def algo_start_by_symbol(self, symbol: str) -> Json:
        """Starts the algo of a symbol."""
        return await self._later("algo_start_by_symbol", path={"symbol": symbol})

    async def algo_stop_by_symbol(self, symbol: str) -> Json:
        """Stops the algo of a symbol."""
        return await self._later("algo_stop_by_symbol", path={"symbol": symbol})

    async def algo_logs_by_symbol(self, symbol: str) -> Json:
        """Newest log lines of the algo of a symbol."""
        return await self._later("algo_logs_by_symbol", path={"symbol": symbol})

    async def algo_stats(self, symbol: str) -> Json:
        """Counters of the algo of a symbol."""
        return await self._later("algo_stats", path={"symbol": symbol})

    async def strategies(self) -> Json:
        """The strategies of the account."""
        return await self._later("strategies")

    async def create_strategy(
        self,
        name: str,
        runtime: str,
        entrypoint: str,
        artifact_base64: str,
        *,
        start_immediately: bool = False,
        **more: Any,
    ) -> Json:
        """Uploads a strategy; ``more`` is sent as it is."""
        return await self._later(
            "create_strategy",
            body={
                "name": name,
                "runtime": runtime,
                "entrypoint": entrypoint,
                "artifact_base64": artifact_base64,
                "start_immediately": start_immediately,
                **more,
            },
        )

    async def strategy(self, strategy_id: str) -> Json:
        """State of a strategy."""
        return await self._later("strategy", path={"id": strategy_id})

    async def strategy_delete(self, strategy_id: str) -> Json:
        """Deletes a strategy."""
        return await self._later("strategy_delete", path={"id": strategy_id})

    async def strategy_start(self, strategy_id: str) -> Json:
        """Starts a strategy."""
        return await self._later("strategy_start", path={"id": strategy_id})

    async def strategy_stop(self, strategy_id: str) -> Json:
        """Stops a strategy."""
        return await self._later("strategy_stop", path={"id": strategy_id})

    async def strategy_logs(self, strategy_id: str, *, run_id: str | None = None) -> Json:
        """Log lines of a strategy."""
        return await self._later(
            "strategy_logs", path={"id": strategy_id}, query={"run_id": run_id}
        )

    async def backtest(self, settings: Mapping[str, Any]) -> Json:
        """Starts a backtest."""
        return await self._later("backtest", body=settings)

    async def backtest_status(self, job_id: str) -> Json:
        """How far a backtest is."""
        return await self._later("backtest_status", path={"job_id": job_id})

    async def backtest_results(self, job_id: str) -> Json:
        """What a backtest found."""
        return await self._later("backtest_results", path={"job_id": job_id})
