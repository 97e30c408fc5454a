"""Several clients of one server: a wallet, keys, limits and streams of their own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequence import Sequence, errors
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.test_cli import run


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="manual", preset="instant") as made:
        yield made
        assert made.check_invariants() == []


@pytest.fixture
def url(sandbox: Sandbox) -> Iterator[str]:
    with serving(sandbox) as found:
        yield found


@pytest.fixture
def admin(sandbox: Sandbox, url: str) -> Iterator[Sequence]:
    with Sequence(sandbox.test_key, base_url=url) as client:
        yield client


def joined(admin: Sequence, url: str, name: str) -> Sequence:
    return Sequence(admin.sandbox.add_client(name).api_key, base_url=url)


def test_a_new_client_has_money_keys_and_ids_of_its_own(admin: Sequence, url: str):
    with joined(admin, url, "alice") as alice, joined(admin, url, "bob") as bob:
        assert alice.account().client_id != bob.account().client_id
        cash = bob.positions().totals.cash_usd_1e9
        alice.buy("BTC-USD", "0.5", graph_id="mine")
        assert bob.positions().totals.cash_usd_1e9 == cash
        # The same graph id is another graph, not the same one again.
        assert bob.buy("BTC-USD", "0.1", graph_id="mine").qty == bob.order("graph:mine:order:1").qty
        assert str(alice.order("graph:mine:order:1").qty) == "0.50000000"
        assert len(alice.api_keys().keys) == 1
        assert admin.orders().total == 0


def test_nothing_of_others_is_seen_or_touched(admin: Sequence, url: str):
    with joined(admin, url, "alice") as alice, joined(admin, url, "bob") as bob:
        order = alice.buy("BTC-USD", "0.1", limit_price=60_000, venue="kraken")
        for client in (bob, admin):
            assert client.orders().total == client.fills().total == 0
            for call in (
                lambda c: c.order(order.id),
                lambda c: c.cancel(order.id),
                lambda c: c.amend(order.id, new_price=61_000),
                lambda c: c.graph_status(order.graph_id),
                lambda c: c.graph_cancel(order.graph_id),
                lambda c: c.execution_review(order.id),
                lambda c: c.trace(order.id),
            ):
                with pytest.raises(errors.NotFoundError) as theirs:
                    call(client)
                with pytest.raises(errors.NotFoundError) as nobodys:
                    client.order("graph:nothing:order:1")
                assert theirs.value.status == nobodys.value.status
            assert client.tca().count == 0
            assert client.execution_summary().orders == 0
        bob.kill_switch_engage("stop")
        bob.sandbox.reset()
        assert order.refresh().status == "ACCEPTED"
        alice.buy("BTC-USD", "0.01")


def test_a_stream_tells_the_own_orders_alone(admin: Sequence, url: str):
    with joined(admin, url, "alice") as alice, joined(admin, url, "bob") as bob:
        with alice.stream(["orders"]) as stream:
            bob.buy("BTC-USD", "0.2", graph_id="of-bob")
            alice.buy("BTC-USD", "0.1", graph_id="of-alice")
            event = stream.next(timeout=20)
            while event is not None and not hasattr(event, "data"):
                event = stream.next(timeout=20)
        assert event is not None
        assert event.data.graph_id == "of-alice"


def test_a_name_is_taken_once(admin: Sequence):
    admin.sandbox.add_client("alice")
    for name in ("alice", "local"):
        with pytest.raises(errors.ConflictError, match="already"):
            admin.sandbox.add_client(name)
    for name in ("", "a b", "-x", "x" * 65, "é"):
        with pytest.raises(errors.ValidationError, match="name"):
            admin.sandbox.add_client(name)
    assert [row.name for row in admin.sandbox.clients().clients] == ["local", "alice"]


def test_only_an_admin_makes_and_lists_clients(admin: Sequence, url: str):
    with joined(admin, url, "alice") as alice:
        for call in (alice.sandbox.clients, lambda: alice.sandbox.add_client("mallory")):
            with pytest.raises(errors.ForbiddenError, match="admin"):
                call()
        with pytest.raises(errors.ForbiddenError, match="admin"):
            alice.kill_switch_clear()


def test_an_account_of_this_process_and_a_client_of_a_name_are_one(
    sandbox: Sandbox, admin: Sequence, url: str
):
    with joined(admin, url, "alice") as alice:
        alice.buy("BTC-USD", "0.1")
        assert sandbox.client(account="alice").orders().total == 1
    sandbox.client(account="carol")
    with pytest.raises(errors.ConflictError):
        admin.sandbox.add_client("carol")


def test_a_client_is_there_again_after_a_restart(tmp_path: Path):
    path = str(tmp_path / "s.db")
    with Sandbox(clock="manual", preset="instant", store=path) as sandbox:
        key = sandbox.client().sandbox.add_client("alice").api_key
        with serving(sandbox) as url, Sequence(key, base_url=url) as alice:
            alice.buy("BTC-USD", "0.1")
    with Sandbox(clock="manual", store=path) as sandbox, serving(sandbox) as url:
        with Sequence(key, base_url=url) as alice:
            assert alice.orders().total == 1
        with pytest.raises(errors.ConflictError):
            sandbox.client().sandbox.add_client("alice")


def test_the_command_line_makes_and_lists_clients(sandbox: Sandbox, url: str, tmp_path: Path):
    environment = {"SEQUENCE_BASE_URL": url, "SEQUENCE_API_KEY": sandbox.test_key}
    done = run("clients", "add", "alice", "--json", home=tmp_path, environment=environment)
    key = json.loads(done.out)["api_key"]
    with Sequence(key, base_url=url) as alice:
        assert alice.account().label == "alice"
    again = run("clients", "add", "alice", home=tmp_path, environment=environment)
    assert (again.code, "already" in again.err) == (1, True)
    listed = run("clients", "list", home=tmp_path, environment=environment)
    assert [line.split()[0] for line in listed.out.splitlines()] == ["NAME", "local", "alice"]
