"""Three encodings of one schema: what is written in one reads back from every other."""

import json
from decimal import Decimal

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from sequence import feeds
from sequence.feeds import Instrument, Recording, RecordingError, arrow, jsonl, tape, unpack
from sequence.feeds.recording import AGGRESSOR_KNOWN, INSTRUMENT_SHIFT, LAST, RECORD

U64 = st.integers(0, 2**64 - 1)
TIME = st.integers(0, 2**63 - 1)
AMOUNT = st.one_of(st.just(0), st.integers(1, 10**15), st.integers(-(2**63), 2**63 - 1))
TWO = (Instrument("kraken", "BTC-USD", 10**7, 1), Instrument("kalshi", "KX-1"))


def record(kind, side=0, *, flags=0, count=0, price=0, qty=0, at=(0, 5), seq=0, ids=(0, 0)):
    return RECORD.pack(at[0], at[1], seq, kind, side, flags, count, price, qty, *ids)


@st.composite
def any_record(draw):
    """Any record that can be read, however little sense it makes."""
    count = draw(st.sampled_from([0, 1])) << INSTRUMENT_SHIFT | draw(
        st.sampled_from([0, 0, 0, 1, 6, 9, 65_535])
    )
    return record(
        draw(st.integers(1, 11)),
        draw(st.integers(0, 2)),
        flags=draw(st.sampled_from([0, LAST, AGGRESSOR_KNOWN, LAST | AGGRESSOR_KNOWN, 8, 65_535])),
        count=count,
        price=draw(AMOUNT),
        qty=draw(AMOUNT),
        at=(draw(TIME), draw(TIME)),
        seq=draw(U64),
        ids=draw(st.one_of(st.just((0, 0)), st.tuples(U64, U64))),
    )


@st.composite
def snapshot(draw):
    """A snapshot as venues send it, perhaps torn."""
    level = st.builds(
        lambda side, price, qty: record(6, side, price=price, qty=qty),
        st.integers(1, 2),
        st.integers(1, 10**12),
        st.integers(0, 10**12),
    )
    rows = sorted(draw(st.lists(level, max_size=6)), key=lambda row: row[25])
    end = record(9, flags=draw(st.sampled_from([0, LAST])))
    return [record(8), *rows, end][: draw(st.integers(1, 9))]


RECORDS = st.lists(st.one_of(any_record().map(lambda row: [row]), snapshot()), max_size=12).map(
    lambda groups: b"".join(row for group in groups for row in group)
)


@settings(deadline=None)
@given(RECORDS, st.sampled_from(["venue", "hand"]))
def test_records_read_back_bit_for_bit_from_every_encoding(records, feed):
    recording = Recording(TWO, records, feed, "a test", "none")
    assert tape.load(tape.dump(recording)) == recording
    assert jsonl.load(jsonl.dump(recording)) == recording
    assert arrow.of_table(arrow.to_table(recording)) == recording


@settings(deadline=None)
@given(RECORDS)
def test_a_chain_through_every_encoding_in_files_loses_nothing(records):
    recording = Recording(TWO, records)
    assert jsonl.load(
        jsonl.dump(arrow.of_table(arrow.to_table(tape.load(tape.dump(recording)))))
    ) == (recording)


@pytest.mark.parametrize("name", ["x.tape", "x.tape.zst", "x.jsonl", "x.jsonl.zst", "x.parquet"])
def test_the_name_of_a_file_chooses_its_encoding(name, tmp_path):
    rows = [
        record(8),
        record(6, 1, price=99 * 10**9, qty=10**8, count=3),
        record(6, 2, price=100 * 10**9, qty=5),
        record(9, flags=LAST),
        record(7, 2, flags=LAST | AGGRESSOR_KNOWN, price=100 * 10**9, qty=5, ids=(0, 77)),
        record(10, flags=LAST, count=3),
    ]
    recording = Recording(TWO, b"".join(rows), source="a test")
    feeds.write(recording, tmp_path / name)
    assert feeds.read(tmp_path / name) == recording


def test_json_lines_are_those_of_hand_fed_events():
    lines = [
        {"ts_ns": 5, "venue": "kraken", "symbol": "BTC-USD", "type": "snapshot",
         "bids": [["99.5", "1"], {"price_1e9": 99 * 10**9, "qty_1e8": 7}],
         "asks": [["100", "2.5", 4]]},
        {"ts_ns": 6, "venue": "kraken", "symbol": "BTC-USD", "type": "delta",
         "asks": [["100", "0"]]},
        {"ts_ns": 7, "venue": "kraken", "symbol": "BTC-USD", "type": "trade",
         "price": "99.5", "qty": "0.25", "side": "sell"},
        {"ts_ns": 8, "venue": "kraken", "symbol": "BTC-USD", "type": "status", "status": "halted"},
    ]  # fmt: skip
    found = jsonl.load("\n".join(json.dumps(line) for line in lines).encode())
    assert (found.feed, found.instruments) == ("hand", (Instrument("kraken", "BTC-USD"),))
    rows = [row[3:9] for row in RECORD.iter_unpack(found.records)]
    assert rows == [
        (8, 0, 0, 0, 0, 0),
        (6, 1, 0, 0, 99_500_000_000, 10**8),
        (6, 1, 0, 0, 99_000_000_000, 7),
        (6, 2, 0, 4, 100_000_000_000, 250_000_000),
        (9, 0, LAST, 0, 0, 0),
        (6, 2, LAST, 0, 100_000_000_000, 0),
        (7, 1, LAST | AGGRESSOR_KNOWN, 0, 99_500_000_000, 25_000_000),
        (10, 0, LAST, 3, 0, 0),
    ]
    assert jsonl.load(jsonl.dump(found)) == found


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "line 1"),
        ("[]", "not a JSON object"),
        ('{"ts_ns":1,"venue":"kraken","type":"delta"}', "symbol"),
        ('{"ts_ns":1,"venue":"kraken","symbol":"A-B","type":"gap"}', "unknown type 'gap'"),
        ('{"ts_ns":-1,"venue":"kraken","symbol":"A-B","type":"heartbeat"}', "out of range"),
        ('{"ts_ns":1,"venue":"k","symbol":"A-B","type":"delta","bids":[["1"]]}', "a level is"),
        ('{"ts_ns":1,"venue":"k","symbol":"A-B","type":"delta","bids":[["1","1",70000]]}', "count"),
        ('{"ts_ns":1,"venue":"k","symbol":"A-B","type":"delta","bids":[["x","1"]]}', "line 1"),
        ('{"ts_ns":1,"venue":"k","symbol":"A-B","type":"trade","price":"1"}', "qty"),
        (
            '{"ts_ns":1,"venue":"k","symbol":"A-B","type":"trade","price":"1","qty":"1","side":"bid"}',
            "unknown side 'bid'",
        ),
        ('{"ts_ns":1,"venue":"k","symbol":"A-B","type":"status","status":"none"}', "status"),
    ],
)
def test_a_line_that_is_no_event_is_named_with_its_reason(line, reason):
    with pytest.raises(RecordingError, match=reason):
        jsonl.load(line.encode())


def test_a_damaged_or_foreign_tape_is_refused():
    good = tape.dump(Recording(TWO, record(11, flags=LAST) * 2))
    assert good.index(b"\n") % 64 == 63
    for damaged, reason in [
        (good[:-1], "torn"),
        (good[:-64], "sha256"),
        (good[:-1] + b"x", "sha256"),
        (good.replace(b"tape-1", b"tape-9"), "tape-9"),
        (b"{}", "line of JSON"),
        (b"{\n", "not JSON"),
    ]:
        with pytest.raises(RecordingError, match=reason):
            tape.load(damaged)


def test_records_the_core_cannot_play_are_refused():
    for records, reason in [
        (record(12), "kind"),
        (record(6, 3), "side"),
        (record(11, count=2 << INSTRUMENT_SHIFT), "instrument 2"),
    ]:
        with pytest.raises(RecordingError, match=reason):
            Recording(TWO, records).tape()


def test_a_table_made_elsewhere_needs_six_columns_and_gets_the_rest():
    pa = pytest.importorskip("pyarrow")
    table = pa.table(
        {
            "ts_local_ns": [1, 2, 3],
            "kind": ["level", "print", "level"],
            "side": ["bid", "ask", None],
            "venue": ["kraken", "kraken", "okx"],
            "symbol": ["A-USD", "A-USD", "A-USD"],
            "px_1e9": [10, 20, 30],
            "qty_1e8": [1, 2, 3],
        }
    )
    with pytest.raises(RecordingError, match="side"):
        arrow.of_table(table)
    table = table.set_column(2, "side", [["bid", "ask", "ask"]])
    found = arrow.of_table(table)
    assert found.instruments == (Instrument("kraken", "A-USD"), Instrument("okx", "A-USD"))
    rows = [(row[1], *row[3:9]) for row in RECORD.iter_unpack(found.records)]
    assert rows == [
        (1, 6, 1, LAST, 0, 10, 1),
        (2, 7, 2, LAST | AGGRESSOR_KNOWN, 0, 20, 2),
        (3, 6, 2, LAST, 1 << INSTRUMENT_SHIFT, 30, 3),
    ]
    assert arrow.of_table(table.slice(1)).instruments[0].venue == "kraken"
    with pytest.raises(RecordingError, match="no column px_1e9"):
        arrow.of_table(table.drop_columns(["px_1e9"]))


def test_a_selection_keeps_the_records_of_one_symbol():
    recording = Recording(TWO, record(11) + record(11, count=1 << INSTRUMENT_SHIFT, seq=9))
    kept = recording.select(symbols=["KX-1"])
    assert (kept.instruments, kept.records) == ((TWO[1],), record(11, seq=9))
    with pytest.raises(RecordingError, match="kraken BTC-USD"):
        recording.select(venues=["okx"])


def test_prices_of_json_numbers_are_exact():
    line = '{"ts_ns":1,"venue":"k","symbol":"A-B","type":"trade","price":0.1,"qty":1e-8}'
    (row,) = RECORD.iter_unpack(jsonl.load(line.encode()).records)
    assert (row[7], row[8]) == (int(Decimal("0.1").scaleb(9)), 1)


def test_a_packed_file_is_read_to_its_end_or_refused(tmp_path):
    first = b'{"ts_ns":1,"venue":"kraken","symbol":"A-B","type":"trade","price":"1","qty":"2"}\n'
    second = first.replace(b'"ts_ns":1', b'"ts_ns":2')
    pack = zstandard.ZstdCompressor().compress
    file = tmp_path / "x.jsonl.zst"
    file.write_bytes(pack(first) + pack(second))
    assert len(feeds.read(file)) == 2
    file.write_bytes((pack(first) + pack(second * 500))[:-9])
    with pytest.raises(RecordingError, match="cut short"):
        feeds.read(file)


def test_a_packed_file_that_unpacks_to_much_is_unpacked_in_pieces(tmp_path):
    file, packer = tmp_path / "much.zst", zstandard.ZstdCompressor().compressobj()
    zeros = bytes(1 << 20)
    file.write_bytes(b"".join(packer.compress(zeros) for _ in range(256)) + packer.flush())
    assert file.stat().st_size < 100_000
    lengths = [len(piece) for piece in unpack._zstd_pieces(file)]
    assert sum(lengths) == 256 << 20
    assert max(lengths) <= 64 << 20
