"""The replay bar of the page, and the calls behind it."""

from collections.abc import Callable, Iterator

import pytest

from sequence import errors
from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.page.conftest import Tab

SLOW = 0.001


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Sandbox, str]]:
    """A recording that runs by itself, so slowly that no test meets its end."""
    sandbox = Sandbox(clock="replay", market="replay:sample", speed=SLOW, preset="instant")
    with sandbox, serving(sandbox) as url:
        yield sandbox, url


@pytest.mark.full
@pytest.mark.timeout(120)
def test_the_replay_stands_and_goes_on_by_the_buttons_of_an_armed_tab(
    open_tab: Callable[..., Tab],
) -> None:
    tab = open_tab()
    tab.until("() => /%, .0.001/.test(document.getElementById('replay')?.textContent)")
    assert tab.value("document.querySelector('#replay button').disabled")
    tab.page.keyboard.press("Shift+A")
    tab.page.click("#arm-yes")
    tab.until("() => !document.querySelector('#replay button').disabled")
    tab.page.click("#replay button >> nth=0")
    tab.until("() => /paused/.test(document.getElementById('replay').textContent)")
    assert tab.client.sandbox.clock().paused is True
    tab.page.click("#replay button >> nth=0")
    tab.until("() => /.0.001/.test(document.getElementById('replay').textContent)")


def test_a_replay_that_stands_stays_where_it_is_and_goes_on_from_there() -> None:
    with Sandbox(clock="replay", market="replay:sample", speed=SLOW) as sandbox:
        calls = sandbox.client().sandbox
        stands = calls.play(paused=True)
        assert calls.clock().now_ns == stands.now_ns
        assert (stands.speed, stands.paused) == (SLOW, True)
        assert stands.start_ns is not None
        assert stands.end_ns is not None
        assert stands.start_ns <= stands.now_ns < stands.end_ns
        faster = calls.play(speed=1_000_000, paused=False)
        assert (faster.speed, faster.paused) == (1_000_000, False)
        while calls.clock().now_ns < stands.end_ns:
            pass


@pytest.mark.parametrize("kind", ["wall", "manual"])
def test_other_clocks_have_no_speed(kind: str) -> None:
    with Sandbox(clock=kind, market="none") as sandbox:  # type: ignore[arg-type]
        calls = sandbox.client().sandbox
        assert calls.clock().speed is None
        with pytest.raises(errors.ConflictError, match="replay that runs by itself"):
            calls.play(speed=2)


def test_a_speed_is_above_nothing_and_a_call_says_something() -> None:
    with Sandbox(clock="replay", market="replay:sample", speed=1) as sandbox:
        calls = sandbox.client().sandbox
        with pytest.raises(errors.ValidationError, match="speed"):
            calls.play(speed=0)
        with pytest.raises(errors.ValidationError, match="speed and paused"):
            calls.play()
