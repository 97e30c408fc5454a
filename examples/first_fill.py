"""First fills: a sandbox server, two paper orders over HTTP, and why they filled.

Run it with `make run`. It keeps serving until Ctrl-C; with SEQUENCE_EXAMPLE_ONCE=1 it ends after
the orders.
"""

import os
import signal
import threading
from collections.abc import Iterable
from contextlib import ExitStack, suppress

from sequence import PlacedOrder, Sequence
from sequence.sandbox import Sandbox
from sequence.server import ServerStartError, serving

PORT = 50052


def main() -> None:
    """Starts, trades, explains, serves."""
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        url = start(stack, sandbox)
        client = stack.enter_context(Sequence(sandbox.test_key, base_url=url))
        trade(client)
        print(f"""
Connect to the same sandbox (paper money only, in memory: lost on exit):

  url  {url}
  key  {sandbox.test_key}

  from sequence import Sequence
  client = Sequence("{sandbox.test_key}", base_url="{url}")
  order = client.buy("BTC-USD", "0.1").wait()
  print(order.status, order.avg_price)

or, for the commands:

  export SEQUENCE_BASE_URL={url} SEQUENCE_API_KEY={sandbox.test_key}
  .venv/bin/sequence positions
""")
        if not os.environ.get("SEQUENCE_EXAMPLE_ONCE"):
            serve_on()
            print("\nStopped.")


def start(stack: ExitStack, sandbox: Sandbox) -> str:
    """Serves on the usual port, or on a free one when that is taken."""
    try:
        return stack.enter_context(serving(sandbox, port=PORT))
    except ServerStartError as error:
        print(f"{error}\n-> taking a free port instead\n")
        return stack.enter_context(serving(sandbox))


def trade(client: Sequence) -> None:
    """One order on the spot market, one on an event contract, and what they left."""
    quote = client.quote("BTC-USD")
    table(
        f"{quote.symbol}: best bid {quote.nbbo.bid:,.2f}, best ask {quote.nbbo.ask:,.2f} USD",
        ("venue", "bid USD", "ask USD", "bid size BTC", "ask size BTC"),
        ((name, q.bid, q.ask, q.bid_size, q.ask_size) for name, q in quote.venues.items()),
    )
    event = next(row for row in client.symbols() if row.instrument_type == "prediction")
    # An order takes as long as it would at its venue: some ten milliseconds each way.
    placed = [client.buy("BTC-USD", "0.1").wait(), client.buy(event.symbol, 100).wait()]
    table("Fills", ("order", "venue", "qty", "price", "fee USD", "why"), fills_of(placed))
    bought = [row for row in client.positions().positions if row.fees_usd_1e9]
    table(
        "Positions",
        ("venue", "symbol", "qty", "entry USD", "value USD"),
        ((p.venue, p.instrument.symbol, p.qty, p.entry_price, p.value_usd) for p in bought),
    )


def fills_of(orders: Iterable[PlacedOrder]) -> Iterable[tuple[object, ...]]:
    """A row per fill: what was paid, and the reason in words."""
    for order in orders:
        for fill in order.fills():
            what = f"{fill.side} {fill.symbol}"
            yield what, fill.venue, fill.qty, fill.price, fill.fee_usd, fill.reason


def table(title: str, head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """Prints rows below their heads; numbers stand right."""
    cells = [head, *(tuple(map(text, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    print(f"\n{title}")
    for row in cells:
        line = (
            cell.ljust(width)
            if at == 0 or name in ("venue", "symbol", "why")
            else cell.rjust(width)
            for at, (name, cell, width) in enumerate(zip(head, row, widths, strict=True))
        )
        print("  " + "  ".join(line).rstrip())


def text(value: object) -> str:
    """A number without the zeros of its scale."""
    return value if isinstance(value, str) else f"{float(str(value)):,.10g}"


def serve_on() -> None:
    """Returns on Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        print("Serving until Ctrl-C.", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
