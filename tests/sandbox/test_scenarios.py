"""The scenario tables through the client: in process, and some of them over HTTP."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from sequence import Sequence
from sequence.errors import SequenceError
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests import scenario_table as table

CORPUS = table.corpus()
OVER_HTTP = CORPUS[::4]


class ClientWorld:
    """A sandbox seen by its clients; `url` makes them speak HTTP."""

    def __init__(self, sandbox: Sandbox, url: str | None = None) -> None:
        self.sandbox = sandbox
        self.url = url
        self.clients: dict[str, Sequence] = {}
        self.client_keys: dict[Sequence, str] = {}
        self.client = self._client("alice", sandbox.test_key)

    def enter(self, client: str) -> None:
        if client not in self.clients:
            self._client(client, self._new_key(client))
        self.client = self.clients[client]

    def advance(self, ns: int) -> None:
        self.sandbox.clock.advance(ns=ns)

    def book(
        self, venue: str, symbol: str, bids: table.Levels, asks: table.Levels, *, whole: bool
    ) -> None:
        market = self.sandbox.market
        (market.snapshot if whole else market.delta)(venue, symbol, bids, asks)

    def grid(self, venue: str, symbol: str, said: dict[str, str]) -> None:
        self.sandbox.market.list(venue, symbol, **said)

    def trade(self, venue: str, symbol: str, side: str | None, qty: str, price: str) -> None:
        self.sandbox.market.trade(venue, symbol, price, qty, side)

    def status(self, venue: str, symbol: str, status: str) -> None:
        self.sandbox.market.status(venue, symbol, status)

    def seed(self, row: dict[str, str], *, replace: bool) -> int:
        with refusals():
            return self.client.sandbox.set_positions([row], replace=replace).written

    def reset(self, initial: str) -> int:
        self.client.sandbox.settings(initial)
        return self.client.sandbox.reset().venues_seeded

    def settle(self, venue: str, slug: str, value: str | None) -> tuple[int, int]:
        with refusals():
            return self.sandbox.market.settle(venue, slug, value, void=value is None)

    def redeem(self, venue: str, slug: str) -> tuple[int, int]:
        runtime = self.sandbox.runtime
        principal = runtime.keys.find(self.client_keys[self.client].encode())
        assert principal is not None
        with runtime.turn() as now_ns, refusals():
            return runtime.engine.redeem(runtime.account(principal), venue, slug, now_ns)

    def funding(self, venue: str, symbol: str, rate: str) -> None:
        with refusals():
            self.sandbox.market.funding_rate(venue, symbol, rate)

    def submit(self, order: table.Order) -> table.Row:
        place = self.client.buy if order.side == "buy" else self.client.sell
        options: dict[str, Any] = {"limit_price": order.limit, "notional": order.notional}
        with refusals():
            return rows(place(order.symbol, order.qty, **options, **order.options).submitted)

    def preview(self, order: table.Order) -> table.Row:
        with refusals():
            return rows(
                self.client.preview(
                    order.symbol,
                    order.side,
                    order.qty,
                    limit_price=order.limit,
                    notional=order.notional,
                    **order.options,
                )
            )

    def cancel(self, order_id: str) -> table.Row:
        with refusals():
            return rows(self.client.cancel(order_id))

    def amend(self, order_id: str, changes: dict[str, str]) -> table.Row:
        version = int(changes["version"]) if "version" in changes else None
        with refusals():
            if "less" in changes:
                return rows(
                    self.client.decrease(order_id, changes["less"], expected_version=version)
                )
            return rows(
                self.client.amend(
                    order_id,
                    new_qty=changes.get("qty"),
                    new_price=changes.get("price"),
                    expected_version=version,
                )
            )

    def cancel_venue(self, venue: str) -> table.Row:
        return rows(self.client.cancel_all_on_venue(venue))

    def switch(self, *, engage: bool) -> None:
        if engage:
            self.client.kill_switch_engage()
        else:
            self.client.kill_switch_clear()

    def order(self, order_id: str) -> table.Row:
        with refusals():
            return rows(self.client.order(order_id))

    def positions(self) -> table.Row:
        return rows(self.client.positions(include_closed=True))

    def fills(self, order_id: str) -> table.Row:
        return rows(self.client.fills(node_order_id=order_id))

    def quote(self, symbol: str) -> table.Row:
        with refusals():
            return rows(self.client.quote(symbol))

    def violations(self) -> list[Any]:
        return self.sandbox.check_invariants()

    def _client(self, name: str, key: str) -> Sequence:
        made = self.sandbox.client(key) if self.url is None else Sequence(key, base_url=self.url)
        made.sandbox.set_positions([], replace=True)
        self.clients[name] = made
        self.client_keys[made] = key
        return made

    def _new_key(self, name: str) -> str:
        """A key of another client, which no endpoint makes."""
        runtime = self.sandbox.runtime
        client = runtime._new_client(name, tier="local", rate_limit_qps=None)
        return runtime.keys.create(client, "sandbox", f"key_{name}", is_admin=True)


@contextlib.contextmanager
def refusals() -> Generator[None]:
    """Errors of the client as the tables know them."""
    try:
        yield
    except SequenceError as error:
        raise table.RefusedError(error.code or "", error.message) from None


def rows(answer: Any) -> table.Row:
    """An answer as plain values."""
    return answer.model_dump(warnings=False)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_every_scenario_happens_as_written(path: Path):
    with Sandbox(clock="manual", preset="instant", market="manual") as sandbox:
        table.run(path.read_text(), ClientWorld(sandbox))


@pytest.mark.parametrize("path", OVER_HTTP, ids=lambda path: path.stem)
def test_http_makes_no_difference(path: Path):
    with (
        Sandbox(clock="manual", preset="instant", market="manual") as sandbox,
        serving(sandbox) as url,
    ):
        world = ClientWorld(sandbox, url)
        try:
            table.run(path.read_text(), world)
        finally:
            for client in world.clients.values():
                client.close()
