"""The pytest plugin, as somebody who installed the package meets it."""

import pytest

pytest_plugins = ["pytester"]

ARGUMENTS = ("-p", "sequence.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:benchmark")


@pytest.fixture
def outcome(pytester: pytest.Pytester):
    def run(text: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(text)
        # The entry point loads it, unless the package was built before there was one.
        plugin = ARGUMENTS[2:] if _is_installed() else ARGUMENTS
        return pytester.runpytest_subprocess(*plugin, "--strict-markers", *arguments)

    return run


def _is_installed() -> bool:
    from importlib.metadata import entry_points

    return "sequence" in entry_points(group="pytest11").names


def test_the_fixtures_are_there_and_each_test_has_its_own(outcome):
    result = outcome(
        """
        import asyncio
        import pytest
        from sequence import AsyncSequence, Sequence

        @pytest.mark.parametrize("turn", [1, 2])
        def test_a_buy_is_filled(client, sandbox, turn):
            assert isinstance(client, Sequence)
            assert client.orders().total == 0
            assert client.buy("BTC-USD", "0.1").status == "FILLED"
            assert sandbox.record["seed"] == 42
            assert sandbox.record["preset"] == "instant"

        def test_the_same_for_asyncio(async_client):
            assert isinstance(async_client, AsyncSequence)
            order = asyncio.run(async_client.buy("BTC-USD", "0.1"))
            assert order.status == "FILLED"

        def test_accounts_have_wallets_of_their_own(accounts, client):
            assert accounts("alice").buy("BTC-USD", "0.1").status == "FILLED"
            assert accounts("alice").orders().total == 1
            assert accounts("bob").orders().total == client.orders().total == 0

        def test_the_clock_stands(clock):
            before = clock.now_ns
            assert clock.kind == "manual"
            assert clock.advance(seconds=1) == before + 10**9

        @pytest.mark.sandbox(market="manual")
        def test_a_market_is_fed_by_hand(market, client):
            market.snapshot("kraken", "X-USD", [(1, 5)], [(2, 5)])
            assert client.buy("X-USD", 1).avg_price == 2

        @pytest.mark.sandbox(preset="realistic", seed=7)
        def test_until_the_end(client, sandbox, async_client):
            order = client.buy("BTC-USD", "0.1")
            assert order.status == "NEW"
            assert sandbox.advance_until(order).status == "FILLED"
            later = asyncio.run(async_client.buy("BTC-USD", "0.1"))
            assert sandbox.advance_until(later).status == "FILLED"
            assert client.sandbox.advance_until(client.buy("BTC-USD", "0.1")).status == "FILLED"
        """
    )
    result.assert_outcomes(passed=7)


def test_the_nearest_marker_wins(outcome):
    result = outcome(
        """
        import pytest

        pytestmark = pytest.mark.sandbox(seed=1, preset="realistic")

        @pytest.mark.sandbox(seed=2)
        class TestThis:
            @pytest.mark.sandbox(seed=3)
            def test_one(self, sandbox):
                assert (sandbox.record["seed"], sandbox.record["preset"]) == (3, "realistic")

            def test_two(self, sandbox):
                assert sandbox.record["seed"] == 2
        """
    )
    result.assert_outcomes(passed=2)


def test_a_failure_shows_seed_and_events(outcome):
    result = outcome(
        """
        import pytest

        @pytest.mark.sandbox(seed=77)
        def test_it(client):
            client.buy("BTC-USD", "0.1")
            assert False
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- sandbox -*", "*seed=77*", "*events, hash *", "*fill*"])


@pytest.mark.parametrize(
    "reach",
    [
        "socket.create_connection(('example.com', 80))",
        "socket.socket().connect(('192.0.2.1', 80))",
        "socket.socket().connect_ex(('192.0.2.1', 80))",
        "socket.getaddrinfo('example.com', 80)",
        "__import__('httpx').get('https://example.com')",
        "asyncio.run(asyncio.wait_for(asyncio.open_connection('192.0.2.1', 80), 5))",
    ],
)
def test_the_network_is_refused_with_a_sentence_while_the_clock_stands(outcome, reach: str):
    result = outcome(
        f"""
        import asyncio, socket

        def test_it(sandbox):
            {reach}
        """,
        "-W",
        "ignore",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*runs on the manual clock of a sandbox and tried to reach *"])


def test_this_machine_a_named_host_and_a_wall_clock_are_free(outcome):
    result = outcome(
        """
        import socket
        import pytest
        from sequence import Sequence
        from sequence.server import serving

        def reached(host):
            with socket.socket() as found:
                found.setblocking(False)
                return found.connect_ex((host, 9))

        def test_this_machine(sandbox):
            with serving(sandbox) as url, Sequence(sandbox.test_key, base_url=url) as client:
                assert client.buy("BTC-USD", "0.1").status == "FILLED"

        @pytest.mark.sandbox(network=["127.1.2.3", "::1"])
        def test_by_name(sandbox):
            reached("127.1.2.3")

        @pytest.mark.sandbox(network=True)
        def test_all(sandbox):
            socket.getaddrinfo("localhost", 9)

        @pytest.mark.sandbox(clock="wall")
        def test_wall(sandbox):
            assert socket.socket.connect.__qualname__ == "socket.connect"

        def test_without_a_sandbox():
            assert socket.socket.connect.__qualname__ == "socket.connect"
        """
    )
    result.assert_outcomes(passed=5)


def test_a_wrong_argument_is_said(outcome):
    result = outcome(
        """
        import pytest

        @pytest.mark.sandbox(sed=1)
        def test_it(sandbox):
            pass

        @pytest.mark.sandbox(7)
        def test_that(sandbox):
            pass
        """
    )
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*sed*", "*keyword arguments only*"])
