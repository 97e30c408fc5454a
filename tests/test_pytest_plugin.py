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


REACHES = [
    "socket.create_connection(('example.com', 80))",
    "socket.socket().connect(('192.0.2.1', 80))",
    "socket.socket().connect_ex(('192.0.2.1', 80))",
    "socket.getaddrinfo('example.com', 80)",
    "socket.gethostbyname('example.com')",
    "socket.gethostbyname_ex('example.com')",
    "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', 0, ('192.0.2.1', 53))",
    "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))",
    "__import__('urllib.request').request.urlopen('http://example.com')",
    "uvloop.run(asyncio.wait_for(asyncio.open_connection('example.com', 80), 5))",
    "uvloop.run(asyncio.wait_for(asyncio.open_connection('192.0.2.1', 80), 5))",
    "__import__('httpx').get('https://example.com')",
    "asyncio.run(asyncio.wait_for(asyncio.open_connection('192.0.2.1', 80), 5))",
]


def test_the_network_is_refused_with_a_sentence_while_the_clock_stands(outcome):
    tests = "".join(
        f"""
        def test_{number}(sandbox):
            {reach}
        """
        for number, reach in enumerate(REACHES)
    )
    result = outcome(
        f"""
        import asyncio, socket
        try:
            import uvloop
        except ImportError:
            uvloop = asyncio
{tests}
        """,
        "-W",
        "ignore",
    )
    result.assert_outcomes(failed=len(REACHES))
    said = "*runs on the manual clock of a sandbox and tried to reach *"
    result.stdout.fnmatch_lines([said] * len(REACHES))


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


def test_tests_run_side_by_side_and_a_failure_in_another_process_is_told(outcome):
    result = outcome(
        """
        import os
        import pytest

        @pytest.mark.sandbox(preset="realistic")
        @pytest.mark.parametrize("seed_of_data", range(6))
        def test_alone(client, accounts, sandbox, seed_of_data):
            assert os.environ["PYTEST_XDIST_WORKER"].startswith("gw")
            order = client.buy("BTC-USD", "0.1", graph_id="the-same").wait(30, skip=True)
            assert order.status == "FILLED"
            assert (client.orders().total, accounts("alice").orders().total) == (1, 0)

        @pytest.mark.sandbox(seed=77)
        def test_it(client):
            client.buy("BTC-USD", "0.1")
            assert False
        """,
        "-n",
        "2",
    )
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(["*- sandbox -*", "*seed=77*", "*events, hash *", "*fill*"])


def test_a_fixture_that_fails_shows_seed_and_events_too(outcome):
    result = outcome(
        """
        import pytest

        @pytest.fixture
        def bot(sandbox):
            sandbox.client().buy("BTC-USD", "0.1")
            raise ValueError("the bot does not start")

        @pytest.mark.sandbox(seed=78)
        def test_it(bot):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*- sandbox -*", "*seed=78*", "*events, hash *", "*fill*"])


def test_every_option_of_the_marker_makes_the_sandbox(outcome):
    result = outcome(
        """
        import pytest
        from sequence.sandbox import SimConfig

        def made(sandbox, **wanted):
            assert {name: sandbox.record[name] for name in wanted} == wanted

        @pytest.mark.sandbox(preset="adversarial", seed=5, market="none", clock="wall")
        def test_names(sandbox):
            made(sandbox, preset="adversarial", seed=5, market="none", clock="wall")

        @pytest.mark.sandbox(market="replay:sample", speed=10)
        def test_a_recording(sandbox):
            made(sandbox, clock="replay", market="replay")

        @pytest.mark.sandbox(overrides={"latency_p50_ppm": 500_000}, preset="realistic")
        def test_overrides(sandbox):
            made(sandbox, preset="realistic", overrides={"latency.p50_ppm": "500000"})

        @pytest.mark.sandbox(sim=SimConfig(preset="realistic"))
        def test_a_whole_configuration(sandbox):
            made(sandbox, preset="realistic")

        @pytest.mark.sandbox(risk={"max_position_1e8": 7})
        def test_limits(client):
            assert client.risk_limits().max_position_1e8 == 7

        @pytest.mark.sandbox(keep=0)
        def test_few_orders_kept(client):
            assert client.buy("BTC-USD", "0.1").status == "FILLED"
        """
    )
    result.assert_outcomes(passed=6)


def test_ends_are_reached_by_call_by_name_and_by_rate_and_waits_skip_time(outcome):
    result = outcome(
        """
        import pytest
        from sequence.errors import SequenceError

        pytestmark = pytest.mark.sandbox(preset="realistic", seed=7)
        ENDS = {"partial": "CANCELLED", "expire": "EXPIRED", "reject": "REJECTED",
                "cancel": "CANCELLED"}

        @pytest.mark.parametrize("end", ENDS)
        def test_the_next_order(client, sandbox, end):
            sandbox.faults.add(f"{end}_next")
            by_call = client.buy("BTC-USD", "0.1").wait(30, skip=True)
            by_name = client.buy("BTC-USD", "0.1", graph_id=f"magic-{end}-1").wait(30, skip=True)
            assert by_call.status == by_name.status == ENDS[end]
            assert (by_call.filled_qty > 0) == (by_name.filled_qty > 0) == (end == "partial")

        def test_a_late_answer(client, sandbox):
            sandbox.faults.add("late_next", ms=1)
            late = client.buy("BTC-USD", "0.1")
            assert list(sandbox.faults) == []
            assert sandbox.advance_until(late).status == "FILLED"

        def test_a_share_of_failures_is_one_knob(sandbox):
            client = sandbox.client()
            sandbox.faults.add("failures", rate=0.5, seed=1)
            failed = 0
            for _ in range(40):
                try:
                    client.fees("BTC-USD")
                except SequenceError:
                    failed += 1
            assert failed < 40
        """
    )
    result.assert_outcomes(passed=6)
