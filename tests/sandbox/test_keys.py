"""Keys: shape, digests, ids."""

import re

from sequence.sandbox import Sandbox
from sequence.sandbox.ids import IdSource
from sequence.sandbox.keys import Client, KeyRing, masked

CLIENT = Client("client_x", "x", "local", None, 0, 0)
KEY = re.compile(r"seq_(live|test)_[0-9a-f]{64}")


def test_a_key_is_found_by_itself_only():
    ring = KeyRing()
    raw = ring.create(CLIENT, "sandbox", "key_1", is_admin=True)
    found = ring.find(raw.encode())
    assert found is not None
    assert (found.key_id, found.mode, found.is_admin) == ("key_1", "sandbox", True)
    swapped = raw.replace("seq_test_", "seq_live_")
    for other in (raw[:-1], raw + "0", raw + "\n", raw.upper(), swapped, "", "seq_test_"):
        assert ring.find(other.encode()) is None


def test_the_prefix_says_the_mode():
    ring = KeyRing()
    assert ring.create(CLIENT, "sandbox", "a", is_admin=False).startswith("seq_test_")
    assert ring.create(CLIENT, "live", "b", is_admin=False).startswith("seq_live_")


def test_no_two_keys_are_alike():
    ring = KeyRing()
    keys = {ring.create(CLIENT, "sandbox", str(n), is_admin=False) for n in range(1000)}
    assert len(keys) == 1000
    assert all(KEY.fullmatch(key) for key in keys)


def test_a_key_ring_holds_no_raw_key():
    ring = KeyRing()
    raw = ring.create(CLIENT, "sandbox", "a", is_admin=False)
    assert raw not in repr(vars(ring))
    assert raw[9:] not in repr(vars(ring))


def test_a_key_means_nothing_to_another_ring():
    raw = KeyRing().create(CLIENT, "sandbox", "a", is_admin=False)
    assert KeyRing().find(raw.encode()) is None


def test_what_is_shown_of_a_key_is_its_prefix():
    assert masked("seq_test_" + "ab12" + "f" * 60) == "seq_test_ab12"


def test_a_sandbox_starts_with_one_key_of_each_mode():
    with Sandbox(clock="manual") as sandbox:
        assert KEY.fullmatch(sandbox.test_key)
        assert KEY.fullmatch(sandbox.live_key)
        assert sandbox.test_key[9:] != sandbox.live_key[9:]


def test_ids_rise_also_when_time_stands_still():
    source = IdSource(1)
    ids = [source.next("key", 1_776_657_000_000_000_000) for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"key_[0-9A-HJKMNP-TV-Z]{26}", id_) for id_ in ids)


def test_ids_repeat_under_a_seed():
    first, second = ([IdSource(5).next("key", 10**18)] for _ in range(2))
    assert first == second
    assert IdSource(6).next("key", 10**18) not in first
