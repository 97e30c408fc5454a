"""Several accounts in one sandbox: a wallet each, and nothing of another is seen."""

from pathlib import Path

import pytest

from sequence.errors import NotFoundError, ValidationError
from sequence.sandbox import Sandbox


def test_each_account_has_a_wallet_of_its_own():
    with Sandbox(clock="manual", preset="instant") as sandbox:
        alice, bob = sandbox.client(account="alice"), sandbox.client(account="bob")
        alice.buy("BTC-USD", "0.5", graph_id="mine")
        assert alice.orders().total == 1
        for other in (bob, sandbox.client()):
            assert other.orders().total == 0
            assert other.fills().total == 0
            with pytest.raises(NotFoundError):
                other.order("graph:mine:order:1")
            with pytest.raises(NotFoundError):
                other.cancel("graph:mine:order:1")
        bob.buy("BTC-USD", "0.1", graph_id="mine")
        assert str(bob.order("graph:mine:order:1").qty) != str(
            alice.order("graph:mine:order:1").qty
        )
        alice.kill_switch_engage("stop")
        bob.buy("BTC-USD", "0.1", graph_id="still")
        bob.sandbox.reset()
        assert alice.orders().total == 1


def test_one_name_is_one_account():
    with Sandbox(clock="manual", preset="instant") as sandbox:
        sandbox.client(account="alice").buy("BTC-USD", "0.5")
        assert sandbox.client(account="alice").orders().total == 1
        assert sandbox.client(account="Alice").orders().total == 0


def test_an_account_is_there_again_after_a_restart(tmp_path: Path):
    def opened() -> Sandbox:
        return Sandbox(store=tmp_path / "a.db", clock="manual", preset="instant")

    with opened() as sandbox:
        alice = sandbox.client(account="alice")
        alice.buy("BTC-USD", "0.5", graph_id="kept")
        alice.sandbox.settings("5000")
        key = sandbox.runtime.named_key("alice")
    with opened() as sandbox:
        alice = sandbox.client(account="alice")
        assert sandbox.runtime.named_key("alice") == key
        assert alice.order("graph:kept:order:1").status == "FILLED"
        assert sandbox.client().orders().total == 0
        assert float(alice.sandbox.settings().initial_balance_usd) == 5_000
        alice.sandbox.settings("6000")
    with opened() as sandbox:
        shown = sandbox.client(account="alice").sandbox.settings().initial_balance_usd
        assert float(shown) == 6_000


@pytest.mark.parametrize("name", ["", "a b", "a" * 129, "ä", "a\n", "../a"])
def test_a_name_is_plain(name: str):
    with Sandbox(market="none") as sandbox, pytest.raises(ValidationError, match="account"):
        sandbox.client(account=name)


def test_a_key_or_an_account():
    with Sandbox(market="none") as sandbox, pytest.raises(ValidationError, match="leave one"):
        sandbox.client(sandbox.test_key, account="alice")
