"""Every graph test runs in one process, and with a restart after every step."""

import pytest

from tests.graphs.world import World


@pytest.fixture(params=[False, True], ids=["one_process", "restarts"])
def world(request: pytest.FixtureRequest) -> World:
    return World(restarts=request.param)
