"""What the sources must not contain. Every scan says how much it looked at."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python" / "sequence"
LIMIT = 500

ARROWS = {
    "types": {"types"},
    "errors": set[str](),
    "_files": set[str](),
    "_loops": set[str](),
    "feeds": {"_core", "feeds", "_progress", "_files", "_loops"},
    "store": {"_core", "store", "_progress"},
    "sandbox": {
        "types",
        "errors",
        "_core",
        "feeds",
        "store",
        "sandbox",
        "_operations",
        "_steps",
        "_files",
    },
    "server": {
        "types",
        "errors",
        "_core",
        "store",
        "sandbox",
        "server",
        "_operations",
        "_files",
        "_loops",
    },
    "client": {
        "types",
        "errors",
        "client",
        "_operations",
        "_core",
        "wire",
        "_progress",
        "_steps",
        "_files",
    },
    "wire": set[str](),
    "_progress": set[str](),
    "_steps": {"types", "errors"},
    "_operations": {"types", "errors"},
    "http": {"types", "errors", "client", "_operations", "wire"},
    "inprocess": {"types", "errors", "sandbox", "_operations", "wire"},
    "pytest_plugin": set[str](),
    "fakes": {"_core", "fakes", "feeds", "_loops"},
    "cli": {
        "types",
        "errors",
        "_core",
        "feeds",
        "fakes",
        "store",
        "sandbox",
        "server",
        "client",
        "cli",
        "_progress",
        "_files",
    },
}
"""Part -> the parts it may import. A part that is not listed is the client."""

IN_A_METHOD_ONLY = {
    ("types", "_core"),
    ("sandbox", "client"),
    ("sandbox", "inprocess"),
    ("client", "http"),
    ("pytest_plugin", "sandbox"),
    ("pytest_plugin", "client"),
}
"""Imports that wait until they are needed, so that the parts load alone."""


def python_files() -> list[Path]:
    found = [file for file in sorted(PACKAGE.rglob("*.py")) if "__pycache__" not in file.parts]
    assert len(found) > 60
    return found


def part_of(module: str) -> str:
    """`sequence.types.fill` -> `types`; everything that is no part of its own is the client."""
    words = module.split(".")
    name = words[1] if len(words) > 1 else ""
    if words[1:3] == ["_client", "carry"]:
        # What carries requests is two worlds: one knows HTTP, one the sandbox.
        name = words[-1]
    known = {*ARROWS, "_core"}
    return "cli" if name == "__main__" else name if name in known else "client"


def imports(tree: ast.AST) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "sequence":
            names += [f"sequence.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return [name for name in names if name.split(".")[0] == "sequence"]


def top_level(tree: ast.Module) -> ast.Module:
    """The module without bodies of functions and without what only type checkers read."""

    class Shallow(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            del node

        def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
            del node

        def visit_If(self, node: ast.If) -> ast.If | None:
            return None if ast.unparse(node.test) == "TYPE_CHECKING" else node

    return Shallow().visit(tree)


def test_imports_go_one_way():
    looked_at = 0
    wrong: list[str] = []
    for file in python_files():
        module = ".".join(("sequence", *file.relative_to(PACKAGE).with_suffix("").parts))
        if module == "sequence.__init__":
            continue
        part = part_of(module)
        allowed = ARROWS[part]
        for name in imports(top_level(ast.parse(file.read_text()))):
            looked_at += 1
            target = part_of(name)
            if target not in allowed and target != part:
                wrong.append(f"{module} imports {name}")
    assert looked_at > 150
    assert wrong == []


def test_late_imports_are_the_known_ones():
    late = set[tuple[str, str]]()
    for file in python_files():
        module = ".".join(("sequence", *file.relative_to(PACKAGE).with_suffix("").parts))
        part = part_of(module)
        tree = ast.parse(file.read_text())
        for name in imports(tree):
            if part_of(name) not in ARROWS.get(part, set()) | {part}:
                late.add((part, part_of(name)))
    assert late <= IN_A_METHOD_ONLY
    assert len(late) > 0


def test_the_scan_of_arrows_can_fail():
    tree = ast.parse("from sequence.server import serve\ndef f():\n    import sequence.cli\n")
    assert imports(tree) == ["sequence.server", "sequence.cli"]
    assert imports(top_level(tree)) == ["sequence.server"]
    assert part_of("sequence.server.app") == "server"
    assert part_of("sequence._client.async_.order") == "client"
    assert "server" not in ARROWS["types"]


def test_the_core_does_not_know_python():
    manifest = tomllib.loads((ROOT / "rust" / "sequence-core" / "Cargo.toml").read_text())
    assert "pyo3" not in manifest.get("dependencies", {})
    sources = [*(ROOT / "rust" / "sequence-core" / "src").rglob("*.rs")]
    assert len(sources) > 50
    assert [file.name for file in sources if "pyo3" in file.read_text()] == []


def test_a_price_is_never_asked_whether_it_is_true():
    name = r"(?:\w+\.)?(?:limit_|new_)?price(?:_1e9)?"
    banned = re.compile(rf"\b(?:if|while|and|or|not) {name}\s*(?::|and\b|or\b|else\b|\))")
    files = python_files()
    wrong = [
        f"{file.name}: {found[0]}" for file in files for found in banned.finditer(file.read_text())
    ]
    assert wrong == []
    assert banned.search("if price:")
    assert banned.search("x = 1 if self.limit_price else 2")
    assert not banned.search("if price is not None:")


@pytest.mark.parametrize(
    ("folder", "pattern", "least"),
    [
        ("python", "*.py", 60),
        ("rust", "*.rs", 100),
        ("tests", "*.py", 25),
        ("benches", "*.rs", 10),
        ("examples", "*.py", 3),
    ],
)
def test_files_fit_a_reader(folder: str, pattern: str, least: int):
    files = [file for file in (ROOT / folder).rglob(pattern) if "target" not in file.parts]
    assert len(files) >= least
    # Tables, and arguments that Rust wants on a line each, may be longer.
    longer = {
        "rust/sequence-py/src/engine.rs",
        "tests/core/test_ledger_model.py",
    }
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in files}
    assert {name for name, lines in lengths.items() if lines > LIMIT} <= longer


def test_documents_are_short():
    limits = {"README.md": 120, "ARCHITECTURE.md": 150, "CONTRIBUTING.md": 60}
    for name, limit in limits.items():
        assert 10 < len((ROOT / name).read_text().splitlines()) < limit, name


def test_nothing_speaks_of_anything_but_the_project():
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    if not listed:
        pytest.skip("not a git checkout: no list of files")
    words = ["T" + "ODO", "FIX" + "ME", "X" + "XX", "/wo" + "rk/", "Clau" + "de", "Chat" + "GPT"]
    banned = re.compile(
        "|".join(rf"\b{re.escape(word)}\b" if word[0] != "/" else word for word in words)
    )
    looked_at = 0
    wrong: list[str] = []
    for name in listed:
        file = ROOT / name
        if file.suffix in (".lock", ".zst", ".png") or not file.is_file():
            continue
        looked_at += 1
        wrong += [f"{name}: {found[0]}" for found in banned.finditer(file.read_text())]
    assert looked_at > 200
    assert wrong == []


def test_links_of_the_documents_lead_somewhere():
    documents = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "benches").glob("*.md"),
    ]
    links = [
        (document, target)
        for document in documents
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text())
    ]
    assert len(documents) >= 6
    assert [f"{d.name}: {t}" for d, t in links if not (d.parent / t).exists()] == []
