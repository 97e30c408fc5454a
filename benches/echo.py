"""The reference server: Starlette on uvicorn, a JSON body in, the same JSON out."""

import json
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def answer(request: Request) -> JSONResponse:
    """Reads and writes JSON, nothing else."""
    return JSONResponse(await request.json())


class Server(uvicorn.Server):
    """Says where it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = (sockets or [])[0].getsockname()[1]
        print(json.dumps({"url": f"http://localhost:{port}"}), flush=True)


if __name__ == "__main__":
    app = Starlette(routes=[Route("/v1/orders", answer, methods=["POST"])])
    config = uvicorn.Config(app, log_config=None, log_level="error", access_log=False)
    Server(config).run(sockets=[socket.create_server(("127.0.0.1", 0))])
