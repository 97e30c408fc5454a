"""The configuration of the simulator: presets, overrides, hashes, and who cites them."""

import re
from typing import get_args, get_type_hints

import pytest

from sequence import _core
from sequence.sandbox import Sandbox, SimConfig
from sequence.sandbox._parameters import QueueModel, SimOverrides
from sequence.sandbox.sim import PARAMETERS, PRESETS


def test_every_parameter_of_the_core_is_documented_and_can_be_overridden():
    keys = list(_core.sim_presets()["realistic"])
    assert [row.key for row in PARAMETERS] == keys
    assert [row.name for row in PARAMETERS] == list(get_type_hints(SimOverrides))
    for row in PARAMETERS:
        assert row.unit
        assert row.source
        assert row.meaning.endswith(".")


def test_presets_differ_and_have_names_for_their_hashes():
    configs = [SimConfig(preset) for preset in PRESETS]
    assert len({config.params_hash for config in configs}) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", config.params_hash) for config in configs)
    assert SimConfig() == SimConfig.realistic()
    assert SimConfig.adversarial()["overlay.ghost"] is True
    assert SimConfig.optimistic()["queue_model"] == "min(uniform,lots)"
    assert SimConfig.instant()["latency.p50_ppm"] == 0
    assert SimConfig.presets()["realistic"] == SimConfig().params


def test_an_override_by_name_or_key_is_the_same_and_changes_the_hash():
    twice = SimConfig.realistic(latency_p50_ppm=2_000_000)
    assert twice == SimConfig("realistic", {"latency.p50_ppm": 2_000_000})
    assert hash(twice) == hash(SimConfig("realistic", {"latency_p50_ppm": "2000000"}))
    assert twice != SimConfig.realistic()
    assert twice["latency_p50_ppm"] == 2_000_000
    assert dict(twice.overrides) == {"latency.p50_ppm": "2000000"}
    assert repr(twice) == "SimConfig(realistic, latency.p50_ppm=2000000)"
    assert SimConfig.realistic(overlay_ghost=True)["overlay.ghost"] is True


def test_every_queue_rule_is_chosen_by_its_name():
    names = get_args(QueueModel)
    chosen = {SimConfig.realistic(queue_model=name).params_hash for name in names}
    assert len(chosen) == len(names) == 17
    with Sandbox(clock="manual", sim=SimConfig.instant(queue_model="table")) as sandbox:
        client = sandbox.client()
        for _ in range(40):
            bid = client.quote("BTC-USD").nbbo.bid
            client.buy("BTC-USD", "0.01", limit_price=str(bid))
            sandbox.clock.advance(seconds=5)
        fills = client.fills(limit=500).fills
    makers = [fill.evidence["model"]["estimator"] for fill in fills if fill.is_maker]
    assert makers
    assert set(makers) == {"table"}


def test_an_override_with_the_value_of_the_preset_is_that_preset():
    assert SimConfig.realistic(queue_power_k=1) == SimConfig.realistic()


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"queue.depth": 1}, "unknown parameter 'queue.depth'"),
        ({"queue.power_k": 0}, r"queue\.power_k: must be from 1 to 16"),
        ({"queue.power_k": -1}, "not a value"),
        ({"stp": "sometimes"}, "stp: not a value"),
        ({"latency.rho_ppm": 1_000_000}, "from 0 to 999999"),
        ({"impact_y_ppm": 0.5}, "whole number"),
    ],
)
def test_an_override_that_means_nothing_is_refused(overrides, reason):
    with pytest.raises(ValueError, match=reason):
        SimConfig("realistic", overrides)


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="instant, optimistic, realistic, adversarial"):
        SimConfig("dreamy")
    with pytest.raises(ValueError, match="leave preset and overrides out"):
        Sandbox(preset="instant", sim=SimConfig.realistic())


def test_a_sandbox_is_realistic_unless_told_otherwise():
    with Sandbox(clock="manual") as sandbox:
        assert sandbox.record["preset"] == "realistic"
        client = sandbox.client()
        client.buy("BTC-USD", notional=100)
        assert client.fills().fills == []
        sandbox.clock.advance(seconds=2)
        assert client.fills().fills


def test_record_health_and_fills_cite_the_same_model():
    sim = SimConfig.instant(protection_bps=700)
    with Sandbox(seed=9, clock="manual", sim=sim) as sandbox:
        client = sandbox.client()
        client.buy("BTC-USD", notional=100)
        model = client.fills().fills[0].evidence["model"]
        health = client.health_report().simulation
    assert health is not None
    assert (health.preset, health.params_hash, health.seed) == ("instant", sim.params_hash, 9)
    assert health.model_version == sandbox.record["model_version"] == model["version"]
    assert sandbox.record["params_hash"] == sim.params_hash
    assert sandbox.record["overrides"] == {"protection_bps": "700"}
    assert (
        model["preset"],
        f"{model['params_hash']:016x}"
        if isinstance(model["params_hash"], int)
        else model["params_hash"],
    ) == ("instant", sim.params_hash)
