"""What the trading verbs were given, checked and made into requests: no I/O here."""

from collections.abc import Callable, Iterable, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    NoReturn,
    Required,
    TypedDict,
    TypeVar,
    Unpack,
    cast,
    get_args,
)

from sequence import types as t
from sequence._client.ask import numbers
from sequence._client.ask.ids import checked_id, text_of
from sequence._client.ask.numbers import Number
from sequence.errors import ValidationError
from sequence.types._decimal import PRICE_DECIMALS, QTY_DECIMALS, decimal_units
from sequence.types._names import did_you_mean
from sequence.types._words import GRAPH_ID, Policy, Side, TimeInForce, Urgency, is_tag

if TYPE_CHECKING:
    from sequence._client.ask.graph_edge import Trigger

ModelT = TypeVar("ModelT", bound="t.Request | t.Query")
QueryT = TypeVar("QueryT", bound="t.Query")

_MAX_SYMBOL = 512
_MAX_VERSION = 2**63 - 1


def checked(model: type[ModelT], values: Mapping[str, Any]) -> ModelT:
    """Validates values against a model of the wire.

    Raises:
        ValidationError: Names the fields.
    """
    for name, value in values.items():
        for text in value if isinstance(value, tuple | list) else (value,):  # pyright: ignore[reportUnknownVariableType]
            if isinstance(text, str):
                numbers.sendable(text, name)
    from pydantic import ValidationError as Invalid  # noqa: PLC0415 - loaded with the model

    try:
        return cast("ModelT", model.model_validate(dict(values)))
    except Invalid as error:
        issues = (f"{issue.field}: {issue.message}" for issue in t.issues_of(error))
        raise ValidationError("; ".join(issues)) from None


class OrderOptions(TypedDict, total=False):
    """Keyword arguments that `buy` and `sell` share; None is the same as not given.

    Attributes:
        limit_price: Price per unit, at most 9 decimals; None is a market order, 0 an error.
        notional: Size in USD instead of `qty`.
        venue: Venue to stay on; by default the router chooses.
        tif: Time in force; by default `gtc` with a price and `ioc` without.
        urgency: Weight of speed against cost in routing; by default `medium`.
        policy: How the order works; by default `sor`.
        max_slippage_bps: Worst price against the best opposite one, in basis points, 1 to 10000.
        horizon_ms: Life of the order in milliseconds; then it is EXPIRED.
        reduce_only: Only reduce a perp position.
        perp: Read a pair as its perpetual.
        sandbox: With a live key: False sends the order to the real venues, everything else stays
            in the sandbox. A test key never leaves the sandbox.
        graph_id: Idempotency key; made when not given. Give the one of a failed call to resend.
        tag: What the order is for, 1 to 64 characters; reports sum profit and loss by it.
    """

    limit_price: Number | None
    notional: Number | None
    venue: str | None
    tif: TimeInForce | None
    urgency: Urgency | None
    policy: Policy | None
    max_slippage_bps: int | None
    horizon_ms: int | None
    reduce_only: bool
    perp: bool
    sandbox: bool | None
    graph_id: str | None
    tag: str | None


class OrderItem(OrderOptions, total=False):
    """An order of `submit_many`: what `buy` and `sell` take, by name.

    Attributes:
        side: `buy` or `sell`.
        symbol: As in `buy`.
        qty: Quantity in units of the instrument; or give `notional`.
    """

    side: Required[Side]
    symbol: Required[str]
    qty: Number | None


def order_request(
    symbol: str, side: Side, qty: object, options: OrderOptions
) -> "t.SimpleOrderRequest":
    """The body of a buy or a sell.

    Args:
        symbol: Any symbol form; the server resolves it.
        side: `buy` or `sell`.
        qty: Quantity in units of the instrument.
        options: See `OrderOptions`.

    Raises:
        ValidationError: Something cannot be sent.
        TypeError: A keyword argument is not known.
    """
    values: dict[str, Any] = {"symbol": _symbol(symbol), "side": side}
    if qty is not None:
        values["qty"] = numbers.qty(qty)
    for name, value in options.items():
        if value is not None:
            field, check = _OPTIONS.get(name) or _unknown(name)
            values[field] = check(name, value)
    if ("qty" in values) == ("notional" in values):
        raise ValidationError("give exactly one of qty and notional")
    if "price" not in values and values.get("tif") == "post_only":
        raise ValidationError("tif: post_only needs a limit_price")
    # Everything was checked above: a second look by the model would double the cost.
    return t.SimpleOrderRequest.build(**values)


def preview_request(
    symbol: str, side: Side, qty: object, **options: Unpack[OrderOptions]
) -> "t.PreviewRequest":
    """The body of a preview; arguments as `order_request`."""
    if side not in get_args(Side):
        raise ValidationError("side: must be buy or sell")
    body = order_request(symbol, side, qty, options)
    return t.PreviewRequest.build(
        symbol=body.symbol,
        side=side,
        order_type="market" if body.price is None else "limit",
        qty=body.qty,
        notional=body.notional,
        price=body.price,
        venue=body.venue,
        instrument_type=body.instrument_type,
        urgency=body.urgency,
        sandbox=body.wants_sandbox,
    )


def amend_request(new_price: object, new_qty: object, expected_version: object) -> "t.AmendRequest":
    """The body of an amend.

    Raises:
        ValidationError: No field is given, or one cannot be used.
    """
    values: dict[str, Any] = _version(expected_version)
    if new_price is None and new_qty is None:
        raise ValidationError("amend with no fields: give new_price or new_qty")
    if new_qty is not None:
        units = decimal_units(numbers.qty(new_qty, "new_qty"), QTY_DECIMALS)
        values["new_qty_1e8"] = units
    if new_price is not None:
        units = decimal_units(numbers.price(new_price, "new_price"), PRICE_DECIMALS)
        values["new_constraints"] = t.AmendConstraints.build(max_price_1e9=units)
    return t.AmendRequest.build(**values)


def node_amend_request(
    new_price: Number | None,
    new_qty: Number | None,
    expected_version: int | None,
    **limits: object,
) -> "t.NodeAmendRequest":
    """The body of a node amend.

    Raises:
        ValidationError: Nothing to change, or a number that cannot be sent.
    """
    constraints = {name: value for name, value in limits.items() if value is not None}
    if new_price is not None:
        price = numbers.price(new_price, "new_price")
        constraints["max_price_1e9"] = decimal_units(price, PRICE_DECIMALS)
    qty = None if new_qty is None else numbers.qty(new_qty, "new_qty")
    values = {
        "new_qty_1e8": None if qty is None else decimal_units(qty, QTY_DECIMALS),
        "new_constraints": constraints or None,
        "expected_version": expected_version,
    }
    return checked(t.NodeAmendRequest, values)


def edge_amend_request(
    trigger: "Trigger | None", condition: Mapping[str, Any] | None, expected_version: int | None
) -> "t.EdgeAmendRequest":
    """The body of an edge amend.

    Raises:
        ValidationError: Nothing to change, or a number that cannot be sent.
    """
    if trigger is not None and trigger.condition:
        condition = {**trigger.condition, **(condition or {})}
    values = {
        "trigger": None if trigger is None else trigger.wire,
        "condition": condition,
        "expected_version": expected_version,
    }
    exact: Any = numbers.without_floats(values, "edge")
    return checked(t.EdgeAmendRequest, exact)


def decrease_request(reduce_by: object, expected_version: object) -> "t.AmendRequest":
    """The body of a decrease: one atomic step at the server, no read before it."""
    units = decimal_units(numbers.qty(reduce_by, "reduce_by"), QTY_DECIMALS)
    return t.AmendRequest.build(reduce_by_1e8=units, **_version(expected_version))


def names(given: str | Iterable[str] | None, field: str) -> tuple[str, ...] | None:
    """A filter of one name or many; a text is one name, not its letters.

    Raises:
        ValidationError: It is empty: that could mean all or nothing.
    """
    if given is None:
        return None
    found = several(given, field)
    if not found:
        raise ValidationError(f"{field}: must not be empty; None is all")
    return found


def several(given: str | Iterable[str], field: str) -> tuple[str, ...]:
    """One name or many; a text is one name, not its letters.

    Raises:
        ValidationError: It is neither.
    """
    try:
        return (given,) if isinstance(given, str) else tuple(given)
    except TypeError:
        raise ValidationError(f"{field}: must be a text or several") from None


def checked_query(model: type[QueryT], **values: object) -> QueryT:
    """The query of a list or a read; None means not given.

    Raises:
        ValidationError: Names the parameter.
    """
    return checked(model, {name: value for name, value in values.items() if value is not None})


def graph_request(
    nodes: Iterable[Mapping[str, Any]],
    edges: Iterable[Mapping[str, Any]],
    *,
    risk: Mapping[str, Any] | None,
    metadata: Mapping[str, Any] | None,
    tag: str | None,
    sandbox: bool | None,
    graph_id: str | None,
) -> "t.GraphRequest":
    """The graph form of a submit; floats inside become their shortest decimals.

    Raises:
        ValidationError: Names the field.
    """
    values = {
        "nodes": list(nodes),
        "edges": list(edges),
        "risk": risk,
        "metadata": metadata,
        "tag": tag,
        "sandbox": sandbox,
        "graph_id": graph_id,
    }
    exact: Any = numbers.without_floats(values, "graph")
    return checked(t.GraphRequest, exact)


def positions_request(
    rows: Iterable[Mapping[str, Any]], *, replace: bool
) -> "t.SandboxPositionsRequest":
    """The body of `sandbox.set_positions`; numbers of any kind that `_numbers` takes."""
    exact: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        values = dict(row)
        for name in ("qty", "entry_price_usd"):
            if values.get(name) is not None:
                values[name] = numbers.to_decimal(values[name], f"positions[{index}].{name}")
        exact.append(values)
    return checked(t.SandboxPositionsRequest, {"positions": exact, "replace": replace})


def _symbol(symbol: object) -> str:
    text = text_of(symbol, "symbol")
    if len(text) > _MAX_SYMBOL:
        raise ValidationError(f"symbol: must have at most {_MAX_SYMBOL} characters")
    if not text.isascii():
        raise ValidationError("symbol: must be ASCII")
    return text


def _word(words: object) -> Callable[[str, object], object]:
    known = get_args(words)

    def check(name: str, value: object) -> object:
        word = value.lower() if isinstance(value, str) else value
        if word not in known:
            near = did_you_mean(word, known) if isinstance(word, str) else ""
            raise ValidationError(f"{name}: must be one of {', '.join(known)}{near}")
        return word

    return check


def _up_to(limit: str) -> Callable[[str, object], object]:
    """A whole number from 1 to a limit of the core."""

    def check(name: str, value: object) -> object:
        from sequence import _core  # noqa: PLC0415 - only who gives one of these needs it

        most: int = getattr(_core, limit)
        return numbers.whole(value, name, 1, most)

    return check


def _flag(name: str, value: object) -> object:
    if not isinstance(value, bool):
        raise ValidationError(f"{name}: must be True or False")
    return value


def _price(name: str, value: object) -> object:
    return numbers.price(value, name)


def _notional(name: str, value: object) -> object:
    return numbers.positive(value, name, PRICE_DECIMALS)


def _text(name: str, value: object) -> object:
    return checked_id(value, name)


def _graph_id(name: str, value: object) -> object:
    if not isinstance(value, str) or not GRAPH_ID.fullmatch(value) or value == "graph":
        raise ValidationError(f"{name}: must be 1 to 128 of A-Z a-z 0-9 . _ -")
    return value


def _tag(name: str, value: object) -> object:
    if not isinstance(value, str) or not is_tag(value):
        raise ValidationError(f"{name}: must be 1 to 64 printable characters")
    return value


def _instrument(name: str, value: object) -> object:
    return "perp" if _flag(name, value) else "spot"


def _unknown(name: str) -> NoReturn:
    near = did_you_mean(name, _OPTIONS)
    raise TypeError(f"unexpected keyword argument {name!r}{near}; known: {', '.join(_OPTIONS)}")


_OPTIONS: dict[str, tuple[str, Callable[[str, object], object]]] = {
    "limit_price": ("price", _price),
    "notional": ("notional", _notional),
    "venue": ("venue", _text),
    "tif": ("tif", _word(TimeInForce)),
    "urgency": ("urgency", _word(Urgency)),
    "policy": ("policy", _word(Policy)),
    "max_slippage_bps": ("max_slippage_bps", _up_to("MAX_SLIPPAGE_BPS")),
    "horizon_ms": ("horizon_ms", _up_to("MAX_HORIZON_MS")),
    "reduce_only": ("reduce_only", _flag),
    "perp": ("instrument_type", _instrument),
    "sandbox": ("sandbox", _flag),
    "graph_id": ("graph_id", _graph_id),
    "tag": ("tag", _tag),
}


def _version(expected: object) -> dict[str, Any]:
    if expected is None:
        return {}
    return {"expected_version": numbers.whole(expected, "expected_version", 0, _MAX_VERSION)}
