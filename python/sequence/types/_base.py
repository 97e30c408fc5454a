"""The bases of all wire models, and the JSON text that keeps decimals exact."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import (
    Any,
    ClassVar,
    Final,
    Generic,
    Protocol,
    Self,
    TypeVar,
    cast,
    get_args,
    get_origin,
)

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    RootModel,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sequence.types._decimal import exact
from sequence.types._record import Record

_set = object.__setattr__
Row = TypeVar("Row", bound="Wire")


def exact_json(value: object) -> str:
    """Writes JSON in which a Decimal is a number with exactly its own digits.

    The standard encoder has no way to write a Decimal as a number, and a float would change it.

    Args:
        value: Dicts, lists, tuples, str, bool, None, int, float and Decimal, nested at will.

    Returns:
        The text, without white space.
    """
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value)
        return "{" + ",".join(f"{json.dumps(k)}:{exact_json(v)}" for k, v in items.items()) + "}"
    if isinstance(value, list | tuple):
        rows = cast("list[object]", value)
        return "[" + ",".join(map(exact_json, rows)) + "]"
    return json.dumps(value, allow_nan=False)


class Answer(Protocol):
    """What every answer can do, object or array."""

    @classmethod
    def from_json(cls, body: bytes | str) -> Self:
        """Reads an answer."""
        ...

    def to_json(self) -> bytes:
        """Writes an answer."""
        ...


class Wire(BaseModel):
    """Base of every answer: immutable, and blind to keys that a later release adds."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", protected_namespaces=(), defer_build=True
    )

    exact_decimals: ClassVar[bool] = False
    """True where an answer holds decimals that a float could change."""

    _wrapped: ClassVar[tuple[tuple[str, Callable[[Any], Any]], ...]] = ()
    _names: ClassVar[set[str]] = set()
    _absent: ClassVar[dict[str, Any]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls._names = set(cls.model_fields)
        for name in cls.model_fields:
            _make_readable(cls, name)
        optional = (row for row in cls.model_fields.items() if not row[1].is_required())
        cls._absent = {name: field.get_default() for name, field in optional}
        wrapped = ((name, _wrapper(field.annotation)) for name, field in cls.model_fields.items())
        cls._wrapped = tuple((name, wrap) for name, wrap in wrapped if wrap is not None)

    @classmethod
    def trusted(cls, row: dict[str, Any]) -> Self:
        """Wraps a complete row that the core made, without checking it again.

        Args:
            row: Every required field of the model under its wire name. The model takes the dict
                over: do not use it afterwards.
        """
        for name, value in cls._absent.items():
            # At the end, as the model has what not every row has.
            row.setdefault(name, value)
        for name, wrap in cls._wrapped:
            value = row.get(name)
            if value is not None:
                row[name] = wrap(value)
        self = cls.__new__(cls)
        _set(self, "__dict__", row)
        _set(self, "__pydantic_fields_set__", cls._names)
        _set(self, "__pydantic_extra__", None)
        _set(self, "__pydantic_private__", None)
        return self

    @classmethod
    def from_json(cls, body: bytes | str) -> Self:
        """Reads an answer; decimals keep their digits.

        Raises:
            pydantic.ValidationError: The body has another shape.
            ValueError: The body is not JSON.
        """
        if cls.exact_decimals:
            return cls.model_validate(json.loads(body, parse_float=Decimal))
        return cls.model_validate_json(body)

    def to_json(self) -> bytes:
        """Writes the answer as the server sends it."""
        if self.exact_decimals:
            return exact_json(self.model_dump()).encode()
        # The serializer itself writes bytes; `model_dump_json` would decode and encode them again.
        return self.__pydantic_serializer__.to_json(self, by_alias=True)


_SCALED: Final = re.compile(r"(.+)_1e([89])")


def _make_readable(model: type[Wire], name: str) -> None:
    """Every scaled integer has its Decimal beside it: `price` for `price_1e9`.

    Most models write theirs out, with what the number is; this makes the rule hold for all.
    """
    scaled = _SCALED.fullmatch(name)
    if scaled is None or scaled[1] in model.model_fields or hasattr(model, scaled[1]):
        return
    decimals = int(scaled[2])

    def read(row: Wire) -> Decimal | None:
        units: int | None = getattr(row, name)
        return None if units is None else exact(units, decimals)

    setattr(model, scaled[1], property(read, doc=f"`{name}` as a number; None where it is null."))


class WireList(RootModel[list[Row]], Generic[Row]):
    """Base of an answer that is a bare JSON array."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    @classmethod
    def from_json(cls, body: bytes | str) -> Self:
        """Reads an answer."""
        return cls.model_validate_json(body)

    def to_json(self) -> bytes:
        """Writes the answer as the server sends it."""
        # The serializer itself writes bytes; `model_dump_json` would decode and encode them again.
        return self.__pydantic_serializer__.to_json(self, by_alias=True)

    def rows(self) -> Iterator[Row]:
        """The rows, in the order of the answer."""
        return iter(self.root)


def _wrapper(annotation: object) -> Callable[[Any], Any] | None:
    """How a trusted value of this annotation becomes models; None when it holds none."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        record: type[Record] = annotation
        return lambda value: value if isinstance(value, record) else record(value)
    if isinstance(annotation, type) and issubclass(annotation, Wire):
        model: type[Wire] = annotation
        return lambda value: value if isinstance(value, model) else model.trusted(value)
    inner = next((w for w in map(_wrapper, get_args(annotation)) if w is not None), None)
    if inner is None:
        return None
    origin = get_origin(annotation)
    if origin is list:
        return lambda rows: [inner(row) for row in rows]
    if origin is dict:
        return lambda rows: {key: inner(row) for key, row in rows.items()}
    return inner


def _nullable(field: JsonSchemaValue) -> JsonSchemaValue:
    """The description of an optional field: null is the same as absent."""
    if {"type": "null"} in field.get("anyOf", ()):
        return field
    outer = {key: field.pop(key) for key in ("title", "default") if key in field}
    return outer | {"anyOf": [field, {"type": "null"}]}


class Request(BaseModel):
    """Base of every body: strict types, and an unknown field is an error that names it."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, protected_namespaces=(), defer_build=True
    )

    _defaults: ClassVar[dict[str, Any]] = {}
    _optional: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        optional = {name: f for name, f in cls.model_fields.items() if not f.is_required()}
        cls._optional = frozenset(optional)
        cls._defaults = {name: f.get_default() for name, f in optional.items()}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core_schema))
        properties = schema.get("properties", {})
        for name in cls._optional & properties.keys():
            properties[name] = _nullable(properties[name])
        return schema

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        body = cast("dict[str, object]", value)
        if None not in body.values():
            return body
        return {k: v for k, v in body.items() if v is not None or k not in cls._optional}

    @classmethod
    def build(cls, **values: Any) -> Self:
        """Makes a request from values that were checked already; the rest takes its default."""
        self = cls.__new__(cls)
        _set(self, "__dict__", cls._defaults | values)
        _set(self, "__pydantic_fields_set__", set(values))
        _set(self, "__pydantic_extra__", None)
        _set(self, "__pydantic_private__", None)
        return self

    def to_json(self) -> bytes:
        """Writes the body: exact decimals, and nothing that equals its default."""
        return exact_json(self.model_dump(exclude_defaults=True, exclude_none=True)).encode()


class Query(BaseModel):
    """Base of every query string: unknown parameters are ignored, as on all GET and DELETE."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, defer_build=True)

    def to_params(self) -> dict[str, str]:
        """The parameters that differ from their default, as text."""
        dumped = self.model_dump(exclude_defaults=True, exclude_none=True)
        return {name: _text(value) for name, value in dumped.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple | list):
        return ",".join(map(str, cast("list[object]", value)))
    return str(value)
