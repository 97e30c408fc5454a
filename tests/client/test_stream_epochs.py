"""Readers that come back after a reset: told of the new epoch, never given rows of another one."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sequence import Sequence, Stream, streams
from sequence.errors import ValidationError
from sequence.sandbox import Sandbox
from sequence.server import serving

SOON_S = 5.0
Begin = Callable[[Sandbox], None]


def reset(sandbox: Sandbox) -> None:
    sandbox.client().sandbox.reset()


def go_back(sandbox: Sandbox) -> None:
    """To a copy of before the first order."""
    sandbox.restore(sandbox.snapshot())


def opened(**options: object) -> Sandbox:
    made = Sandbox(preset="instant", market="manual", **options)  # type: ignore[arg-type]
    made.market.snapshot("kraken", "BTC-USD", [(100, 500)], [(101, 500)])
    return made


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with opened() as made:
        yield made


@pytest.fixture(params=["process", "http"])
def client(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Sequence]:
    with contextlib.ExitStack() as stack:
        if request.param == "process":
            yield sandbox.client()
            return
        url = stack.enter_context(serving(sandbox))
        yield stack.enter_context(Sequence(sandbox.test_key, base_url=url))


def subscribed(stream: Stream) -> int:
    """Waits until the server knows what this stream wants; its epoch."""
    while stream.epoch is None:
        assert stream.next(timeout=0.05) is None
    return stream.epoch


def following(stream: Stream, fills: int) -> list[streams.Event]:
    """Events up to the last of so many fills."""
    found: list[streams.Event] = []
    while fills:
        event = stream.next(timeout=SOON_S)
        assert event is not None, found
        if isinstance(event, streams.StaleEvent | streams.ReconnectedEvent):
            continue
        found.append(event)
        fills -= isinstance(event, streams.FillEvent)
    return found


def seqs(events: list[streams.Event]) -> list[int]:
    return [event.seq for event in events if isinstance(event, streams.FillEvent)]


def cut(sandbox: Sandbox) -> None:
    for session in sandbox.runtime.hub.sessions():
        session.sink.cut()


@pytest.mark.parametrize("begin", [reset, go_back])
@pytest.mark.parametrize("after", [1, 3, 5])
def test_a_reset_while_away_is_told_before_the_rows_that_followed_it(
    sandbox: Sandbox, client: Sequence, begin: Begin, after: int
) -> None:
    trader = sandbox.client()
    with client.stream("fills") as stream:
        epoch = subscribed(stream)
        for _ in range(3):
            trader.buy("BTC-USD", 1)
        assert seqs(following(stream, 3)) == [1, 2, 3]
        cut(sandbox)
        begin(sandbox)
        for _ in range(after):
            trader.buy("BTC-USD", 1)
        found = following(stream, after)
        assert found[0] == streams.EpochEvent(epoch + 1)
        assert seqs(found) == list(range(1, after + 1))
        assert len(found) == after + 1
        assert stream.epoch == epoch + 1


def test_a_number_kept_beside_its_epoch_is_never_taken_for_one_of_another(
    sandbox: Sandbox, client: Sequence
) -> None:
    trader = sandbox.client()
    with client.stream("fills") as stream:
        subscribed(stream)
        trader.buy("BTC-USD", 1)
        following(stream, 1)
        kept = {"fills": 1}, stream.epoch
    reset(sandbox)
    for _ in range(2):
        trader.buy("BTC-USD", 1)
    with client.stream("fills", from_seq=kept[0], epoch=kept[1]) as stream:
        found = following(stream, 2)
        assert found[0] == streams.EpochEvent(2)
        assert seqs(found) == [1, 2]
    with client.stream("fills", from_seq=kept[0], epoch=2) as stream:
        assert seqs(following(stream, 1)) == [2]


def test_nothing_is_told_of_an_epoch_that_goes_on(sandbox: Sandbox, client: Sequence) -> None:
    trader = sandbox.client()
    with client.stream(["fills", "orders"]) as stream:
        subscribed(stream)
        trader.buy("BTC-USD", 1)
        following(stream, 1)
        cut(sandbox)
        trader.buy("BTC-USD", 1)
        found = following(stream, 1)
        names = {type(event) for event in found}
        assert names <= {streams.FillEvent, streams.OrderEvent}


def test_a_number_that_no_event_has_yet_is_an_error_and_nothing_after_it_is_lost(
    sandbox: Sandbox, client: Sequence
) -> None:
    trader = sandbox.client()
    trader.buy("BTC-USD", 1)
    with client.stream("fills", from_seq={"fills": 900}) as stream:
        error = stream.next(timeout=SOON_S)
        assert isinstance(error, streams.ErrorEvent)
        assert "epoch 1" in error.message
        cut(sandbox)
        for _ in range(2):
            trader.buy("BTC-USD", 1)
        assert len(seqs(following(stream, 2))) == 2


def test_a_reset_before_a_restart_is_told_after_it(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.db"
    with opened(store=file) as sandbox, sandbox.client().stream("fills") as stream:
        for _ in range(3):
            sandbox.client().buy("BTC-USD", 1)
        following(stream, 3)
        kept = stream.epoch
        reset(sandbox)
    with opened(store=file) as sandbox:
        sandbox.client().buy("BTC-USD", 1)
        with sandbox.client().stream("fills", from_seq={"fills": 3}, epoch=kept) as stream:
            assert following(stream, 1)[0] == streams.EpochEvent(2)


def test_a_restart_alone_begins_no_epoch(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.db"
    with opened(store=file) as sandbox, sandbox.client().stream("fills") as stream:
        sandbox.client().buy("BTC-USD", 1)
        following(stream, 1)
        kept = stream.epoch
    with (
        opened(store=file) as sandbox,
        sandbox.client().stream("fills", from_seq={"fills": 1}, epoch=kept) as stream,
    ):
        sandbox.client().buy("BTC-USD", 1)
        assert seqs(following(stream, 1)) == [2]


@pytest.mark.parametrize("epoch", [-1, True, "3"])
def test_an_epoch_that_is_none_is_refused_before_anything_is_sent(
    sandbox: Sandbox, epoch: object
) -> None:
    with pytest.raises(ValidationError, match="epoch"):
        sandbox.client().stream("fills", epoch=epoch)  # type: ignore[arg-type]
