"""The reference server: Starlette on uvicorn, a JSON body in, the same JSON out."""

from bare import serve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def answer(request: Request) -> JSONResponse:
    """Reads and writes JSON, nothing else."""
    return JSONResponse(await request.json())


if __name__ == "__main__":
    serve(Starlette(routes=[Route("/v1/orders", answer, methods=["POST"])]))
