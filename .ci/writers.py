"""Counts the functions of the engine that may write more than one of its parts.

Follows `self.…()` from function to function, so a function counts as a writer of everything that
its callees write: those of the engine, and those of what it lends parts to its rooms by. A part
that nobody else writes can be understood alone: the counts only fall. `--list` names the functions.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CORE = Path(__file__).resolve().parent.parent / "rust" / "sequence-core" / "src"
PARTS = ("desk", "portfolio", "exchange", "journal")
MOST = {"rooms": {2: 58, 4: 5}, "apply": {2: 31, 4: 24}}
"""Parts written at once: how many functions may do so, in the conductor and in all other rooms.
Lower a number when it can be lowered."""

LENT = ("Bench", "Errand", "Floor", "Listing", "Recall", "Resume", "Wire")
"""What several parts are lent by, each to one kind of work (`apply/lend`)."""
LENDERS = {name.lower(): name for name in LENT} | {"recalling": "Recall", "resuming": "Resume"}
"""Functions, and fields, that give them."""
BLOCK = rf"^impl (Engine|{'|'.join(LENT)})(?:<'_>)? {{\n(.*?)^}}\n"
"""Of what has several parts: the engine, and what lends them."""
CALL = re.compile(
    rf"\b(?:(?:self\s*\.\s*)?({'|'.join(LENDERS)})(?:\([^()]*\))?|self)\s*\.\s*(\w+)\("
)
"""A function that is called: through what was lent, or of the same kind."""

_STD = "push push_back pop pop_front insert remove clear retain extend get_mut get_or_insert_with"
_STD_MUTATORS = frozenset(f"{_STD} entry take drain swap append first_entry pop_first".split())


class Function(NamedTuple):
    """A method of the engine."""

    place: str
    owner: str
    name: str
    is_writer: bool
    body: str


def functions(text: str, place: str, owner: str) -> Iterator[Function]:
    """Every method in a file, by its braces."""
    head = re.compile(
        r"^    (?:pub(?:\([^)]*\))? )?(?:const )?fn (\w+)(?:<[^>]*>)?\(", re.MULTILINE
    )
    for found in head.finditer(text):
        end = text.find("\n    }\n", found.end())
        body = text[found.end() : end]
        is_writer = body.lstrip().startswith(("&mut self", "mut self"))
        yield Function(place, owner, found[1], is_writer, body)


def engine_functions() -> list[Function]:
    """Methods of what has several parts; all others write only what they own."""
    found: list[Function] = []
    for file in sorted((CORE / "engine").rglob("*.rs")):
        text = file.read_text().split("#[cfg(test)]")[0]
        for block in re.finditer(BLOCK, text, re.MULTILINE | re.DOTALL):
            place = str(file.relative_to(CORE / "engine"))
            found += functions(block[2] + "\n", place, block[1])
    return found


def mutators() -> frozenset[str]:
    """Names that only ever belong to methods that change what they are called on."""
    changing, reading = set(_STD_MUTATORS), set[str]()
    for file in CORE.rglob("*.rs"):
        text = file.read_text()
        changing |= set(re.findall(r"fn (\w+)(?:<[^>]*>)?\(\s*&mut self", text))
        reading |= set(re.findall(r"fn (\w+)(?:<[^>]*>)?\(\s*&self", text))
    return frozenset(changing - reading)


def written(body: str, changing: frozenset[str]) -> set[str]:
    """Parts that a body writes itself."""
    found: set[str] = set()
    for part in PARTS:
        at = rf"self\s*\.(?:bench\s*\.)?{part}\b"
        for use in re.finditer(
            at + r"((?:\s*\.\w+|\[[^\]]*\]|\([^()]*\))*)\s*(=(?![=>])|\+=|-=|\|=)?", body
        ):
            # A field of a mutator's name is read; only a call changes.
            names = re.findall(r"\.(\w+)\(", body[use.start() : use.end() + 1])
            if use[2] or changing & set(names):
                found.add(part)
        if re.search(r"&mut \*?" + at, body):
            found.add(part)
    return found


def called(function: Function) -> set[tuple[str, str]]:
    """What a body calls, and of which kind that is."""
    return {
        (LENDERS[call[1]] if call[1] else function.owner, call[2])
        for call in CALL.finditer(function.body)
    }


def writers() -> dict[Function, set[str]]:
    """What each method may write, callees included."""
    known, changing = engine_functions(), mutators()
    sets = {
        function: written(function.body, changing)
        for function in known
        if function.is_writer and function.name not in LENDERS
    }
    by_name: dict[tuple[str, str], list[Function]] = {}
    for function in sets:
        by_name.setdefault((function.owner, function.name), []).append(function)
    calls = {
        function: [callee for call in called(function) for callee in by_name.get(call, ())]
        for function in sets
    }
    grown = True
    while grown:
        grown = False
        for function, callees in calls.items():
            before = len(sets[function])
            for callee in callees:
                sets[function] |= sets[callee]
            grown |= len(sets[function]) > before
    return sets


def room(function: Function) -> str:
    """The conductor, whose work it is to write all parts, or any other room."""
    return "apply" if function.place.startswith("apply/") else "rooms"


def main() -> int:
    """Compares the counts with what is allowed."""
    found = writers()
    failed = False
    for where, limits in MOST.items():
        here = {function: names for function, names in found.items() if room(function) == where}
        for parts, most in limits.items():
            wide = [function for function, names in here.items() if len(names) >= parts]
            print(f"writers: {where}: {len(wide)} write {parts} parts or more, {most} allowed")
            failed |= len(wide) > most
            if "--list" in sys.argv:
                for function in wide:
                    print(
                        f"  {function.place} {function.name}: {' '.join(sorted(found[function]))}"
                    )
    if not found or failed:
        print("writers: too many; keep a change inside one part, or go through `post`")
    return int(failed or not found)


if __name__ == "__main__":
    sys.exit(main())
