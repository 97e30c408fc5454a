"""The server against its own description: every operation, generated requests, every check.

Calls that end the key, stop orders or break the server on purpose would spoil what runs with them:
each of them has a server of its own.
"""

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sequence.sandbox import Sandbox
from sequence.server import openapi, serving
from tests.server.conftest import Api

PROGRAM = Path(sys.executable).with_name("st")
SPOILING = {
    "api_key_revoke",
    "api_key_rotate",
    "kill_switch_engage",
    "sandbox_faults_add",
    "sandbox_reset",
}
# 422 is a refusal of what is well-formed, such as a symbol that nobody lists; 413 comes before
# anything of a body is read.
CONFIGURATION = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 422, 429, 501]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 501]
# A span that ends before it begins: no schema can say that.
[[operations]]
include-operation-id = "fills"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 403, 404, 409, 422, 429, 501]
# The texts of a book's levels are decimals with so many digits, and as many events as a list may
# hold are more than a body may: no schema can say that.
[[operations]]
include-operation-id = "sandbox_market_events"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 403, 404, 409, 413, 422, 429, 501]
# A long span needs a venue, and candles of venues are refused with a reason.
[[operations]]
include-operation-id = "price_history"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 403, 404, 409, 422, 429, 501]
[operations.checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 501]
"""


@contextmanager
def served() -> Iterator[Api]:
    with Sandbox(preset="instant", market="manual", clock="manual") as sandbox:
        for venue in ("kraken", "binance"):
            sandbox.market.snapshot(
                venue, "BTC-USD", bids=[("67000", "1.5")], asks=[("67010", "0.5")]
            )
        sandbox.market.snapshot("kalshi", "KXTEST-A", bids=[("0.4", 50)], asks=[("0.5", 50)])
        with serving(sandbox) as url:
            yield Api(sandbox, url)


def generate(api: Api, folder: Path, seed: int, names: dict[str, str], *options: str) -> int:
    """Runs the generator with `names` for path parameters; how many requests it sent."""
    settings = folder / "settings.toml"
    known = "".join(f'"path.{key}" = "{value}"\n' for key, value in names.items())
    settings.write_text(f"[parameters]\n{known}{CONFIGURATION}", encoding="utf-8")
    command: list[str | Path] = [PROGRAM, "--config-file", settings, "run", openapi.FILE]
    command += ["--url", api.url, "--header", f"Authorization: Bearer {api.keys['test']}"]
    # Deleting an order cancels it, and a cancelled order can still be read.
    command += ["--checks", "all", "--exclude-checks", "use_after_free"]
    command += ["--seed", str(seed), "--continue-on-failure", "--no-color", "--warnings", "off"]
    done = subprocess.run(  # noqa: S603
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": str(folder)},
    )
    assert done.returncode == 0, f"seed {seed}\n{done.stdout[-8_000:]}"
    assert api.sandbox.check_invariants() == []
    selected, tested = re.findall(r"(?:Selected|Tested): (\d+)", done.stdout)
    assert selected == tested
    return int(re.findall(r"(\d+) generated", done.stdout)[0])


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, None])
@pytest.mark.parametrize("known", [False, True])
def test_no_generated_request_gets_an_answer_that_is_not_described(
    tmp_path: Path, seed: int | None, *, known: bool
) -> None:
    seed = random.randrange(2**31) if seed is None else seed  # noqa: S311
    excluded = [f"--exclude-operation-id={name}" for name in sorted(SPOILING)]
    with served() as api:
        names = names_of(api) if known else {}
        sent = generate(api, tmp_path, seed, names, "--max-examples", "25", *excluded)
        assert sent > 2_000
        assert api("GET", "/v1/account").status == 200, "the key was lost on the way"


def names_of(api: Api) -> dict[str, str]:
    """Path parameters that lead to something."""
    body = '{"symbol":"BTC-USD","side":"buy","qty":0.1,"price":66000,"venue":"kraken"}'
    order = api("POST", "/v1/orders", body).json["orders"][0]
    return {
        "node_order_id": order["node_order_id"],
        "id": order["graph_id"],
        "node_id": order["node_id"],
        "venue": "kraken",
        "symbol": "BTC-USD",
    }


@pytest.mark.parametrize("name", sorted(SPOILING))
def test_calls_that_spoil_others_are_described_too(tmp_path: Path, name: str) -> None:
    with served() as api:
        only = f"--include-operation-id={name}"
        assert generate(api, tmp_path, 1, {}, "--max-examples", "10", only) > 10
