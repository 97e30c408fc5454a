"""The page at ``/``: one document made of the files beside this one, without a build step.

Scripts and styles are inline, so the page is one answer, and the policy sent with it allows only
them, by their hashes. What it shows comes from the API of the same server and from nowhere else.
"""

import base64
import hashlib
from pathlib import Path
from typing import Final

from sequence.server.envelope import Header

_FOLDER: Final = Path(__file__).parent
_STYLES: Final = ("vendor/uplot.css", "css/base.css", "css/panels.css", "css/overlay.css")
_SCRIPTS: Final = (
    "dom",
    "text",
    "session",
    "state",
    "lists",
    "instruments",
    "reasons",
    "schedule",
    "ladder",
    "orders",
    "fills",
    "venues",
    "money",
    "latency",
    "requests",
    "snippets",
    "replay",
    "faults",
    "arm",
    "drawer",
    "route",
    "explain_fill",
    "explain_order",
    "explain_request",
    "charts",
    "graph",
    "data",
    "stream",
    "start",
    "keys",
)
"""In this order: each may use what stands before it, and at run time all of it."""


def page() -> tuple[bytes, tuple[Header, ...]]:
    """The document and the headers it is sent with."""
    style = "\n".join(_read(name) for name in _STYLES)
    library = _read("vendor/uplot.js")
    script = (
        '(() => {\n"use strict";\n'
        + "\n".join(_read(f"js/{name}.js") for name in _SCRIPTS)
        + "})();\n"
    )
    document = (
        _read("page.html")
        .replace("/*STYLE*/", style)
        .replace("/*LIBRARY*/", library)
        .replace("/*SCRIPT*/", script)
    )
    policy = (
        f"default-src 'none'; script-src {_hash(library)} {_hash(script)}; "
        f"style-src {_hash(style)}; connect-src 'self'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    headers = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", policy.encode("ascii")),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
    )
    return document.encode("utf-8"), headers


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
