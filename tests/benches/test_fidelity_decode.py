"""Order-by-order files become tapes in which every event names a known order."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SEQUENCE_TEST_DATA", ROOT.parent / "shared" / "data")) / "l3"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.syspath_prepend(str(ROOT / "benches" / "fidelity"))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield load
    for name in ("events", "lobster", "bitstamp", "databento", "decode"):
        sys.modules.pop(name, None)


def packed(path: Path, text: str) -> Path:
    path.write_bytes(zstandard.ZstdCompressor().compress(text.encode()))
    return path


def shape(events: list) -> list[tuple[int, int, int]]:
    return [(event.kind, event.qty // 10**8, event.order) for event in events]


def test_an_order_from_before_the_file_is_added_where_its_id_says(module, tmp_path) -> None:
    lines = ["34200.1,1,10,5,1000000,1", "34200.2,1,20,6,1000000,1", "34200.3,4,15,7,1000000,1"]
    events = module("lobster").lobster(packed(tmp_path / "m.zst", "\n".join(lines)))
    assert shape(events) == [(1, 5, 10), (1, 7, 15), (1, 6, 20), (4, 7, 15)]
    assert [event.t for event in events] == sorted(event.t for event in events)


def test_the_touch_file_removes_what_left_unseen(module, tmp_path) -> None:
    messages = ["1.0,1,1,5,1000000,1", "2.0,1,2,6,990000,1"]
    touch = ["1010000,9,1000000,5", "1010000,9,990000,6"]
    path = packed(tmp_path / "x_message_1.zst", "\n".join(messages))
    packed(tmp_path / "x_orderbook_1.zst", "\n".join(touch))
    bids = [event for event in module("lobster").lobster_touch(path) if event.side == 1]
    assert shape(bids) == [(1, 5, 1), (1, 6, 2), (3, 5, 1)]


def test_a_bitstamp_aggressor_hits_and_rests_with_what_is_left(module) -> None:
    book = module("bitstamp").Bitstamp()

    def order(name: str, number: int, side: int, price: str, amount: str) -> None:
        row = {"id": number, "order_type": side, "price": price, "amount": amount}
        book.message(0, name, row)

    order("order_created", 1, 1, "100.0", "3")
    order("order_created", 2, 0, "100.0", "5")
    order("order_changed", 2, 0, "100.0", "2")
    order("order_deleted", 1, 1, "100.0", "0")
    assert shape(book.events) == [(1, 3, 1), (4, 3, 1), (1, 2, 2)]


def test_fills_of_one_instant_follow_the_queue(module) -> None:
    book = module("databento").Dbn()

    def row(order: int, size: int, action: bytes, side: bytes = b"A") -> tuple:
        return (14, 160, 1, 1, 0, order, 100, size, 0, 0, action, side, 0, 0, 0)

    book.group(1, [row(1, 2, b"A"), row(2, 3, b"A"), row(3, 1, b"A")])
    prevented = row(3, 1, b"C")
    fills = [row(9, 5, b"T", b"B"), row(2, 3, b"F"), row(1, 2, b"F")]
    book.group(2, [*fills, row(2, 3, b"C"), row(1, 2, b"C"), prevented])
    assert shape(book.events)[3:] == [(3, 1, 3), (4, 2, 1), (4, 3, 2)]


@pytest.mark.full
@pytest.mark.skipif(not DATA.exists(), reason="the order-by-order files are not here")
def test_executions_hit_the_front_of_the_rebuilt_queue(module) -> None:
    decode = module("decode")
    source = next(source for source in decode.SOURCES if source.name == "aapl")
    levels: dict[tuple[int, int], dict[int, int]] = {}
    hits = total = 0
    for event in source.decode(DATA / source.path)[:30_000]:
        if event.kind == 5:
            continue
        level = levels.setdefault((event.side, event.px), {})
        if event.kind == 1:
            level[event.order] = event.qty
            continue
        if event.kind == 4:
            total += 1
            hits += next(iter(level)) == event.order
        level[event.order] -= event.qty
        if level[event.order] == 0:
            del level[event.order]
    assert total > 500
    assert hits / total >= 0.95
