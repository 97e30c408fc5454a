"""Dicts whose keys are documented, typed attributes too."""

from collections.abc import Callable
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_PLAIN: dict[object, JsonSchemaValue] = {
    int: {"type": "integer"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
}


class Record(dict[str, Any]):
    """What came, as it came, with an attribute for every key that is known.

    Nothing is dropped or converted: a hash over the record holds for keys of a later release, too.
    A key that is missing reads as None, a missing part as an empty one.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the subclass says which
        read = _readers(type(self)).get(name)
        if read is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return read(self.get(name))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_readers(type(self))})

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        del source
        rows = handler(dict[str, Any])
        return core_schema.no_info_after_validator_function(cls, rows, serialization=None)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        del schema, handler
        return _record_schema(cls)


@cache
def _readers(record: type[Record]) -> dict[str, Callable[[Any], Any]]:
    return {name: _reader(hint) for name, hint in get_type_hints(record).items()}


def _reader(hint: object) -> Callable[[Any], Any]:
    """How the value of a key becomes what its annotation says."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    is_optional = NoneType in kinds
    kind = next(kind for kind in kinds if kind is not NoneType)
    if get_origin(kind) is list:
        row: Any = get_args(kind)[0]
        return lambda rows: [row(found) for found in rows or ()]
    if not _is_record(kind):
        return lambda value: value
    made: Any = kind
    if is_optional:
        return lambda value: None if value is None else made(value)
    return lambda value: made(value or {})


def _is_record(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Record)


def _record_schema(record: type[Record]) -> JsonSchemaValue:
    hints = get_type_hints(record, include_extras=True)
    properties = {name: _schema(hint) for name, hint in hints.items()}
    text = (record.__doc__ or "").partition("\n\n")[0]
    return {"type": "object", "description": text, "properties": properties}


def _schema(hint: object) -> JsonSchemaValue:
    if get_origin(hint) is Annotated:
        inner, text = get_args(hint)
        return _schema(inner) | {"description": text}
    if get_origin(hint) in (Union, UnionType):
        return {"anyOf": [_schema(kind) for kind in get_args(hint)]}
    if get_origin(hint) is list:
        return {"type": "array", "items": _schema(get_args(hint)[0])}
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if isinstance(hint, type) and issubclass(hint, Record):
        return _record_schema(hint)
    return _PLAIN[hint]
