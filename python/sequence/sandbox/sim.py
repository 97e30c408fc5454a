"""How fills are simulated: a preset, and single values that replace its own."""

from collections.abc import Mapping
from typing import Any, Final, Literal, Unpack, get_args, get_type_hints

from sequence import _core
from sequence.sandbox._parameters import PARAMETERS, Parameter, SimOverrides
from sequence.types._names import did_you_mean, unknown

__all__ = ["PARAMETERS", "Parameter", "Preset", "SimConfig", "SimOverrides"]

Preset = Literal["instant", "optimistic", "realistic", "adversarial"]
PRESETS: Final[tuple[Preset, ...]] = get_args(Preset)

_NAMES: Final = {row.key: row.name for row in PARAMETERS}
_KEYS: Final = {row.key: row.key for row in PARAMETERS} | {row.name: row.key for row in PARAMETERS}
Value = int | bool | str


class SimConfig:
    """A preset of the simulator with some of its values replaced.

    ``realistic`` is the middle of the road. ``optimistic`` and ``adversarial`` bound it: every
    doubt that evidence leaves goes for or against the account. ``instant`` is for unit tests:
    no delay, and nothing taken ever comes back.

        SimConfig.realistic(latency_p50_ppm=2_000_000)  # twice the delay
        SimConfig("realistic", {"latency.p50_ppm": 2_000_000})  # the same by its published key

    Args:
        preset: Where values come from that are not given.
        overrides: Values by published key (``queue.model``) or Python name (``queue_model``).
        named: The same as keywords.

    Raises:
        ValueError: No such preset or parameter, or a value it cannot have.

    Attributes:
        preset: The preset.
        overrides: What was replaced: published key to value as text.
        params_hash: Identifies model version and every effective value; fills cite it.
        model_version: Version of the models.
    """

    __slots__ = ("_values", "model_version", "overrides", "params_hash", "preset")

    def __init__(
        self,
        preset: Preset = "realistic",
        overrides: Mapping[str, Value] | None = None,
        **named: Unpack[SimOverrides],
    ) -> None:
        if preset not in PRESETS:
            raise ValueError(unknown("preset", preset, PRESETS))
        replaced = {_key(name): _text(value) for name, value in (overrides or {}).items()}
        replaced |= {_key(name): _text(value) for name, value in _items(named)}
        try:
            values, params_hash = _core.sim_config(preset, replaced)
        except ValueError as error:
            raise ValueError(f"{error}{_allowed(str(error), replaced)}") from None
        self.preset: Final[Preset] = preset
        self.overrides: Final[Mapping[str, str]] = replaced
        self.params_hash: Final[str] = params_hash
        self.model_version: Final[str] = _core.MODEL_VERSION
        self._values: Final[dict[str, str]] = values

    @classmethod
    def instant(cls, **named: Unpack[SimOverrides]) -> "SimConfig":
        """Everything in the same nanosecond, for unit tests."""
        return cls("instant", **named)

    @classmethod
    def optimistic(cls, **named: Unpack[SimOverrides]) -> "SimConfig":
        """Every doubt in the account's favour that evidence allows."""
        return cls("optimistic", **named)

    @classmethod
    def realistic(cls, **named: Unpack[SimOverrides]) -> "SimConfig":
        """The middle of the road, and the default."""
        return cls("realistic", **named)

    @classmethod
    def adversarial(cls, **named: Unpack[SimOverrides]) -> "SimConfig":
        """Harsh about money, not about counts."""
        return cls("adversarial", **named)

    @property
    def params(self) -> dict[str, Value]:
        """Every effective value by its published key."""
        return {key: _value(text) for key, text in self._values.items()}

    def __getitem__(self, name: str) -> Value:
        """One effective value, by published key or Python name."""
        return _value(self._values[_key(name)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SimConfig) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    def __repr__(self) -> str:
        replaced = "".join(f", {key}={value}" for key, value in self.overrides.items())
        return f"SimConfig({self.preset}{replaced})"

    @property
    def _identity(self) -> tuple[str, str]:
        return self.preset, self.params_hash

    @staticmethod
    def parameters() -> tuple[Parameter, ...]:
        """What can be replaced: key, unit, meaning and source of each."""
        return PARAMETERS

    @staticmethod
    def presets() -> dict[str, dict[str, Value]]:
        """Every value of every preset."""
        presets = _core.sim_presets()
        return {name: {k: _value(v) for k, v in row.items()} for name, row in presets.items()}


def _items(named: SimOverrides) -> list[tuple[str, Any]]:
    return list(named.items())


def _key(name: str) -> str:
    try:
        return _KEYS[name]
    except KeyError:
        known = [row.name if "_" in name else row.key for row in PARAMETERS]
        raise ValueError(unknown("parameter", name, known)) from None


def _allowed(message: str, replaced: Mapping[str, str]) -> str:
    """The words that a parameter can be, where it has words and another one was given."""
    key = message.partition(":")[0]
    hint = get_type_hints(SimOverrides).get(_NAMES.get(key, ""))
    words = [str(word) for word in get_args(hint)]
    if not words or key not in replaced:
        return ""
    return f"{did_you_mean(replaced[key], words)}; known: {', '.join(words)}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | str):
        return str(value)
    raise ValueError(f"a parameter is a whole number, a name or a truth value, not {value!r}")


def _value(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdecimal() else text
