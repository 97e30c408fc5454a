"""Every two features after each other, with the model as judge."""

import pytest

from tests.model import commands, matrix


@pytest.mark.full
@pytest.mark.parametrize("preset", ["instant", "realistic", "optimistic", "adversarial"])
@pytest.mark.parametrize("feature", matrix.FEATURES)
def test_two_features_after_each_other_are_the_models(feature: str, preset: str) -> None:
    crossings = [found for found in matrix.crossings() if found.first == feature]
    assert len(crossings) == len(matrix.FEATURES) * 2 * len(matrix.KINDS)
    wrong = []
    for crossing in crossings:
        failed = commands.failure(preset, crossing.script())
        if failed is not None:
            wrong.append(f"{crossing} at {crossing.script()[failed[0]]}: {failed[1]!r}")
    assert not wrong, f"{len(wrong)} of {len(crossings)}:\n" + "\n".join(wrong[:3])
