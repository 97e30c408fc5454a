"""Walks README and tutorial with nothing but the installed package, and measures the first fill."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

BLOCK = re.compile(r"(?:^<!-- ([^\n]*?) -->\n)?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ("README.md", "docs/tutorial/first_bot.md", "docs/tutorial/first_backtest.md")
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


def walk_server() -> str:
    """The commands of README against a server on a free port; what the first fill took."""
    begun = time.monotonic()
    command = ["sequence", "up", "--port", "0", "--db", "memory", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            ready = json.loads(server.stdout.readline())
            up_s = time.monotonic() - begun
            said = {"SEQUENCE_BASE_URL": ready["url"], "SEQUENCE_API_KEY": ready["key"]}
            bought = run("sequence", "buy", "BTC-USD", "0.1", more=said)
            filled_s = time.monotonic() - begun
            for words in ("quote BTC-USD", "positions", "orders", "fills", "doctor", "list"):
                run("sequence", *words.split(), more=said)
            with urllib.request.urlopen(ready["url"] + "/") as page:
                assert page.status == 200 and b"<html" in page.read()
            for _, code in BLOCK.findall(Path("docs/tutorial/first_bot.md").read_text()):
                if "localhost:50052" in code:
                    here = code.replace("http://localhost:50052", ready["url"])
                    run(sys.executable, "-c", here.replace("seq_test_...", ready["key"]))
        finally:
            server.terminate()
    assert "FILLED" in bought, bought
    return f"server answers after {up_s:.2f} s, `sequence buy` is filled after {filled_s:.2f} s"


def main() -> None:
    """Everything, in the order in which a reader meets it."""
    begun = time.monotonic()
    run(sys.executable, "-c", FIRST)
    print(f"first fill in process: {time.monotonic() - begun:.2f} s from the start of Python")
    print(walk_server())
    for page in PAGES:
        plain = [code for note, code in BLOCK.findall(Path(page).read_text()) if not note]
        program = "\n".join(code for code in plain if "localhost" not in code)
        run(sys.executable, "-W", "error", "-c", program)
        print(f"{page}: {len(plain)} snippets run")


if __name__ == "__main__":
    main()
