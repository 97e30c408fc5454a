"""The compiled core as Python sees it: complete, named, and as its stub says."""

import ast
import inspect
import pickle
import re
from pathlib import Path

import pytest

from sequence import _core

ROOT = Path(__file__).resolve().parents[1]
STUB = ROOT / "python" / "sequence" / "_core.pyi"
NOW_NS = 1_776_657_000_000_000_000
CLASSES = sorted(
    (cls for cls in vars(_core).values() if inspect.isclass(cls) and cls is not _core.Panic),
    key=lambda c: c.__name__,
)
"""Our own; what a panic becomes is the binding library's."""


def stub() -> ast.Module:
    return ast.parse(STUB.read_text())


def stub_exports() -> list[str]:
    for node in stub().body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    raise AssertionError("the stub has no __all__")


def stub_methods(name: str) -> dict[str, ast.FunctionDef]:
    found = next(n for n in stub().body if isinstance(n, ast.ClassDef) and n.name == name)
    return {node.name: node for node in found.body if isinstance(node, ast.FunctionDef)}


@pytest.fixture
def engine() -> _core.Engine:
    engine = _core.Engine(seed=3)
    engine.start_demo(NOW_NS)
    engine.reset(engine.account("a"), 10**14, NOW_NS)
    return engine


def test_the_stub_exports_what_the_module_exports_in_order():
    exports = stub_exports()
    present = {name for name in dir(_core) if not name.startswith("__")} | {"__version__"}
    assert set(exports) == present
    order = sorted(exports, key=lambda n: (not n.isupper(), n[0].islower() or n[0] == "_", n))
    assert exports == order
    assert len(exports) > 20


def test_classes_say_where_they_live():
    assert [cls.__name__ for cls in CLASSES] == [
        "AmendBody", "Answer", "Book", "Catalogue", "Engine", "Frames", "InstrumentList", "Journal",
        "JsonError", "OrderBody", "Recording", "Refusal", "Snapshot", "Symbol", "Tape", "Unread",
    ]  # fmt: skip
    for cls in CLASSES:
        assert cls.__module__ == "sequence._core"
        assert getattr(_core, cls.__qualname__) is cls


def test_every_class_of_the_binding_is_frozen_and_named():
    sources = sorted((ROOT / "rust" / "sequence-py" / "src").rglob("*.rs"))
    attributes = [
        found
        for path in sources
        for found in re.findall(r"#\[pyclass\(([^]]*)\)\]", path.read_text())
    ]
    bare = [path.name for path in sources if "#[pyclass]" in path.read_text()]
    assert len(sources) > 5
    assert len(attributes) >= 3
    assert bare == []
    for attribute in attributes:
        assert "frozen" in attribute
        assert 'module = "sequence._core"' in attribute


def test_instances_cannot_be_given_attributes(engine: _core.Engine):
    for value in (engine, _core.parse_symbol("BTC-USD")):
        with pytest.raises(AttributeError):
            value.anything = 1  # type: ignore[attr-defined,union-attr]


def test_errors_of_the_core_travel_between_processes(engine: _core.Engine):
    with pytest.raises(_core.Refusal) as refused:
        engine.quote("NOPE", 1)
    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 - made on the line itself
    assert type(again) is _core.Refusal
    assert (again.code, again.message) == (refused.value.code, refused.value.message)


def test_every_method_and_getter_is_in_the_stub():
    for cls in (_core.Engine, _core.Recording):
        names = {name for name in vars(cls) if not name.startswith("__")}
        assert names == {name for name in stub_methods(cls.__name__) if not name.startswith("__")}


def test_main_calls_return_what_the_stub_says(engine: _core.Engine):
    account = engine.account("a")
    returned: dict[str, object] = {
        "account": account,
        "epoch": engine.epoch(account),
        "now_ns": engine.now_ns,
        "next_due_ns": engine.next_due_ns(),
        "advance": engine.advance(NOW_NS + 1),
        "quote": engine.quote("BTC-USD", 5),
        "quotes": engine.quotes(["BTC-USD"], 60),
        "symbols": engine.symbols(),
        "symbol": engine.symbol("BTC-USD"),
        "fees": engine.fees("BTC-USD"),
        "place": engine.place(account, NOW_NS, "BTC-USD", "buy", 10**6),
        "submit": engine.submit(account, NOW_NS, symbol="BTC-USD", side="buy", qty_1e8=10**6),
        "preview": engine.preview(account, symbol="BTC-USD", side="buy", qty_1e8=10**6),
        "orders": engine.orders(account),
        "fills": engine.fills(account),
        "positions": engine.positions(account),
        "set_positions": engine.set_positions(account, [], False, NOW_NS),
        "reset": engine.reset(account, 10**14, NOW_NS),
        "check_invariants": engine.check_invariants(),
        "events": engine.events(0, 10),
        "state_hash": engine.state_hash(),
        "world_hash": engine.world_hash(),
        "event_hash": engine.event_hash(),
    }
    methods = stub_methods("Engine")
    for name, value in returned.items():
        annotation = methods[name].returns
        assert annotation is not None
        assert fits(value, annotation), f"{name}: {ast.unparse(annotation)}, got {value!r:.80}"


def fits(value: object, node: ast.expr) -> bool:
    """Whether a value is of an annotated type; lists and tuples are looked into."""
    text = ast.unparse(node)
    if isinstance(node, ast.BinOp):
        return fits(value, node.left) or fits(value, node.right)
    if isinstance(node, ast.Subscript):
        inner = node.slice
        if ast.unparse(node.value) == "list":
            return isinstance(value, list) and all(fits(item, inner) for item in value)
        if ast.unparse(node.value) == "tuple" and isinstance(inner, ast.Tuple):
            return isinstance(value, tuple) and all(
                fits(item, each) for item, each in zip(value, inner.elts, strict=True)
            )
        return isinstance(value, dict)
    simple = {"int": int, "str": str, "bool": bool, "None": type(None), "_Row": dict}
    return type(value) is simple[text]


def test_the_check_of_return_types_can_fail():
    annotation = ast.parse("list[tuple[int, str | None]]", mode="eval").body
    assert fits([(1, None), (2, "b")], annotation)
    assert not fits([(1, 2)], annotation)
    assert not fits([(True, None)], annotation)


def test_version_and_profile_are_told():
    assert re.fullmatch(r"\d+\.\d+\.\d+", _core.__version__)
    assert f'version = "{_core.__version__}"' in (ROOT / "Cargo.toml").read_text()
    assert _core.BUILD_PROFILE in ("debug", "release")
