"""A snapshot in a file: the same state in another process, or a refusal with the reason."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequence import AsyncSequence, Sequence
from sequence.errors import ForbiddenError
from sequence.sandbox import Sandbox
from sequence.server import serving
from sequence.store.snapshot import SnapshotError
from sequence.types import Order


def busy(sandbox: Sandbox) -> Sandbox:
    """Something ended, something open, in two accounts."""
    for client in (sandbox.client(), sandbox.client(account="alice")):
        client.buy("BTC-USD", "0.1", graph_id="early")
        client.sell("BTC-USD", "0.05")
        client.buy("BTC-USD", "0.4", venue="kraken", limit_price=1000, graph_id="waits")
    sandbox.clock.advance(seconds=2)
    return sandbox


def made(**options: object) -> Sandbox:
    return Sandbox(clock="manual", preset="instant", seed=9, **options)  # type: ignore[arg-type]


def orders(client: Sequence) -> list[Order]:
    return client.orders().orders


def seen(sandbox: Sandbox) -> list[object]:
    found: list[object] = [sandbox.runtime.seed, sandbox.runtime.preset]
    for client in (sandbox.client(), sandbox.client(account="alice")):
        fills = client.fills().fills
        found += [
            [
                (row.node_order_id, row.status, row.filled_qty_1e8, row.version)
                for row in orders(client)
            ]
        ]
        found += [[(row.fill_id, row.price_1e9, row.fee_usd_1e9) for row in fills]]
        # What a unit is worth now is for the market that is met.
        held = client.positions().positions
        found += [[(row.id, row.venue, row.qty_1e8, row.entry_price_usd_1e9) for row in held]]
        found += [client.account().client_id]
        found += [client.account().sandbox_epoch]
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.seq"


@pytest.fixture(params=["memory", "stored", "stored and started again"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    if request.param == "memory":
        with busy(made()) as sandbox:
            yield sandbox
        return
    store = tmp_path / "sandbox.db"
    if request.param != "stored":
        busy(made(store=store)).close()
        with made(store=store) as sandbox:
            sandbox.client().buy("BTC-USD", "0.3")
            yield sandbox
        return
    with busy(made(store=store)) as sandbox:
        yield sandbox


def test_a_sandbox_begins_with_the_state_of_a_file(sandbox: Sandbox, file: Path) -> None:
    sandbox.save_snapshot(file)
    with Sandbox.from_snapshot(file) as loaded:
        assert seen(loaded) == seen(sandbox)
        assert loaded.clock.now_ns >= sandbox.clock.now_ns
        assert loaded.check_invariants() == []
        if sandbox.runtime.keeper is not None:
            # Without a store nobody sums up the orders that ended.
            assert loaded.state_hash() == sandbox.state_hash()
        client = loaded.client()
        assert client.buy("BTC-USD", "0.1", graph_id="early").status == "FILLED", "told again"
        ids = {row.graph_id for row in client.orders().orders}
        assert client.buy("BTC-USD", "0.1").graph_id not in ids
        client.cancel_all()
        assert client.orders(open=True).total == 0
        # What was loaded can be saved again, with what happened since.
        loaded.save_snapshot(file)
        with Sandbox.from_snapshot(file) as again:
            assert seen(again) == seen(loaded)
    assert sandbox.client().orders(open=True).total == 1, "the one that was saved goes on by itself"


def test_both_clients_save_over_http(file: Path) -> None:
    with busy(made()) as sandbox, serving(sandbox) as url:
        with Sequence(sandbox.test_key, base_url=url) as client:
            client.sandbox.save_snapshot(file)
        first = file.read_bytes()

        async def save() -> None:
            async with AsyncSequence(sandbox.test_key, base_url=url) as client:
                await client.sandbox.save_snapshot(file)

        asyncio.run(save())
        assert file.read_bytes() == first
        with (
            Sequence(sandbox.runtime.named_key("alice"), base_url=url) as other,
            pytest.raises(ForbiddenError, match="admin"),
        ):
            other.sandbox.save_snapshot(file)
        with Sandbox.from_snapshot(file, clock="manual") as loaded:
            assert seen(loaded) == seen(sandbox)


def test_no_key_is_in_a_file(file: Path) -> None:
    import zlib

    with busy(made()) as sandbox:
        sandbox.save_snapshot(file)
        body = zlib.decompress(file.read_bytes().split(b"\n", 2)[2]).decode()
        for key in (sandbox.test_key, sandbox.live_key):
            assert key[9:20] not in body
        assert "api_keys" not in body


def test_files_that_cannot_be_loaded_say_why(file: Path, tmp_path: Path) -> None:
    with busy(made()) as sandbox:
        sandbox.save_snapshot(file)
    whole = file.read_bytes()
    head, line, body = whole.split(b"\n", 2)
    older = line.replace(b'"schema": "0', b'"schema": "0001", "x": "0')
    other_sum = line.replace(b'"sha256": "', b'"sha256": "0')
    bad = {
        "no snapshot": b"PK\x03\x04 something else",
        "no snapshot.*": b"",
        "of form 2, this version reads form 1": b"sequence snapshot 2\n{}\n",
        "with schema 0001": b"\n".join((head, older, body)),
        "is damaged": whole[:-3],
        "damaged or cut off": b"\n".join((head, other_sum, body)),
        "its head cannot be read": b"\n".join((head, b"[]", body)),
    }
    other = tmp_path / "other.seq"
    for reason, packed in bad.items():
        other.write_bytes(packed)
        with pytest.raises(SnapshotError, match=reason) as error:
            Sandbox.from_snapshot(other)
        assert str(other) in str(error.value)
    for place in range(len(head) + len(line) + 2, len(whole), max(1, len(body) // 7)):
        changed = bytearray(whole)
        changed[place] ^= 1
        other.write_bytes(bytes(changed))
        with pytest.raises(SnapshotError, match="damaged"):
            Sandbox.from_snapshot(other)
    with pytest.raises(SnapshotError, match="No such file"):
        Sandbox.from_snapshot(tmp_path / "missing.seq")
