"""What makes a run what it is."""

from sequence.types._base import Wire


class RunData(Wire):
    """Recorded data that was played; `sha256` is of the bytes of the file, null without one."""

    name: str
    bytes: int | None
    sha256: str | None


class RunCard(Wire):
    """Answer of `GET /v1/sandbox/run`: enough to make the run again from the same input.

    `overrides` are the values that replace those of the preset, `params` all that are in force, by
    their published keys. `not_modelled` says in short where the run is no statement about venues.
    """

    version: str
    model_version: str
    preset: str
    overrides: dict[str, str]
    params: dict[str, int | bool | str]
    params_hash: str
    seed: int
    clock: str
    market: str
    now_ns: int
    data: list[RunData]
    not_modelled: list[str]
