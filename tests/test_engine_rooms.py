"""Which room of the engine may know which: the arrows that ARCHITECTURE.md draws."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "rust" / "sequence-core" / "src"
ENGINE = CORE / "engine"

GROUND = {"agenda", "bounds", "facts", "rules", "seam"}
"""Words that every room may use. They know no room, but for books and what stands behind a fill."""

ARROWS = {
    "apply": GROUND
    | {"desk", "exchange", "floor", "graph", "journal", "life", "live", "portfolio"}
    | {"record", "view"},
    "live": GROUND | {"desk", "journal"},
    "graph": GROUND | {"desk", "exchange", "portfolio", "journal", "view"},
    "desk": GROUND | {"exchange", "portfolio", "journal"},
    "exchange": GROUND | {"floor"},
    "floor": GROUND | {"desk", "exchange"},
    "portfolio": GROUND | {"exchange"},
    "life": GROUND | {"desk", "exchange", "portfolio", "journal"},
    "journal": GROUND | {"desk", "exchange", "portfolio", "graph", "record", "view"},
    "agenda": {"seam"},
    "seam": {"exchange"},
    "bounds": set[str](),
    "facts": {"exchange", "rules"},
    "rules": set[str](),
}
"""Room -> the rooms it may name. Readers (`view`, `record`, `check`) may name every room."""

READERS = {"view", "record", "check"}
BELOW = ["sim", "ledger", "position", "order", "listing", "venue", "symbol", "registry", "router"]
"""What the engine is made of, and what never knows it."""

ONE_WAY = [
    ("listing", "venue"),
    ("listing", "symbol"),
    ("symbol", "venue"),
    ("ledger", "position"),
    ("registry", "venue"),
]
"""Upper and lower of two modules: the lower never names the upper."""


def sources(folder: Path, module: str) -> list[Path]:
    found = [*(folder / module).rglob("*.rs"), *folder.glob(f"{module}.rs")]
    assert found, module
    return [file for file in found if "tests" not in file.stem]


def code(file: Path) -> str:
    return file.read_text().split("#[cfg(test)]")[0]


def named(text: str, root: str) -> set[str]:
    """First words after a path: of `crate::engine::{a::b, c}` these are a and c."""
    found: set[str] = set()
    for use in re.finditer(root + r"::(?:\{([^}]*)\}|(\w+))", text):
        words = [use[2]] if use[2] else re.split(r"[,\s]+", use[1])
        found |= {word.split("::")[0] for word in words if word}
    return {word for word in found if word[0].islower()}


def test_rooms_of_the_engine_know_only_what_they_may():
    rooms = {path.stem for path in ENGINE.iterdir()} - {"mod"}
    assert rooms == {*ARROWS, *READERS}
    wrong = [
        f"{file.relative_to(ENGINE)} names {other}"
        for room, allowed in ARROWS.items()
        for file in sources(ENGINE, room)
        for other in sorted(named(code(file), "crate::engine") & rooms - allowed - {room})
    ]
    assert not wrong, "\n".join(wrong)


def test_what_the_engine_is_made_of_does_not_know_it():
    wrong = [
        str(file.relative_to(CORE))
        for module in BELOW
        for file in sources(CORE, module)
        if "engine" in named(code(file), "crate")
    ]
    assert not wrong, wrong


def test_modules_know_each_other_one_way():
    wrong = [
        f"{file.relative_to(CORE)} names {upper}"
        for upper, lower in ONE_WAY
        for file in sources(CORE, lower)
        if upper in named(code(file), "crate")
    ]
    assert not wrong, wrong


def test_readers_change_nothing():
    for room in READERS:
        for file in sources(ENGINE, room):
            blocks = re.findall(r"^impl Engine \{\n(.*?)^}\n", code(file), re.MULTILINE | re.DOTALL)
            assert "&mut Engine" not in code(file), file
            assert not any("&mut self" in block for block in blocks), file


LENT = {
    ("desk/bench.rs", "Papers"): set[str](),
    ("desk/bench.rs", "Bench"): {"Desk", "Portfolio", "Journal", "Agenda", "Post"},
    ("floor.rs", "Floor"): {"Exchange", "Agenda", "Post"},
    ("exchange/listing.rs", "Listing"): {"Registry", "Exchange"},
    ("live/mod.rs", "Wire"): {"Live", "Journal", "Post"},
    ("graph/submit.rs", "Entry"): set[str](),
    ("graph/mod.rs", "Work"): {"Run"},
    ("graph/carry.rs", "Errand"): {"Run"},
    ("journal/known.rs", "Known"): set[str](),
    ("journal/recall.rs", "Recall"): {"Desk", "Portfolio", "Exchange", "Graphs"},
    ("journal/resume.rs", "Resume"): {"Exchange", "Agenda"},
    ("journal/tell.rs", "Teller"): {"Outbox"},
    ("facts.rs", "Facts"): set[str](),
}
"""What a borrowed view lets its functions write. The rest is not there, or not to be changed."""


def test_rooms_write_only_what_they_are_lent():
    for (file, view), parts in LENT.items():
        found = re.search(rf"struct {view}<'a> \{{\n(.*?)^}}", code(ENGINE / file), re.M | re.S)
        assert found, view
        assert set(re.findall(r"&'a mut (\w+)", found[1])) == parts, view


PARTS = {
    "Agenda": "agenda.rs",
    "Desk": "desk/mod.rs",
    "Exchange": "exchange/mod.rs",
    "Graphs": "graph/mod.rs",
    "Journal": "journal/mod.rs",
    "Live": "live/mod.rs",
    "Portfolio": "portfolio/mod.rs",
    "Rules": "rules.rs",
}


def test_fields_of_a_part_are_its_rooms():
    for part, file in PARTS.items():
        found = re.search(rf"struct {part} \{{\n(.*?)^}}", code(ENGINE / file), re.M | re.S)
        assert found, part
        assert "pub" not in re.sub(r"///.*", "", found[1]), part


def test_venues_read_of_orders_what_was_asked_of_them():
    for room in ("exchange", "floor"):
        for file in sources(ENGINE, room):
            assert not re.search(r"&Order\b|\.order\(|\bpapers\b|\bPapers\b", code(file)), file
            assert "engine::desk" not in code(file).replace("engine::desk::asked::", ""), file
    # What venues may read gives terms out, and nothing that an account has or its client knows.
    asked = code(ENGINE / "desk" / "asked.rs")
    given = set(re.findall(r"    pub\(in crate::engine\) fn (\w+)\(self", asked))
    assert given == {"terms", "leg", "legs", "owner", "is_liquidation", "fate"}
    ask = code(CORE / "order" / "ask.rs")
    lent = set(re.findall(r"    pub (?:const )?fn (\w+)\(self\)", ask))
    whose = {"account", "side", "outcome", "tif", "is_market", "rests", "chases", "displaces_own"}
    form = {"market", "qty", "bound", "cap", "reference", "change"}
    stands = {"is_changing", "replaces", "is_held", "is_unanswered"}
    assert lent == whose | form | stands
    for file in [file for room in ("exchange", "floor") for file in sources(ENGINE, room)]:
        # A venue's half may be made of a whole leg, for a forecast.
        assert file.name == "legs.rs" or not re.search(r"\bOrderSpec\b|&Leg\b", code(file)), file


WHOLE = {"life/configure.rs", "life/liquidate.rs"}
"""Files outside the conductor with the whole engine to write. The list only becomes shorter: what
happens to accounts without an order of theirs moves all parts, as the conductor does."""


def test_only_the_conductor_has_the_whole_engine_to_write():
    rooms = {room for room in ARROWS if room != "apply"}
    whole = {
        str(file.relative_to(ENGINE))
        for room in rooms
        for file in sources(ENGINE, room)
        if re.search(r"^impl Engine\b|&(?:'\w+ )?mut Engine\b", code(file), re.M)
    }
    assert whole == WHOLE


def test_fewer_functions_write_several_parts_never_more():
    script = ROOT / ".ci" / "writers.py"
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_scan_can_fail():
    text = "use crate::engine::{desk::account, Engine};\nuse crate::engine::view::Value;\n"
    assert named(text, "crate::engine") == {"desk", "view"}
