"""What was once wrong stays right."""

import pytest

from tests.model.findings import FINDINGS
from tests.model.machine import Machine


@pytest.mark.parametrize("name", FINDINGS)
@pytest.mark.parametrize("preset", ["instant", "realistic"])
def test_a_history_that_was_once_wrong(name: str, preset: str) -> None:
    machine = Machine(preset)
    for command in FINDINGS[name]:
        machine.play(command)
