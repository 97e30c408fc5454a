"""A lost answer never becomes a second order, and waiting has a limit."""

import asyncio
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sequence
from sequence import errors
from sequence._client.carry.retry import MAX_DELAY_S, delay_s, may_retry, read_retry_after


def down() -> errors.NetworkError:
    return errors.NetworkError("network: connection reset")


def test_all_attempts_carry_the_same_graph_id(drive: Any, make_submitted: Any):
    driver = drive(down(), down(), errors.api_error(503, "draining"), make_submitted())
    driver.call("buy", "BTC-USD", 0.1)
    ids = {sent["graph_id"] for sent in driver.script.sent}
    bodies = {sent["body"].to_json() for sent in driver.script.sent}
    assert len(driver.script.sent) == 4
    assert len(ids) == len(bodies) == 1
    assert ids.pop().encode() in bodies.pop()


def test_the_last_failure_gives_the_graph_id_back(drive: Any):
    driver = drive(down(), down(), down(), down())
    with pytest.raises(sequence.NetworkError) as caught:
        driver.call("buy", "BTC-USD", 0.1)
    sent = driver.script.sent[0]["graph_id"]
    assert caught.value.graph_id == sent
    assert str(caught.value).endswith(f"[graph_id {sent}]")
    assert len(driver.script.slept) == 3


def test_a_given_graph_id_is_used_and_given_back(drive: Any):
    driver = drive(errors.api_error(409, "graph_id was used for another order"))
    with pytest.raises(errors.ConflictError) as caught:
        driver.call("buy", "BTC-USD", 0.1, graph_id="mine")
    assert caught.value.graph_id == driver.script.sent[0]["body"].graph_id == "mine"


def test_two_orders_have_two_graph_ids(drive: Any, make_submitted: Any):
    driver = drive(make_submitted(), make_submitted())
    driver.call("buy", "BTC-USD", 1)
    driver.call("buy", "BTC-USD", 1)
    first, second = (sent["graph_id"] for sent in driver.script.sent)
    assert first != second
    assert first.startswith("graph_")
    assert len(first) == len("graph_") + 26


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500, 501, 505])
def test_other_statuses_are_not_tried_again(drive: Any, status: int):
    driver = drive(errors.api_error(status, "no"))
    with pytest.raises(sequence.SequenceError):
        driver.call("buy", "BTC-USD", 1)
    assert len(driver.script.sent) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_passing_statuses_are_tried_again(drive: Any, status: int):
    driver = drive(errors.api_error(status, "later"), None)
    driver.call("account")
    assert len(driver.script.sent) == 2


def test_a_decrease_is_not_repeated_after_a_lost_answer(drive: Any):
    driver = drive(down())
    with pytest.raises(sequence.NetworkError):
        driver.call("decrease", "o1", 1)
    assert len(driver.script.sent) == 1


def test_a_decrease_is_repeated_when_a_version_guards_it_or_nothing_happened(drive: Any):
    driver = drive(down(), None)
    driver.call("decrease", "o1", 1, expected_version=4)
    refused = drive(errors.api_error(429, "slow down"), None)
    refused.call("decrease", "o1", 1)
    assert (len(driver.script.sent), len(refused.script.sent)) == (2, 2)


def test_a_new_key_is_not_made_twice(drive: Any):
    driver = drive(down())
    with pytest.raises(sequence.NetworkError):
        driver.call("api_key_create", "bot")
    assert len(driver.script.sent) == 1


def test_no_retries_when_none_are_wanted_or_nothing_can_be_lost(drive: Any):
    none = drive(down(), max_retries=0)
    inside = drive(down(), lossy=False)
    for driver in (none, inside):
        with pytest.raises(sequence.NetworkError):
            driver.call("account")
        assert len(driver.script.sent) == 1


def test_the_server_s_pause_is_kept(drive: Any):
    error = errors.api_error(429, "later")
    error.retry_after_s = 7.5
    driver = drive(error, None)
    driver.call("account")
    assert driver.script.slept == [7.5]


@given(st.integers(0, 10_000), st.none() | st.floats(0, 8), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_never_negative_nor_above_the_cap(
    attempt: int, retry_after: float | None, uniform: float
):
    pause = delay_s(attempt, retry_after, lambda: uniform)
    assert (retry_after or 0) <= pause <= MAX_DELAY_S


def test_pauses_double_up_to_the_cap():
    assert [delay_s(n, None, lambda: 1.0) for n in range(6)] == [0.5, 1, 2, 4, 8, 8]
    assert delay_s(3, None, lambda: 0.0) == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("1e9", 8.0),
        ("inf", 8.0),
        ("nan", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("\uff13", None),
        ("", None),
    ],
)
def test_retry_after_is_clamped(text: str | None, seconds: float | None):
    assert read_retry_after(text) == seconds


def test_only_refusals_without_effect_are_repeated_for_what_is_not_repeatable():
    assert not may_retry(down(), repeatable=False)
    assert not may_retry(errors.api_error(504, "lost"), repeatable=False)
    assert may_retry(errors.api_error(429, "no"), repeatable=False)


class Gate:
    """Counts how many calls are inside at the same time."""

    lossy = True

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.lock = threading.Lock()
        self.both = threading.Barrier(2)

    def send(self, *_: Any, **__: Any) -> None:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.both.wait(timeout=10)
        with self.lock:
            self.inside -= 1

    def close(self) -> None:
        """Nothing to give back."""


def test_max_concurrent_holds_for_threads():
    gate = Gate()
    client = sequence.Sequence(transport=gate, max_concurrent=2)
    threads = [threading.Thread(target=client.account) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert (gate.most, gate.inside) == (2, 0)


class AsyncGate:
    lossy = True

    def __init__(self) -> None:
        self.inside = self.most = 0

    async def send(self, *_: Any, **__: Any) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        for _turn in range(5):
            await asyncio.sleep(0)
        self.inside -= 1

    async def close(self) -> None:
        """Nothing to give back."""


def test_max_concurrent_holds_for_tasks():
    gate = AsyncGate()
    client = sequence.AsyncSequence(transport=gate, max_concurrent=3)

    async def run() -> None:
        await asyncio.gather(*(client.account() for _ in range(10)))

    asyncio.run(run())
    assert (gate.most, gate.inside) == (3, 0)
