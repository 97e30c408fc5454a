"""The documents: their snippets run as they stand, their tables hold what the code has."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.main import get_command

from sequence import Sequence, errors
from sequence.cli.app import app
from sequence.sandbox import Sandbox
from sequence.server import serving
from sequence.types._words import FaultKind

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
GENERATED = {"http.md", "cli.md", "presets.md"}
PAGES = sorted(
    page for page in DOCS.rglob("*.md") if "_build" not in page.parts and page.name not in GENERATED
)
BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*?) -->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S
)
BEFORE = re.compile(r"^<!-- before\n(.*?)^-->$", re.M | re.S)
"""What a page takes for granted: not shown, and run before its snippets."""
SHOWN_URL, SHOWN_KEY = "http://localhost:50052", "seq_test_..."
NEEDS_A_NETWORK = {"live.md"}


@dataclass(frozen=True)
class Snippet:
    note: str
    kind: str
    text: str


def snippets(page: Path) -> list[Snippet]:
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Snippet(one["note"] or "", one["kind"], one["text"]) for one in found]


def python_of(page: Path) -> str:
    """The snippets of a page in their order, as one program."""
    before = BEFORE.findall(page.read_text(encoding="utf-8"))
    plain = [one.text for one in snippets(page) if one.kind == "python" and not one.note]
    return "\n".join([*before, *plain])


WITH_PYTHON = [page for page in PAGES if any(one.kind == "python" for one in snippets(page))]


def test_there_are_pages_of_every_kind():
    assert len(PAGES) > 25
    assert len(WITH_PYTHON) > 15
    for folder in ("tutorial", "howto", "reference", "explanation"):
        assert len([page for page in PAGES if page.parent.name == folder]) >= 3


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.stem)
def test_the_snippets_of_a_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    program = python_of(page)
    code = compile(program, page.name, "exec")
    for one in snippets(page):
        if one.note.startswith("file: "):
            (tmp_path / one.note.removeprefix("file: ")).write_text(one.text)
    if page.name in NEEDS_A_NETWORK:
        return
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        if SHOWN_URL in program:
            sandbox = stack.enter_context(Sandbox(seed=3))
            url = stack.enter_context(serving(sandbox))
            program = program.replace(SHOWN_URL, url).replace(SHOWN_KEY, sandbox.test_key)
            code = compile(program, page.name, "exec")
        names: dict[str, object] = {"__name__": "snippets"}
        exec(code, names)  # noqa: S102 - what the page says
        # As the end of a program would.
        for value in names.values():
            if isinstance(value, Sandbox | Sequence):
                value.close()
    promised = re.findall(r"# > ?(.*)", program)
    told = iter(capsys.readouterr().out.splitlines())
    missing = [line for line in promised if line not in told]
    assert missing == []


def test_the_tests_of_the_tutorial_pass(tmp_path: Path):
    for one in snippets(DOCS / "tutorial" / "first_test.md"):
        if one.note.startswith("file: "):
            (tmp_path / one.note.removeprefix("file: ")).write_text(one.text)
    done = subprocess.run(  # noqa: S603 - what the page says
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=50,
    )
    assert "3 passed" in done.stdout, done.stdout


def commands() -> Iterator[tuple[str, str]]:
    for page in [*PAGES, ROOT / "README.md"]:
        for one in snippets(page):
            if one.kind in ("sh", "console"):
                lines = [line.split(" #")[0].strip() for line in one.text.splitlines()]
                yield from ((page.name, line) for line in lines if "sequence " in line)


@pytest.mark.parametrize(("page", "line"), sorted(set(commands())))
def test_a_command_of_the_documents_can_be_typed(page: str, line: str):
    words = shlex.split(line.removeprefix(".venv/bin/"))
    if words[0] != "sequence":
        pytest.skip(f"{page}: not ours: {line}")
    command, context = get_command(app), None
    arguments = words[1:]
    while True:
        context = command.make_context(command.name or "", arguments, parent=context)
        if not hasattr(command, "commands"):
            return
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        _, command, arguments = command.resolve_command(context, rest)


def words_of(file: str, name: str) -> set[str]:
    """The texts of one closed set of the core."""
    source = (ROOT / "rust" / "sequence-core" / "src" / file).read_text()
    body = source[source.index(f"    {name} {{") :]
    return set(re.findall(r'= "([A-Z_]+)"', body[: body.index("\n    }")]))


def table_of(page: str) -> set[str]:
    """The first column of the tables of a page."""
    text = (DOCS / page).read_text()
    cells = re.findall(r"^\| (`.*?) \|", text, re.M)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def test_the_reference_lists_every_reason_event_code_and_fault():
    from typing import get_args

    reasons = words_of("reject.rs", "RejectReason") | words_of("reject.rs", "DoneReason")
    assert table_of("reference/reasons.md") == reasons | words_of(
        "sim/explain.rs", "NotFilledReason"
    )
    events = (ROOT / "rust" / "sequence-core" / "src" / "event.rs").read_text()
    assert table_of("reference/events.md") == set(re.findall(r'=> "([a-z_]+)",', events))
    assert table_of("reference/errors.md") == set(errors.CODE_STATUS)
    assert set(get_args(FaultKind)) <= table_of("howto/faults.md")


def test_the_reference_lists_every_variable_of_the_environment():
    named = set()
    for file in (ROOT / "python" / "sequence").rglob("*.py"):
        named |= set(re.findall(r'"((?:SEQUENCE|SEQ|KALSHI)_[A-Z_]+)"', file.read_text()))
    named -= {"SEQ_API_KEY", "SEQ_TEST_KEY"}
    assert len(named) > 4
    assert named <= table_of("reference/environment.md")


def test_every_page_is_in_the_contents():
    contents = (DOCS / "index.md").read_text()
    names = {str(page.relative_to(DOCS).with_suffix("")) for page in PAGES} - {"index"}
    listed = set(re.findall(r"^([a-z_/-]+)$", contents, re.M))
    assert listed == names | {f"reference/{name.removesuffix('.md')}" for name in GENERATED}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists() or Path(target).name in GENERATED, target
