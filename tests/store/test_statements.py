"""A group costs few statements and few wake-ups, however many callers share it."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sequence.sandbox import Sandbox, keeping
from sequence.sandbox.keys import Client
from sequence.server import serving
from sequence.store.base import Batch, Query, Row
from sequence.store.sqlite import SqliteStore
from sequence.store.tables import NEVER_CHANGE
from sequence.store.writer import Writer


def _store(sandbox: Sandbox) -> SqliteStore:
    keeper = sandbox.runtime.keeper
    assert keeper is not None
    assert isinstance(keeper.store, SqliteStore)
    return keeper.store


def test_a_group_is_written_in_a_handful_of_statements(reopen: Callable[..., Sandbox]):
    with reopen() as sandbox:
        store = _store(sandbox)
        written: list[str] = []
        store._driver.set_trace_callback(written.append)
        with sandbox.group():
            for _ in range(64):
                sandbox.client().buy("BTC-USD", "0.001")
        store._driver.set_trace_callback(None)
        inserts = [text for text in written if text.startswith("INSERT")]
        rows = {
            table: store._driver.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("orders", "events")
        }
        assert rows["orders"] == 64
        assert rows["events"] > 128
        assert len(inserts) < 40


@pytest.mark.parametrize("count", [1, 2, 3, 63, 64, 127, 128, 129, 1_000])
def test_every_row_is_in_one_statement_in_its_order(reopen: Callable[..., Sandbox], count: int):
    with reopen() as sandbox:
        write = _store(sandbox)._writes["meta"]
        rows = [(f"name {number}", str(number), number) for number in range(count)]
        statements = list(write.statements(rows))
        assert [value for _, values in statements for value in values] == [
            value for row in rows for value in row
        ]
        for text, values in statements:
            assert text.count("?") == len(values) <= 384
        assert len(statements) <= count // 128 + 7


def test_the_widest_statement_of_every_table_is_within_the_limit_of_values(
    reopen: Callable[..., Sandbox],
):
    with reopen() as sandbox:
        store = _store(sandbox)
        for table, write in store._writes.items():
            columns = store._driver.execute(f"SELECT * FROM {table}").description  # noqa: S608
            ((text, values),) = write.statements([(None,) * len(columns)] * 128)
            assert len(values) <= 32_766
            # Compiled by SQLite, not run.
            store._driver.execute(f"EXPLAIN {text}", values).close()


def test_a_commit_of_one_order_takes_one_statement_a_table(reopen: Callable[..., Sandbox]):
    with reopen() as sandbox:
        client, store = sandbox.client(), _store(sandbox)
        client.buy("BTC-USD", "0.001")
        written: list[str] = []
        store._driver.set_trace_callback(written.append)
        client.buy("BTC-USD", "0.001")
        store._driver.set_trace_callback(None)
        tables = [text.split()[2] for text in written if text.startswith("INSERT")]
        assert {"orders", "fills", "events", "seals"} <= set(tables)
        assert len(tables) == len(set(tables))


def test_a_commit_looks_at_no_account_that_it_is_not_about(
    reopen: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch
):
    looked: list[str] = []
    row_of = keeping.client_row

    def seen(client: Client) -> Row:
        looked.append(client.label)
        return row_of(client)

    with reopen() as sandbox:
        for name in ("alice", "bob", "carol"):
            sandbox.client(account=name).buy("BTC-USD", "0.001")
        monkeypatch.setattr(keeping, "client_row", seen)
        sandbox.client().buy("BTC-USD", "0.001")
        sandbox.client().orders()
        assert looked == []
        sandbox.client(account="bob").sandbox.settings("5000")
        assert looked == ["bob"]


def test_a_row_that_is_written_again_is_of_what_it_was_of(reopen: Callable[..., Sandbox]):
    """What an upsert leaves as it is may not differ, or the row would not be what was sealed."""
    known: dict[tuple[str, object], tuple[object, ...]] = {}
    again: set[str] = set()
    with reopen("realistic") as sandbox:
        store = _store(sandbox)
        commit = store.commit

        def check(batch: Batch) -> None:
            for table, columns in NEVER_CHANGE.items():
                names = [column.name for column in table.columns]
                for row in batch.rows.get(table.name, ()):
                    of = tuple(row[names.index(name)] for name in columns)
                    key = table.name, row[0]
                    if key in known:
                        again.add(table.name)
                    assert known.setdefault(key, of) == of
            commit(batch)

        store.commit = check  # type: ignore[method-assign]
        client = sandbox.client()
        for _ in range(2):
            client.buy("BTC-USD", "0.001")
            order = client.buy("BTC-USD", "0.01", limit_price="1000")
            sandbox.clock.advance(seconds=2)
            client.cancel(order.id)
            client.buy("BTC-USD-PERP", "0.01", venue="hyperliquid")
            sandbox.clock.advance(seconds=2)
            client.sell("BTC-USD-PERP", "0.01", venue="hyperliquid")
            sandbox.clock.advance(seconds=2)
            client.sandbox.reset()
        assert again == {table.name for table in NEVER_CHANGE}
    with reopen("realistic") as sandbox:
        assert _store(sandbox).verify() == []


def test_any_number_of_rows_can_be_left_out_or_looked_for(reopen: Callable[..., Sandbox]):
    """As many as rest beyond the edge, although SQLite limits the values of a statement."""
    with reopen() as sandbox:
        client = sandbox.client()
        for _ in range(3):
            client.buy("BTC-USD", "0.001")
        store = _store(sandbox)
        every, first, others = Query(), Query(limit=1), range(10**6, 13 * 10**5)
        numbers = store.numbers("orders", every)
        newest = store.numbers("orders", first)
        without = Query(without={"order_no": [*others, *newest]})
        assert store.numbers("orders", without) == numbers[1:]
        assert store.count("orders", without) == len(numbers) - 1
        among = Query(among={"order_no": [*others, *newest]})
        assert store.numbers("orders", among) == newest
        assert store.count("orders", among) == 1


def test_an_event_loop_is_woken_once_for_everybody_of_a_group():
    class Loop(asyncio.SelectorEventLoop):
        woken = 0

        def call_soon_threadsafe(self, *args: Any, **options: Any) -> asyncio.Handle:
            self.woken += 1
            return super().call_soon_threadsafe(*args, **options)

    class Nothing:
        backend = "none"

        def commit(self, batch: object) -> None: ...

        def changed(self) -> bool:
            return True

        def take(self) -> None: ...

        def committed(self) -> None: ...

    nothing: Any = Nothing()
    writer = Writer(nothing, nothing, lambda _: None)
    loop = Loop()

    async def wait() -> None:
        waits = [asyncio.ensure_future(writer.settled()) for _ in range(50)]
        await asyncio.sleep(0)
        assert len(writer._waiting) == 50
        writer.start()
        await asyncio.gather(*waits)

    loop.run_until_complete(wait())
    writer.stop()
    loop.close()
    assert loop.woken == 1


def test_threads_let_each_other_run_more_often_only_while_a_store_is_served(
    reopen: Callable[..., Sandbox],
):

    before = sys.getswitchinterval()
    with reopen() as sandbox, serving(sandbox):
        assert sys.getswitchinterval() < before
    assert sys.getswitchinterval() == before


def test_turns_stay_short_until_the_last_server_has_ended(tmp_path: Path):
    before = sys.getswitchinterval()
    with ExitStack() as first, ExitStack() as second:
        for name, stack in (("a.db", first), ("b.db", second)):
            stack.enter_context(serving(stack.enter_context(Sandbox(store=tmp_path / name))))
        first.close()
        assert sys.getswitchinterval() < before
        second.close()
        assert sys.getswitchinterval() == before
