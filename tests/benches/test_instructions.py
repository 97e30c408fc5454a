"""What the count of instructions fails for; counting itself needs callgrind and a release build."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def instructions() -> ModuleType:
    spec = importlib.util.spec_from_file_location("instructions", ROOT / ".ci" / "instructions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("counted", "lines"),
    [
        ({"a": 100, "b": 200}, []),
        ({"a": 105, "b": 210}, []),
        ({"a": 106, "b": 200}, ["a costs 1.060 times what the file holds"]),
        ({"a": 10, "b": 20}, []),
        ({"a": 100}, ["b of instructions.json is not counted"]),
        ({"a": 100, "b": 200, "c": 1}, ["c is not in instructions.json"]),
    ],
)
def test_a_path_that_became_dearer_fails_and_so_does_one_without_a_number(
    instructions: ModuleType, counted: dict[str, int], lines: list[str]
):
    assert instructions.dearer_than(counted, {"a": 100, "b": 200}) == lines


def test_the_file_holds_a_number_for_each_path_that_the_program_knows(instructions: ModuleType):
    kept = json.loads((ROOT / "benches" / "instructions.json").read_text())
    source = (ROOT / "benches" / "core" / "src" / "bin" / "count.rs").read_text()
    assert kept.keys() == instructions.ROUNDS.keys()
    assert len(kept) == 11
    assert all(f'"{path}" =>' in source for path in kept)
    assert all(type(count) is int and count > 0 for count in kept.values())
    shown = instructions.table(kept, kept)
    assert all(path in shown for path in kept)
    assert shown.count("1.000") == 11
