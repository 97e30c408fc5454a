"""The floor under a request: a bare ASGI callable on uvicorn that reads a body and answers a text.

Its answer is as long as that of an order, and it does nothing else.
"""

import json
from typing import Any

from bare import serve

ANSWER = json.dumps({"orders": [{"filler": "x" * 1_400}]}).encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Reads the body, and answers."""
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


if __name__ == "__main__":
    serve(app, lifespan="off")
