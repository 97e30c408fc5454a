"""No two files know each other, not even through others: what a file needs stands below it."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / "python"
CORE = ROOT / "rust" / "sequence-core" / "src"

Arrows = dict[Path, set[Path]]


def circles(arrows: Arrows) -> list[list[str]]:
    """Groups of files that reach each other, by Tarjan's walk."""
    number: dict[Path, int] = {}
    low: dict[Path, int] = {}
    open_: list[Path] = []
    found: list[list[str]] = []

    def visit(file: Path) -> None:
        number[file] = low[file] = len(number)
        open_.append(file)
        for other in sorted(arrows.get(file, ())):
            if other not in number:
                visit(other)
                low[file] = min(low[file], low[other])
            elif other in open_:
                low[file] = min(low[file], number[other])
        if low[file] == number[file]:
            group = open_[open_.index(file) :]
            del open_[open_.index(file) :]
            if len(group) > 1:
                found.append(sorted(str(member) for member in group))

    for file in sorted(arrows):
        if file not in number:
            visit(file)
    return found


def python_target(module: str) -> Path | None:
    """The file of a module; a package's face hands names on and is no room of its own."""
    path = PYTHON.joinpath(*module.split("."))
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else None


def python_arrows() -> Arrows:
    """What each module names, also where only type checkers read it."""
    arrows: Arrows = {}
    for file in (PYTHON / "sequence").rglob("*.py"):
        named: set[str] = set()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        targets = {python_target(name) for name in named if name.startswith("sequence")}
        arrows[file] = {target for target in targets if target is not None} - {file}
    return arrows


def paths_of(use: str) -> Iterable[str]:
    """`a::{b, c::{d, e}}` -> a::b, a::c::d, a::c::e."""
    head, brace, rest = use.partition("{")
    if not brace:
        yield head.split(" as ")[0].strip()
        return
    depth, start, inner = 0, 0, rest[: rest.rindex("}")]
    for at, sign in enumerate(inner + ","):
        depth += (sign == "{") - (sign == "}")
        if sign == "," and depth == 0:
            if part := inner[start:at].strip():
                for path in paths_of(part):
                    yield head.strip() + path
            start = at + 1


def rust_target(words: list[str]) -> Path | None:
    """The file that a path from the crate leads to; the face of a folder is no room."""
    for count in range(len(words), 0, -1):
        file = CORE.joinpath(*words[:count]).with_suffix(".rs")
        if file.is_file():
            return file
    return None


def rust_arrows() -> Arrows:
    """What each file of the core names by `use`."""
    arrows: Arrows = {}
    for file in CORE.rglob("*.rs"):
        if file.stem in ("tests", "lib") or "tests" in file.parts:
            continue
        text = file.read_text().split("#[cfg(test)]")[0]
        own = [*file.relative_to(CORE).with_suffix("").parts]
        here = own[:-1] if file.stem == "mod" else own
        arrows[file] = set()
        for use in re.findall(r"^(?:pub(?:\([^)]*\))? )?use ([^;]+);", text, re.MULTILINE):
            for path in paths_of(" ".join(use.split())):
                words = path.split("::")
                base: list[str] = []
                if words[0] in ("super", "self"):
                    base = here[:-1] if words[0] == "super" else here
                elif words[0] != "crate":
                    continue
                target = rust_target([*base, *words[1:]])
                if target not in (None, file):
                    arrows[file].add(target)
    return arrows


def test_no_python_files_know_each_other():
    arrows = python_arrows()
    assert sum(map(len, arrows.values())) > 500
    assert circles(arrows) == []


def test_no_files_of_the_core_know_each_other():
    arrows = rust_arrows()
    assert sum(map(len, arrows.values())) > 500
    assert circles(arrows) == []


def test_the_scan_can_fail():
    one, two, three = Path("one"), Path("two"), Path("three")
    assert circles({one: {two}, two: {three}, three: {one}}) == [["one", "three", "two"]]
    assert circles({one: {two, three}, two: {three}, three: set()}) == []
    assert list(paths_of("a::{b, c::{d, e}}")) == ["a::b", "a::c::d", "a::c::e"]


def test_every_file_of_rust_is_compiled():
    """A file that no ``mod`` names is read by nobody, and no compiler says so."""
    sources = [path for path in (ROOT / "rust").glob("*/src/**/*.rs") if path.name != "lib.rs"]
    assert len(sources) > 300
    assert [path for path in sources if not is_named(path)] == []


def is_named(path: Path) -> bool:
    """Whether the file above it names a module."""
    home = path.parent if path.name != "mod.rs" else path.parent.parent
    name = path.stem if path.name != "mod.rs" else path.parent.name
    above = (home / "mod.rs", home / "lib.rs", home.with_suffix(".rs"))
    texts = [found.read_text() for found in above if found.exists()]
    return any(re.search(rf"\bmod {name};", text) for text in texts)
