"""Paths to endpoints: exact, case-sensitive, one canonical form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar
from urllib.parse import unquote_to_bytes

from sequence.types._names import did_you_mean

EndpointT = TypeVar("EndpointT")

NO_PARAMS: Mapping[str, str] = {}


@dataclass(slots=True)
class Resource(Generic[EndpointT]):
    """One path and what each of its methods leads to."""

    endpoints: dict[str, EndpointT] = field(default_factory=dict[str, EndpointT])
    allow: bytes = b""


class Shape(Generic[EndpointT]):
    """Patterns that have their ids in the same places."""

    __slots__ = ("_ids", "_rows", "_words")

    def __init__(self, pattern: list[str]) -> None:
        places = range(len(pattern))
        self._ids: Final = [at for at in places if _is_param(pattern[at])]
        self._words: Final = [at for at in places if not _is_param(pattern[at])]
        self._rows: dict[tuple[str, ...], tuple[list[str], Resource[EndpointT]]] = {}

    def fits(self, pattern: list[str]) -> bool:
        """Whether this is the shape of a pattern."""
        return self._ids == [at for at, part in enumerate(pattern) if _is_param(part)]

    @property
    def ids(self) -> int:
        """How many ids it has."""
        return len(self._ids)

    def add(self, pattern: list[str], resource: Resource[EndpointT]) -> None:
        """Adds a pattern of this shape; of two with the same words the first is found."""
        names = [pattern[at][1:-1] for at in self._ids]
        self._rows.setdefault(tuple([pattern[at] for at in self._words]), (names, resource))

    def find(self, segments: list[str]) -> tuple[Resource[EndpointT], Mapping[str, str]] | None:
        """The resource with these words, and its ids; none of them is empty."""
        found = self._rows.get(tuple([segments[at] for at in self._words]))
        if found is None:
            return None
        names, resource = found
        ids = [segments[at] for at in self._ids]
        return (resource, dict(zip(names, ids, strict=True))) if all(ids) else None


class Router(Generic[EndpointT]):
    """Finds the resource of a raw path in one look-up, or in one a shape where it holds ids."""

    def __init__(self) -> None:
        self._exact: dict[bytes, Resource[EndpointT]] = {}
        self._patterns: dict[int, list[tuple[list[str], Resource[EndpointT]]]] = {}
        self._shapes: dict[int, list[Shape[EndpointT]]] = {}
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
        for shape in self._shapes.get(len(segments), ()):
            found = shape.find(segments)
            if found is not None:
                return found
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
        self._shape(segments).add(segments, resource)
        if "{" not in path:
            self._exact[path.encode("ascii")] = resource
        return resource

    def _shape(self, pattern: list[str]) -> Shape[EndpointT]:
        shapes = self._shapes.setdefault(len(pattern), [])
        for shape in shapes:
            if shape.fits(pattern):
                return shape
        shape = Shape[EndpointT](pattern)
        shapes.append(shape)
        # Literal paths win over patterns of the same length: /v1/orders/preview is no order id.
        shapes.sort(key=lambda shape: shape.ids)
        return shape


def _segments(raw_path: bytes) -> list[str] | None:
    if b"%" not in raw_path:
        parts = raw_path.split(b"/")[1:]
    else:
        parts = [unquote_to_bytes(part) for part in raw_path.split(b"/")[1:]]
    try:
        return [part.decode("utf-8") for part in parts]
    except UnicodeDecodeError:
        return None


def _is_param(segment: str) -> bool:
    return segment.startswith("{")
