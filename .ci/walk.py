"""Walks README and tutorial with nothing but the installed package, and measures the first fill."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCK = re.compile(r"(?:^<!-- ([^\n]*?) -->\n)?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ("README.md", "docs/tutorial/first_bot.md", "docs/tutorial/first_backtest.md")
NEEDS_MORE = {"replay.py", "test_bot.py"}
"""A recording of the reader's own, and pytest."""
FIRST = """
from sequence.sandbox import Sandbox
order = Sandbox().client().buy("BTC-USD", "0.1").wait()
assert order.status == "FILLED"
"""


def run(*command: str, more: dict[str, str] | None = None) -> str:
    """Standard output of a program that must succeed."""
    environment = os.environ | (more or {})
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)[:80]}: ended {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def server(*arguments: str) -> Iterator[dict[str, str]]:
    """A server at a free port, and what it said when it answered."""
    command = ["sequence", "up", *arguments, "--port", "0", "--db", "memory", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def commands(page: str) -> list[list[str]]:
    """Words of every `sequence` line that a page tells its reader to type."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", Path(page).read_text(), re.MULTILINE | re.DOTALL)
    lines = [line.partition(" #")[0].split() for block in blocks for line in block.splitlines()]
    return [line[1:] for line in lines if line[:1] == ["sequence"]]


def walk_server() -> str:
    """The commands of README against a server on a free port; what the first fill took."""
    begun = time.monotonic()
    with server() as ready:
        up_s = time.monotonic() - begun
        said = {"SEQUENCE_BASE_URL": ready["url"], "SEQUENCE_API_KEY": ready["key"]}
        bought = run("sequence", "buy", "BTC-USD", "0.1", more=said)
        filled_s = time.monotonic() - begun
        typed = [words for words in commands("README.md") if words[0] != "up"]
        for words in (*typed, ["orders"], ["fills"], ["doctor"], ["list"]):
            run("sequence", *words, more=said)
        with urllib.request.urlopen(ready["url"] + "/") as page:
            assert page.status == 200 and b"<html" in page.read()
        for _, code in BLOCK.findall(Path("docs/tutorial/first_bot.md").read_text()):
            if "localhost:50052" in code:
                here = code.replace("http://localhost:50052", ready["url"])
                run(sys.executable, "-c", here.replace("seq_test_...", ready["key"]))
    assert "FILLED" in bought, bought
    return f"server answers after {up_s:.2f} s, `sequence buy` is filled after {filled_s:.2f} s"


def walk_others() -> int:
    """Every other way in which README starts a server, but for the one that needs a network."""
    ways = [words[1:] for words in commands("README.md") if words[0] == "up" and len(words) > 1]
    here = [words for words in ways if not any(word.startswith("live:") for word in words)]
    for words in here:
        with (
            server(*words) as ready,
            urllib.request.urlopen(ready["url"] + "/v1/health/live") as ok,
        ):
            assert ok.status == 200
    return len(here)


def walk_examples() -> int:
    """The programs of `examples/`, each to its end."""
    files = [file for file in sorted(Path("examples").glob("*.py")) if file.name not in NEEDS_MORE]
    for file in files:
        run(sys.executable, "-W", "error", str(file), more={"SEQUENCE_EXAMPLE_ONCE": "1"})
    return len(files)


def main() -> None:
    """Everything, in the order in which a reader meets it."""
    begun = time.monotonic()
    run(sys.executable, "-c", FIRST)
    print(f"first fill in process: {time.monotonic() - begun:.2f} s from the start of Python")
    print(walk_server())
    print(f"other servers of README: {walk_others()} started")
    print(f"examples: {walk_examples()} run")
    for page in PAGES:
        plain = [code for note, code in BLOCK.findall(Path(page).read_text()) if not note]
        program = "\n".join(code for code in plain if "localhost" not in code)
        run(sys.executable, "-W", "error", "-c", program)
        print(f"{page}: {len(plain)} snippets run")


if __name__ == "__main__":
    main()
