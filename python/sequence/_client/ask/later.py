"""Verbs of the API that are not built yet, or belong to the hosted product alone.

Their requests are sent like all others: a server that has them answers, and one that has not says
so with 501, which is a `CapabilityMissingError` with verb, venue and reason.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sequence._client.ask import numbers
from sequence._operations.operation import Method, Operation

if TYPE_CHECKING:
    from sequence.types.free import FreeForm, FreeQuery, FreeRequest

Json = Any
"""Parsed JSON: shapes without a model yet."""

_ROWS: Final[tuple[tuple[str, Method, str], ...]] = (
    ("polymarket_rewards", "GET", "/v1/polymarket/rewards"),
    ("polymarket_reward", "GET", "/v1/polymarket/rewards/{token_id}"),
    ("connected_venues", "GET", "/v1/credentials"),
    ("connect_venue", "PUT", "/v1/credentials/{venue}"),
    ("disconnect_venue", "DELETE", "/v1/credentials/{venue}"),
    ("wallets", "GET", "/v1/wallets"),
    ("default_wallet", "GET", "/v1/wallets/default"),
    ("set_default_wallet", "PUT", "/v1/wallets/default"),
    ("trading_wallet", "GET", "/v1/wallets/trading"),
    ("create_wallet", "POST", "/v1/wallets/trading/create-turnkey"),
    ("withdraw", "POST", "/v1/wallets/withdraw"),
    ("deploy_algo", "POST", "/v1/deployments"),
    ("algo_status", "GET", "/v1/deployments/{id}"),
    ("algo_update", "PATCH", "/v1/deployments/{id}"),
    ("algo_undeploy", "DELETE", "/v1/deployments/{id}"),
    ("algo_start", "POST", "/v1/deployments/{id}/start"),
    ("algo_stop", "POST", "/v1/deployments/{id}/stop"),
    ("algo_logs", "GET", "/v1/deployments/{id}/logs"),
    ("algo_mesh", "GET", "/v1/deployments/{id}/mesh"),
    ("algos", "GET", "/v1/algos"),
    ("algo", "GET", "/v1/algos/{symbol}"),
    ("algo_start_by_symbol", "POST", "/v1/algos/{symbol}/start"),
    ("algo_stop_by_symbol", "POST", "/v1/algos/{symbol}/stop"),
    ("algo_logs_by_symbol", "GET", "/v1/algos/{symbol}/logs"),
    ("algo_stats", "GET", "/v1/algos/{symbol}/stats"),
    ("strategies", "GET", "/v1/strategies"),
    ("create_strategy", "POST", "/v1/strategies"),
    ("strategy", "GET", "/v1/strategies/{id}"),
    ("strategy_delete", "DELETE", "/v1/strategies/{id}"),
    ("strategy_start", "POST", "/v1/strategies/{id}/start"),
    ("strategy_stop", "POST", "/v1/strategies/{id}/stop"),
    ("strategy_logs", "GET", "/v1/strategies/{id}/logs"),
    ("backtest", "POST", "/v1/backtest"),
    ("backtest_status", "GET", "/v1/backtest/{job_id}"),
    ("backtest_results", "GET", "/v1/backtest/{job_id}/results"),
)


def _form() -> "type[FreeForm]":
    from sequence.types import free  # noqa: PLC0415 - most bots call none of these verbs

    return free.FreeForm


def _request() -> "type[FreeRequest]":
    from sequence.types import free  # noqa: PLC0415 - as above

    return free.FreeRequest


def _query() -> "type[FreeQuery]":
    from sequence.types import free  # noqa: PLC0415 - as above

    return free.FreeQuery


LATER: Final["dict[str, Operation[FreeForm]]"] = {
    name: Operation(
        name,
        method,
        path,
        _form,
        _request if method in ("POST", "PUT", "PATCH") else None,
        _query,
        writes=method != "GET",
        # Whether a second arrival has a second effect is not known: it is not tried.
        repeatable=method == "GET",
    )
    for name, method, path in _ROWS
}
"""By the name of the client's method."""


def free_query(values: Mapping[str, Any] | None) -> "FreeQuery | None":
    """Parameters without those that were not given; numbers are written exactly."""
    return None if values is None else _query()(**_given(values))


def free_request(values: Mapping[str, Any] | None) -> "FreeRequest | None":
    """A body without what was not given.

    Raises:
        ValidationError: A number or a text cannot be sent.
    """
    exact: Any = None if values is None else numbers.without_floats(_given(values), "body")
    return None if exact is None else _request()(**exact)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value, name) for name, value in values.items() if value is not None}


def _plain(value: Any, name: str) -> Any:  # noqa: ANN401 - any JSON
    if name == "qty":
        return f"{numbers.qty(value):f}"
    if isinstance(value, float | Decimal):
        return f"{numbers.to_decimal(value, name):f}"
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        found: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
        return found
    plain: Any = value  # pyright: ignore[reportUnknownVariableType]
    return plain
