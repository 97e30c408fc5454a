"""What a sandbox is configured with, checked before anything is opened."""

from collections.abc import Mapping
from typing import Final

from sequence.errors import ValidationError
from sequence.sandbox.sim import PRESETS, Preset, SimConfig
from sequence.types import RiskLimits
from sequence.types._decimal import MAX_UNITS
from sequence.types._names import unknown

DEFAULT_PRESET: Final[Preset] = "realistic"
_LIMITS: Final = tuple(
    name for name in RiskLimits.model_fields if name.endswith(("_1e8", "_1e9", "_rate", "_orders"))
)


def check_risk(risk: Mapping[str, int | None]) -> None:
    """Refuses limits that no account has."""
    for name, value in risk.items():
        if name not in _LIMITS:
            raise ValidationError("risk: " + unknown("limit", name, _LIMITS))
        if value is not None and (type(value) is not int or not 0 <= value <= MAX_UNITS):
            raise ValidationError(f"risk: {name} must be a whole number or None, not {value!r}")


def sim_of(
    preset: Preset | None,
    sim: SimConfig | None,
    overrides: Mapping[str, int | bool | str] | None,
) -> SimConfig:
    """The whole configuration, from a preset and single values or as it was given."""
    if sim is not None:
        if not isinstance(sim, SimConfig):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValidationError(f"sim: must be a SimConfig, not {sim!r}; a preset has preset=")
        if overrides or preset not in (None, sim.preset):
            raise ValueError(f"sim is {sim!r}: leave preset and overrides out")
        return sim
    chosen = preset or DEFAULT_PRESET
    if chosen not in PRESETS:
        raise ValueError(unknown("preset", chosen, PRESETS))
    return SimConfig(chosen, overrides)
