"""The kill switch of an account that has no admin key: whoever has one can turn it, by name."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sequence import AsyncSequence, Sequence, errors
from sequence.sandbox import Sandbox
from sequence.server import serving

Doors = tuple[Sequence, Sequence]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="manual", preset="instant") as made:
        yield made
        assert made.check_invariants() == []


@pytest.fixture(params=["in process", "http"])
def doors(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Doors]:
    """An admin, and alice, who is none."""
    if request.param == "in process":
        yield sandbox.client(), sandbox.client(account="alice")
        return
    with ExitStack() as opened:
        url = opened.enter_context(serving(sandbox))
        admin = opened.enter_context(Sequence(sandbox.test_key, base_url=url))
        key = admin.sandbox.add_client("alice").api_key
        yield admin, opened.enter_context(Sequence(key, base_url=url))


def is_halted(client: Sequence) -> bool:
    try:
        client.buy("BTC-USD", "0.01")
    except errors.ConflictError as refused:
        return refused.is_kill_switch
    return False


def test_an_admin_clears_what_an_account_engaged_itself(doors: Doors):
    admin, alice = doors
    alice.kill_switch_engage("mine")
    assert is_halted(alice)
    assert not is_halted(admin)
    with pytest.raises(errors.ForbiddenError, match=r"admin key.*account="):
        alice.kill_switch_clear()
    seen = admin.kill_switch(account="alice")
    assert (seen.engaged, seen.reason, admin.kill_switch().engaged) == (True, "mine", False)
    cleared = admin.kill_switch_clear(account="alice")
    assert not cleared.engaged
    assert cleared.cleared_at_ns is not None
    assert admin.kill_switch_clear(account="alice") == cleared
    assert not is_halted(alice)


def test_an_admin_engages_it_for_one_account_alone(doors: Doors):
    admin, alice = doors
    key_id = admin.account().key_id
    engaged = admin.kill_switch_engage("enough", account="alice")
    assert (engaged.engaged, engaged.reason, engaged.engaged_by) == (True, "enough", key_id)
    assert is_halted(alice)
    assert not is_halted(admin)
    assert alice.kill_switch() == engaged
    alice.sandbox.reset()
    assert is_halted(alice), "a reset keeps it"


def test_nobody_else_turns_the_switch_of_another(doors: Doors):
    admin, alice = doors
    calls: list[Callable[[], object]] = [
        lambda: alice.kill_switch(account="local"),
        lambda: alice.kill_switch_engage("x", account="local"),
        lambda: alice.kill_switch_clear(account="local"),
        lambda: alice.kill_switch_clear(account="alice"),
    ]
    for call in calls:
        with pytest.raises(errors.ForbiddenError, match="admin key"):
            call()
    assert not admin.kill_switch().engaged
    assert alice.kill_switch_engage(account="alice").engaged, "the own name is the own account"
    for call in (
        lambda: admin.kill_switch(account="bob"),
        lambda: admin.kill_switch_engage(account="bob"),
        lambda: admin.kill_switch_clear(account="bob"),
    ):
        with pytest.raises(errors.NotFoundError, match='no account "bob"; there are: local, alice'):
            call()


def test_a_live_key_of_an_admin_means_the_switch_of_the_test_keys(sandbox: Sandbox):
    alice = sandbox.client(account="alice")
    alice.kill_switch_engage()
    live = sandbox.client(sandbox.live_key)
    assert live.kill_switch_clear(account="alice").mode == "sandbox"
    assert not is_halted(alice)
    assert live.kill_switch_engage("mine").mode == "live"


def test_clients_of_asyncio_do_the_same(sandbox: Sandbox):
    alice = sandbox.client(account="alice")

    async def turned() -> None:
        admin: AsyncSequence = sandbox.async_client()
        assert (await admin.kill_switch_engage(account="alice")).engaged
        assert (await admin.kill_switch(account="alice")).engaged
        assert is_halted(alice)
        assert not (await admin.kill_switch_clear(account="alice")).engaged

    asyncio.run(turned())
    assert not is_halted(alice)


def test_the_account_is_told_in_its_own_stream(sandbox: Sandbox):
    sandbox.client(account="alice").positions()
    with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as admin:
        key = sandbox.runtime.named_key("alice")
        with Sequence(key, base_url=url) as alice, alice.stream(["alerts"]) as stream:
            admin.kill_switch_engage("stop", account="alice")
            admin.kill_switch_clear(account="alice")
            kinds: list[str] = []
            while len(kinds) < 2:
                event = stream.next(timeout=60)
                kinds += [] if event is None or not hasattr(event, "data") else [event.data.kind]
    assert kinds == ["kill_switch_engaged", "kill_switch_cleared"]


def test_both_are_there_after_a_restart_and_in_the_log(tmp_path: Path):
    path = tmp_path / "a.db"

    def opened() -> Sandbox:
        return Sandbox(clock="manual", preset="instant", store=path)

    with opened() as sandbox:
        sandbox.client(account="alice").kill_switch_engage("mine")
        sandbox.client(account="bob").kill_switch_engage("mine")
        cleared = sandbox.client().kill_switch_clear(account="alice")
    with opened() as sandbox:
        admin = sandbox.client()
        assert admin.kill_switch(account="alice") == cleared
        assert admin.kill_switch(account="bob").engaged
        assert not admin.kill_switch_clear(account="bob").engaged
        assert not is_halted(sandbox.client(account="bob"))
    with sqlite3.connect(path) as stored:
        kinds = stored.execute("select kind, count(*) from events group by kind").fetchall()
    assert dict(kinds)["kill_switch_set"] == 4
