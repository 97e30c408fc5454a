"""Paths to endpoints: exact, case-sensitive, one canonical form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

from sequence.types._names import did_you_mean

EndpointT = TypeVar("EndpointT")

NO_PARAMS: Mapping[str, str] = {}


@dataclass(slots=True)
class Resource(Generic[EndpointT]):
    """One path and what each of its methods leads to."""

    endpoints: dict[str, EndpointT] = field(default_factory=dict[str, EndpointT])
    allow: bytes = b""


class Router(Generic[EndpointT]):
    """Finds the resource of a raw path in one look-up, or in a short scan where it holds ids."""

    def __init__(self) -> None:
        self._exact: dict[bytes, Resource[EndpointT]] = {}
        self._patterns: dict[int, list[tuple[list[str], Resource[EndpointT]]]] = {}
        self._prefixes: dict[str, Resource[EndpointT]] = {}

    def add(self, method: str, path: str, endpoint: EndpointT) -> None:
        """Adds one method of a path such as ``/v1/orders/{node_order_id}`` or ``/v1/mm/*``."""
        resource = self._resource(path)
        if method in resource.endpoints:
            raise ValueError(f"{method} {path} is defined twice")
        resource.endpoints[method] = endpoint
        resource.allow = ", ".join(sorted(resource.endpoints)).encode("ascii")

    def find(self, raw_path: bytes) -> tuple[Resource[EndpointT], Mapping[str, str]] | None:
        """The resource and its path parameters; each segment is percent-decoded once."""
        exact = self._exact.get(raw_path)
        if exact is not None:
            return exact, NO_PARAMS
        segments = _segments(raw_path)
        if segments is None:
            return None
        for pattern, resource in self._patterns.get(len(segments), ()):
            params = _match(pattern, segments)
            if params is not None:
                return resource, params
        return self._below_prefix("/" + "/".join(segments))

    def near(self, raw_path: bytes) -> str:
        """The path that was meant, if one is near."""
        known = [path.decode() for path in self._exact]
        known += [
            "/" + "/".join(pattern) for rows in self._patterns.values() for pattern, _ in rows
        ]
        return did_you_mean(raw_path.decode("ascii", errors="replace"), known)

    def _below_prefix(self, path: str) -> tuple[Resource[EndpointT], Mapping[str, str]] | None:
        for prefix, resource in self._prefixes.items():
            if path.startswith(prefix) and len(path) > len(prefix):
                return resource, NO_PARAMS
        return None

    def _resource(self, path: str) -> Resource[EndpointT]:
        if path.endswith("/*"):
            return self._prefixes.setdefault(path[:-1], Resource[EndpointT]())
        segments = path.split("/")[1:]
        rows = self._patterns.setdefault(len(segments), [])
        for pattern, resource in rows:
            if pattern == segments:
                return resource
        resource = Resource[EndpointT]()
        rows.append((segments, resource))
        # Literal paths win over patterns of the same length: /v1/orders/preview is no order id.
        rows.sort(key=lambda row: sum(map(_is_param, row[0])))
        if "{" not in path:
            self._exact[path.encode("ascii")] = resource
        return resource


def _segments(raw_path: bytes) -> list[str] | None:
    if b"%" not in raw_path:
        parts = raw_path.split(b"/")[1:]
    else:
        parts = [unquote_to_bytes(part) for part in raw_path.split(b"/")[1:]]
    try:
        return [part.decode("utf-8") for part in parts]
    except UnicodeDecodeError:
        return None


def _match(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    params: dict[str, str] = {}
    for want, have in zip(pattern, segments, strict=True):
        if _is_param(want):
            if not have:
                return None
            params[want[1:-1]] = have
        elif want != have:
            return None
    return params


def _is_param(segment: str) -> bool:
    return segment.startswith("{")
