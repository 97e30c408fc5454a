"""Known paths that this server does not offer, with their verbs and the reason.

They answer 501 so that a client can tell "not here" from "no such path".
"""

from typing import Final, NamedTuple

_CREDENTIALS: Final = "live credentials are not part of this server"
_WALLETS: Final = "wallets are not part of this server"
_DEPLOYMENTS: Final = "deployments are not part of this server"
_ALGOS: Final = "algos are not part of this server"
_STRATEGIES: Final = "strategies are not part of this server"
_BACKTESTS: Final = "backtests are not part of this server"
_REWARDS: Final = "reward programs are not part of this server"
_MARKET_MAKING: Final = "market-making control is not part of this server"


class Missing(NamedTuple):
    """One method of one path that is not offered."""

    method: str
    path: str
    verb: str
    reason: str
    venue: str | None = None


_NEVER: Final = (
    ("GET", "/v1/polymarket/rewards", "polymarket_rewards", _REWARDS, "polymarket"),
    ("GET", "/v1/polymarket/rewards/{token_id}", "polymarket_rewards", _REWARDS, "polymarket"),
    ("GET", "/v1/credentials", "venues", _CREDENTIALS),
    ("PUT", "/v1/credentials/{venue}", "connect_venue", _CREDENTIALS),
    ("POST", "/v1/credentials/{venue}", "connect_venue", _CREDENTIALS),
    ("DELETE", "/v1/credentials/{venue}", "disconnect_venue", _CREDENTIALS),
    ("GET", "/v1/wallets", "wallets", _WALLETS),
    ("GET", "/v1/wallets/default", "default_wallet", _WALLETS),
    ("PUT", "/v1/wallets/default", "default_wallet", _WALLETS),
    ("GET", "/v1/wallets/trading", "trading_wallet", _WALLETS),
    ("POST", "/v1/wallets/trading/create-turnkey", "create_wallet", _WALLETS),
    ("POST", "/v1/wallets/withdraw", "withdraw", _WALLETS),
    ("GET", "/v1/deployments", "algo_status", _DEPLOYMENTS),
    ("POST", "/v1/deployments", "deploy_algo", _DEPLOYMENTS),
    ("GET", "/v1/deployments/{id}", "algo_status", _DEPLOYMENTS),
    ("PUT", "/v1/deployments/{id}", "algo_update", _DEPLOYMENTS),
    ("PATCH", "/v1/deployments/{id}", "algo_update", _DEPLOYMENTS),
    ("DELETE", "/v1/deployments/{id}", "algo_undeploy", _DEPLOYMENTS),
    ("POST", "/v1/deployments/{id}/start", "algo_start", _DEPLOYMENTS),
    ("POST", "/v1/deployments/{id}/stop", "algo_stop", _DEPLOYMENTS),
    ("GET", "/v1/deployments/{id}/logs", "algo_logs", _DEPLOYMENTS),
    ("GET", "/v1/deployments/{id}/mesh", "algo_mesh", _DEPLOYMENTS),
    ("GET", "/v1/algos", "algos", _ALGOS),
    ("POST", "/v1/algos/deploy", "deploy_algo", _ALGOS),
    ("GET", "/v1/algos/{symbol}", "algo", _ALGOS),
    ("POST", "/v1/algos/{symbol}/start", "algo_start", _ALGOS),
    ("POST", "/v1/algos/{symbol}/stop", "algo_stop", _ALGOS),
    ("GET", "/v1/algos/{symbol}/logs", "algo_logs", _ALGOS),
    ("GET", "/v1/algos/{symbol}/stats", "algo_stats", _ALGOS),
    ("GET", "/v1/strategies", "strategies", _STRATEGIES),
    ("POST", "/v1/strategies", "create_strategy", _STRATEGIES),
    ("GET", "/v1/strategies/{id}", "strategy", _STRATEGIES),
    ("DELETE", "/v1/strategies/{id}", "strategy_delete", _STRATEGIES),
    ("POST", "/v1/strategies/{id}/start", "strategy_start", _STRATEGIES),
    ("POST", "/v1/strategies/{id}/stop", "strategy_stop", _STRATEGIES),
    ("GET", "/v1/strategies/{id}/logs", "strategy_logs", _STRATEGIES),
    ("POST", "/v1/backtest", "backtest", _BACKTESTS),
    ("GET", "/v1/backtest/{job_id}", "backtest_status", _BACKTESTS),
    ("GET", "/v1/backtest/{job_id}/results", "backtest_results", _BACKTESTS),
    *((method, "/v1/mm/*", "mm", _MARKET_MAKING) for method in ("GET", "POST", "PUT", "DELETE")),
    *(
        (method, "/v1/agent/*", "agent", _MARKET_MAKING)
        for method in ("GET", "POST", "PUT", "DELETE")
    ),
)

MISSING: Final = tuple(Missing(*row) for row in _NEVER)
"""Every known path without a handler; ``*`` at the end stands for any rest."""
