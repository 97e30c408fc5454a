"""The shape of the package: exports, imports, generated files and the table of operations."""

import ast
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest

import sequence
from sequence import types
from sequence._operations import OPERATIONS

ROOT = Path(__file__).resolve().parents[2]


ASKED_LATER = {"sequence._client.ask.graph_node", "sequence._client.ask.recipes"}


def loaded_by(code: str) -> set[str]:
    """Names of the modules that a fresh interpreter has after running a line."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", [sequence, types])
def test_exports_are_sorted_and_exist(module: object):
    names: list[str] = module.__all__  # type: ignore[attr-defined]
    assert names == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert len(names) > 10
    assert all(getattr(module, name) is not None for name in names)
    assert set(names) <= set(dir(module))


def test_an_unknown_export_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        sequence.Nonsense  # noqa: B018


def test_importing_the_package_loads_nothing_heavy():
    heavy = {"httpx", "pydantic", "starlette", "uvicorn", "typer", "rich", "asyncio"}
    assert not heavy & loaded_by("import sequence")


HEAVY = {"httpx", "pydantic", "starlette", "uvicorn", "typer", "rich", "asyncio", "ssl", "hashlib"}


def test_making_a_client_loads_no_model_no_http_and_no_server():
    loaded = loaded_by("from sequence import Sequence; Sequence('k')")
    assert "sequence._client.sync.client" in loaded
    assert not HEAVY & loaded
    ours = {name for name in loaded if name.startswith("sequence.types.")}
    assert ours == {f"sequence.types.{name}" for name in ("_decimal", "_names", "_words")}
    assert not {"sequence._client.async_", "sequence.streams", *ASKED_LATER} & loaded


def test_the_asyncio_client_loads_no_model_either():
    loaded = loaded_by("from sequence import AsyncSequence; AsyncSequence('k')")
    assert not (HEAVY - {"asyncio", "ssl", "hashlib"}) & loaded


def test_an_order_loads_the_models_of_orders_alone():
    loaded = loaded_by("from sequence import _operations as ops; ops.SUBMIT_ORDER.response")
    assert {"sequence.types.order", "pydantic"} <= loaded
    unread = {"page", "market", "testing", "history", "health", "account"}
    assert not {f"sequence.types.{name}" for name in unread} & loaded


def test_every_name_of_the_types_is_found_where_type_checkers_find_it():
    stub = ROOT / "python" / "sequence" / "types" / "__init__.pyi"
    told = {
        name.name: line.module.removeprefix("sequence.types.")
        for line in ast.parse(stub.read_text()).body
        if isinstance(line, ast.ImportFrom) and line.module
        for name in line.names
    }
    assert told == types._HOMES
    assert sorted(told) == sorted(types.__all__)
    for name, home in told.items():
        assert getattr(types, name) is getattr(import_module(f"sequence.types.{home}"), name)


def test_annotations_of_the_client_can_be_resolved():
    for call in (sequence.Sequence.buy, sequence.Sequence.orders, sequence.AsyncSequence.quote):
        assert "return" in get_type_hints(call)


def test_only_one_file_of_the_client_and_one_of_live_books_import_httpx():
    files = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "python" / "sequence").rglob("*.py"))
        if re.search(r"^\s*(import|from) httpx\b", path.read_text(), re.MULTILINE)
    ]
    home = "python/sequence"
    assert files == [f"{home}/_client/carry/http.py", f"{home}/feeds/live/rest.py"]


def test_types_and_errors_import_nothing_else_of_ours_but_the_core():
    folder = ROOT / "python" / "sequence"
    files = [*sorted((folder / "types").glob("*.py")), folder / "errors.py"]
    assert len(files) > 15
    for path in files:
        imported = re.findall(r"^\s*(?:from|import) (sequence[\w.]*)", path.read_text(), re.M)
        # The core knows no module of ours: near names are found there.
        known = ("sequence.types", "sequence._core")
        assert all(name.startswith(known) for name in imported), path.name


def test_only_one_file_reads_the_environment():
    client_files = [*(ROOT / "python" / "sequence").glob("*.py")]
    client_files += [*(ROOT / "python" / "sequence" / "_client").rglob("*.py")]
    readers = {path.name for path in client_files if "os.environ" in path.read_text()}
    assert len(client_files) > 15
    assert readers - {"cli.py", "pytest_plugin.py"} == {"options.py", "config.py"}


def test_the_sync_client_is_generated_from_the_async_one():
    done = subprocess.run(  # noqa: S603 - our own tool
        [sys.executable, str(ROOT / "python" / "tools" / "unasync.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_check_of_the_generator_sees_any_difference(tmp_path: Path):
    source = (ROOT / "python" / "tools" / "unasync.py").read_text()
    tools, package = tmp_path / "tools", tmp_path / "sequence"
    tools.mkdir()
    (tools / "unasync.py").write_text(source)
    for name in ("async_", "sync"):
        (package / "_client" / name).mkdir(parents=True)
        for path in (ROOT / "python" / "sequence" / "_client" / name).glob("*.py"):
            (package / "_client" / name / path.name).write_text(path.read_text())
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    broken = package / "_client" / "sync" / "trading.py"
    broken.write_text(broken.read_text()[:-200])
    (package / "_client" / "sync" / "left_over.py").write_text("")
    done = subprocess.run(  # noqa: S603 - our own tool
        [sys.executable, str(tools / "unasync.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "left_over.py" in done.stderr
    assert "trading.py" in done.stderr


def test_every_endpoint_is_named_once():
    routes = [
        (method, path)
        for operation in OPERATIONS.values()
        for method in (operation.method, *operation.method_aliases)
        for path in (operation.path, *operation.aliases)
    ]
    assert len(routes) == len(set(routes)) >= 40
    assert all(path.startswith("/v1/") for _, path in routes)


def test_operations_are_consistent():
    for name, operation in OPERATIONS.items():
        assert operation.name == name
        assert operation.summary, name
        assert operation.writes == (
            operation.method != "GET" and name not in ("preview", "quotes_batch")
        ), name
        assert operation.request is None or operation.method not in ("GET", "DELETE"), name


def test_a_zero_length_body_is_an_empty_object_where_every_field_is_optional():
    empty = {name for name, operation in OPERATIONS.items() if _takes_nothing(name)}
    assert {
        "sandbox_reset",
        "graph_resume",
        "kill_switch_engage",
        "kill_switch_clear",
        "venue_cancel_all",
        "api_key_create",
        "api_key_rotate",
    } <= empty
    assert "submit_order" not in empty


def _takes_nothing(name: str) -> bool:
    try:
        OPERATIONS[name].read_body({})
    except ValueError:
        return False
    return True
