"""The limits of a whole graph as a plain value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sequence._client.ask import numbers
from sequence._client.ask.graph_node import only_given
from sequence._client.ask.numbers import Number
from sequence.types._words import FailureAction


@dataclass(frozen=True, slots=True)
class Risk:
    """Limits of a whole graph; None is no limit.

    Attributes:
        max_notional_usd: Sum of the roots at submit.
        max_order_notional_usd: Each order whose size is known, at submit.
        allowed_venues: Venues that orders may use.
        pre_trade: Limits before each order, under their wire names.
        max_loss_usd: Loss of the graph's fills.
        max_unhedged_qty: Net filled quantity per base asset.
        unhedged_grace_ms: How long the net quantity may be above its limit, 0 to 600,000; by
            default 1,000, so that a hedge has time to fill.
        max_duration_ms: Time since acceptance.
        on_runtime_breach: What a breach of a runtime limit does.
        on_node_reject: What a rejected order does.
    """

    max_notional_usd: Number | None = None
    max_order_notional_usd: Number | None = None
    allowed_venues: Iterable[str] | None = None
    pre_trade: Mapping[str, Any] = field(default_factory=dict[str, Any])
    max_loss_usd: Number | None = None
    max_unhedged_qty: Number | None = None
    unhedged_grace_ms: int | None = None
    max_duration_ms: int | None = None
    on_runtime_breach: FailureAction | None = None
    on_node_reject: FailureAction | None = None

    def body(self) -> dict[str, Any]:
        """The limits as the wire has them."""
        venues = None if self.allowed_venues is None else list(self.allowed_venues)
        layers = {
            "admission": {
                "max_notional_usd": _limit(self.max_notional_usd, "max_notional_usd"),
                "max_order_notional_usd": _limit(
                    self.max_order_notional_usd, "max_order_notional_usd"
                ),
                "allowed_venues": venues,
            },
            "pre_trade": dict(self.pre_trade),
            "runtime": {
                "max_loss_usd": _limit(self.max_loss_usd, "max_loss_usd"),
                "max_unhedged_qty": _limit(self.max_unhedged_qty, "max_unhedged_qty"),
                "unhedged_grace_ms": self.unhedged_grace_ms,
                "max_duration_ms": self.max_duration_ms,
            },
            "on_failure": {
                "on_runtime_breach": self.on_runtime_breach,
                "on_node_reject": self.on_node_reject,
            },
        }
        given = {name: only_given(layer) for name, layer in layers.items()}
        return {name: layer for name, layer in given.items() if layer}


def _limit(value: Number | None, name: str) -> Decimal | int | None:
    return None if value is None else numbers.to_decimal(value, name)
