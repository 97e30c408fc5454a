"""Reads the score lines: prints tables, checks the bars, writes JSON, Markdown and a plot."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]
DEFAULT = "lots/auto"
SCALAR_PREFIX = "lots/"
NAMES = {"aapl": "AAPL", "amzn": "AMZN", "es": "ES", "btcusd": "Bitstamp BTC/USD"}
QUEUE_ERROR = {"aapl": 0.0075, "amzn": 0.0105, "es": 0.0390, "btcusd": 0.001}
COLOURS = {
    DEFAULT: "#0a7d4f",
    "power_x(3)": "#c8641e",
    "uniform": "#7a4fb5",
    "risk_averse": "#3b6ea8",
}


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table with aligned columns."""
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    padded = [
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in padded)


class Scores:
    """Score lines by kind."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.datasets = [row["dataset"] for row in rows if row["kind"] == "gates"]

    def of(self, kind: str, **wanted: object) -> list[Row]:
        """Lines of a kind with these values."""
        return [
            row
            for row in self.rows
            if row["kind"] == kind and all(row[key] == value for key, value in wanted.items())
        ]

    def one(self, kind: str, **wanted: object) -> Row:
        """The only line of a kind with these values."""
        (row,) = self.of(kind, **wanted)
        return row

    def values(self, kind: str, key: str) -> list[Any]:
        """Distinct values of a key, in order of appearance."""
        return list(dict.fromkeys(row[key] for row in self.of(kind)))


def gates(scores: Scores) -> str:
    """What had to hold first."""
    keys = [
        "events",
        "executions",
        "fifo",
        "out_of_order",
        "crossed",
        "unexplained",
        "size_lost",
        "look_ahead",
        "twin_checks",
        "twin_differences",
    ]
    rows = [
        [NAMES[row["dataset"]], "pass" if row["pass"] else "FAIL", *(str(row[key]) for key in keys)]
        for row in scores.of("gates")
    ]
    return table(["data", "gates", *keys], rows)


def event_level(scores: Scores, dataset: str, horizon: int) -> str:
    """Every rule on the event-level feed."""
    rows = []
    for row in scores.of("shadow", dataset=dataset, conflation_ms=0, horizon_s=horizon):
        low, high = row["ci"]["err_mean"]
        rows.append(
            [
                row["estimator"],
                f"{row['bias_pp']:+.2f}",
                f"{row['false_pp']:.2f}",
                f"{row['missed_pp']:.2f}",
                f"{row['e0_s']:.2f}",
                f"{row['err_mean']:.4f}",
                f"{low:.4f} .. {high:.4f}",
                f"{row['err_signed']:+.4f}",
                f"{row['err_events']:.4f}",
                f"{row['err_median']:.4f}",
                f"{row['err_contested']:.4f}",
                f"{row['markout']['10s']['estimated']:+.2f}",
                f"{row['pnl_split']['count']:+.3f}",
                f"{row['pnl_split']['selection']:+.3f}",
            ]
        )
    head = [
        "rule",
        "bias pp",
        "false pp",
        "missed pp",
        "E0 s",
        "queue error",
        "95 % interval",
        "signed",
        "by events",
        "median",
        "contested",
        "markout 10 s",
        "count error",
        "selection error",
    ]
    return table(head, rows)


def ladder(scores: Scores, dataset: str, key: str, digits: int) -> str:
    """One score of every rule at every conflation step."""
    steps = scores.values("shadow", "conflation_ms")
    rows = []
    for rule in scores.values("shadow", "estimator"):
        cells = [
            scores.one("shadow", dataset=dataset, conflation_ms=ms, horizon_s=60, estimator=rule)
            for ms in steps
        ]
        rows.append([rule, *(f"{cell[key]:.{digits}f}" for cell in cells)])
    return table(["rule", *(f"{ms} ms" for ms in steps)], rows)


def mean_error(scores: Scores) -> str:
    """Mean queue error over the data sets."""
    steps = scores.values("shadow", "conflation_ms")
    rows = []
    for rule in scores.values("shadow", "estimator"):
        means = []
        for ms in steps:
            cells = scores.of("shadow", conflation_ms=ms, horizon_s=60, estimator=rule)
            means.append(sum(cell["err_mean"] for cell in cells) / len(cells))
        rows.append([rule, *(f"{mean:.4f}" for mean in means)])
    return table(["rule", *(f"{ms} ms" for ms in steps)], rows)


def real_orders(scores: Scores) -> str:
    """Design 2."""
    rows = [
        [
            NAMES[row["dataset"]],
            f"{row['conflation_ms']} ms",
            row["estimator"],
            str(row["n"]),
            f"{100 * row['filled_true']:.2f} %",
            f"{100 * row['exact']:.2f} %",
            f"{row['false_pp']:.2f}",
            f"{row['missed_pp']:.2f}",
            f"{row['quantity_error']:.4f}",
            f"{row['time_error_s']:.3f}",
        ]
        for row in scores.of("real")
        if row["estimator"] in {*COLOURS, "lots/back"}
    ]
    head = [
        "data",
        "depth",
        "rule",
        "orders",
        "truly filled",
        "exact quantity",
        "false pp",
        "missed pp",
        "quantity error",
        "time error s",
    ]
    return table(head, rows)


def takers(scores: Scores) -> str:
    """Walks of the displayed book against what aggressors paid."""
    rows = [
        [
            NAMES[row["dataset"]],
            f"{row['conflation_ms']} ms",
            str(row["n"]),
            f"{100 * row['hidden']:.1f} %",
            f"{100 * row['exact']:.1f} %",
            f"{row['error_ticks']:.3f}",
            f"{row['signed_ticks']:+.3f}",
            f"{row['delayed_ticks']:.3f}",
            f"{row['moved_ticks']:+.3f}",
            f"{row['impact_ticks']:+.3f}",
        ]
        for row in scores.of("taker")
    ]
    head = ["data", "depth", "takers", "met hidden", "exact price", "error ticks", "signed ticks"]
    head += ["error 50 ms later", "market after 1 s", "impact model"]
    return table(head, rows)


def presets(scores: Scores) -> str:
    """Every preset as it ships."""
    rows = [
        [
            NAMES[row["dataset"]],
            f"{row['conflation_ms']} ms",
            row["estimator"],
            f"{row['false_pp']:.2f}",
            f"{row['missed_pp']:.2f}",
            f"{row['e0_s']:.2f}",
            f"{row['err_mean']:.4f}",
            "{:.4f} .. {:.4f}".format(*row["ci"]["err_mean"]),
        ]
        for row in scores.of("preset")
    ]
    head = ["data", "depth", "preset", "false pp", "missed pp", "E0 s", "queue error"]
    return table([*head, "95 % interval"], rows)


def share(part: float, whole: float) -> str:
    """A share in percent, or a dash."""
    return f"{100 * part / whole:.2f} %" if whole else "-"


def fronts(scores: Scores) -> str:
    """The test of fronts, where orders are known and where they are not."""
    rows = [
        [
            NAMES.get(row["dataset"], row["dataset"]),
            str(row["tested"]),
            share(row["right"], row["tested"]),
            share(row["before_ppm"] / 1e6, row["listed"]),
            share(row.get("truly", 0), row.get("recognised", 0)),
        ]
        for row in [*scores.of("proof"), *scores.of("pool")]
    ]
    head = ["data", "fronts", "first in our list", "level before it", "recognised rightly"]
    return table(head, rows)


def without_ids(scores: Scores) -> str:
    """Rules on recordings that name no orders."""
    rows = [
        [
            row["dataset"],
            rule["rule"],
            str(row["filled"]) if row["filled"] else "-",
            str(row["cancelled"]) if row["cancelled"] else "-",
            share(rule["exact"], row["filled"]),
            share(rule["early"], row["filled"]),
            share(rule["cancelled"], row["cancelled"]),
            str(row["followed"]) if row["followed"] else "-",
            share(rule["error_ppm"] / 1e6, row["followed"]),
        ]
        for row in scores.of("pool")
        for rule in row["rules"]
    ]
    head = [
        "venue",
        "rule",
        "fills",
        "cancels",
        "exact instant",
        "early fills",
        "filled before cancel",
        "behind one order",
        "error there",
    ]
    return table(head, rows)


def calibration(scores: Scores) -> str:
    """The outlook against what happened, and against the base rate."""
    rows = [
        [
            NAMES[row["dataset"]],
            f"{row['conflation_ms']} ms",
            str(int(row["n"])),
            f"{row['base_rate']:.3f}",
            f"{row['brier']:.4f}",
            f"{row['brier_base']:.4f}",
            f"{100 * (1 - row['brier'] / row['brier_base']):+.1f} %",
            share(row["within_wait"], 1),
        ]
        for row in scores.of("outlook")
        if row["n"]
    ]
    head = ["data", "depth", "readings", "base rate", "Brier", "of base rate", "better by"]
    return table([*head, "reached within the wait"], rows)


def reliability(scores: Scores) -> str:
    """Stated probability and share that was reached, by class."""
    picked = [row for row in scores.of("outlook", conflation_ms=0) if row["n"]]
    rows = []
    for at in range(10):
        cells = []
        for row in picked:
            many, stated, reached = row["classes"][at]
            cells.append(f"{stated:.2f} / {reached:.2f} ({int(many)})" if many else "-")
        rows.append([f"{at / 10:.1f} .. {(at + 1) / 10:.1f}", *cells])
    return table(["stated", *(NAMES[row["dataset"]] for row in picked)], rows)


def verdict(value: float, limit: float) -> str:
    """Whether a bar is met, to the last printed digit."""
    return "met" if round(value, 4) <= limit else "MISSED"


def against_best(scores: Scores, dataset: str, ms: int) -> Row:
    """The default against the published rule with the least error there."""
    pairs = scores.of("paired", dataset=dataset, conflation_ms=ms)
    worst: Row = max(pairs, key=lambda row: row["diff"])
    return worst


def bars(scores: Scores) -> str:
    """The bars, for the data that are present."""
    steps = scores.values("shadow", "conflation_ms")
    rows = []

    def auto(dataset: str, ms: int) -> Row:
        return scores.one(
            "shadow", dataset=dataset, conflation_ms=ms, horizon_s=60, estimator=DEFAULT
        )

    def add(bar: str, what: str, value: float, interval: list[float], limit: float) -> None:
        low, high = interval
        shown = [f"{value:+.4f}", f"{low:.4f} .. {high:.4f}", f"<= {limit}"]
        rows.append([bar, what, *shown, verdict(value, limit)])

    for dataset in scores.datasets:
        row, name = auto(dataset, 0), NAMES[dataset]
        limit = QUEUE_ERROR.get(dataset)
        if limit is not None:
            what = f"{name}: queue error, event level"
            add("B1", what, row["err_mean"], row["ci"]["err_mean"], limit)
        worst = max((auto(dataset, ms) for ms in steps if ms <= 100), key=lambda r: r["false_pp"])
        what = f"{name}: most false fills up to 100 ms, pp (at {worst['conflation_ms']} ms)"
        add("B2", what, worst["false_pp"], worst["ci"]["false_pp"], 0.1)
        pairs = [against_best(scores, dataset, ms) for ms in steps if ms <= 250]
        pair = max(pairs, key=lambda r: r["diff"])
        what = f"{name}: worst distance to the best published rule up to 250 ms"
        what += f" ({pair['against']} at {pair['conflation_ms']} ms)"
        add("B3", what, pair["diff"], pair["ci"], 0.003)
        what = f"{name}: missed fills, event level, pp"
        add("B4", what, row["missed_pp"], row["ci"]["missed_pp"], 0.2)
    for row in scores.of("pool", dataset="kalshi"):
        right, early = row["right"] / row["tested"], row["rules"][0]["early"] / row["filled"]
        for what, share, bar, met in [
            ("Kalshi: fronts of sweeps first in our list", right, ">= 0.87", right >= 0.87),
            ("Kalshi: early fills of recognised orders", early, "<= 0.0001", early <= 0.0001),
        ]:
            rows.append(["B5", what, f"{share:+.4f}", "", bar, "met" if met else "MISSED"])
    return table(["bar", "what", "value", "95 % interval", "limit", ""], rows)


def plot(scores: Scores) -> str:
    """Queue error against conflation, one panel per data set, as SVG."""
    steps = scores.values("shadow", "conflation_ms")
    width, height, left, top = 300, 190, 52, 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(scores.datasets) * 370} 280" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for panel, dataset in enumerate(scores.datasets):
        lines = {
            rule: [
                scores.one(
                    "shadow", dataset=dataset, conflation_ms=ms, horizon_s=60, estimator=rule
                )["err_mean"]
                for ms in steps
            ]
            for rule in COLOURS
        }
        peak = max(max(line) for line in lines.values()) * 1.05
        x0 = panel * 370 + left
        parts.append(f'<text x="{x0}" y="20" font-weight="bold">{NAMES[dataset]}</text>')
        for share in (0, 0.5, 1):
            y = top + height * (1 - share)
            parts.append(f'<line x1="{x0}" x2="{x0 + width}" y1="{y}" y2="{y}" stroke="#ddd"/>')
            label = f"{share * peak:.3f}"
            parts.append(f'<text x="{x0 - 6}" y="{y + 4}" text-anchor="end">{label}</text>')
        xs = [x0 + width * at / (len(steps) - 1) for at in range(len(steps))]
        for x, ms in zip(xs, steps, strict=True):
            parts.append(f'<text x="{x}" y="{top + height + 18}" text-anchor="middle">{ms}</text>')
        for rule, line in lines.items():
            points = " ".join(
                f"{x:.1f},{top + height * (1 - value / peak):.1f}"
                for x, value in zip(xs, line, strict=True)
            )
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{COLOURS[rule]}" '
                f'stroke-width="{3 if rule == DEFAULT else 1.5}"/>'
            )
    for at, (rule, colour) in enumerate(COLOURS.items()):
        parts.append(f'<text x="{left + at * 130}" y="270" fill="{colour}">{rule}</text>')
    caption = "mean queue error by conflation of depth, ms"
    parts.append(f'<text x="{left + 540}" y="270">{caption}</text>')
    return "\n".join([*parts, "</svg>"])


def report(scores: Scores) -> str:
    """All tables as Markdown."""
    parts = [
        "# Fidelity of the simulated queue\n",
        "Made by `make fidelity`. Shadow orders join the best displayed level at one "
        "arbitrary instant of every second on both sides; the truth is exact, as every order "
        "of the market is known. A shadow is filled at its price by an execution behind it "
        "only when nothing is left before it, by an execution at a worse price, and by an "
        "opposite order at or through its price. Thresholds were chosen on the first five "
        "twelfths of each tape; only the rest is scored. The published figure is weighted by "
        "time: the mean of |estimated - true size ahead| over the size at entry until the "
        "true fill or 60 s. By events is the same before every event of the level instead; "
        "contested the mean over shadows with two orders or more before them and a cancel "
        "while they waited. Shadows know no hidden executions. Prints always come at once; depth "
        "is conflated to the interval named. Prints come first on these feeds, so nothing is "
        "held.\n",
        "## Gates\n",
        gates(scores),
        "\nOrders inside one matching instant of ES are put in queue order, as the feed reports "
        "them in none. AMZN is rebuilt from a level-1 file: what left unseen is removed when the "
        "touch file contradicts it.\n",
        "## Bars\n",
        bars(scores),
        "\n## Mean queue error over the data sets\n",
        mean_error(scores),
    ]
    for dataset in scores.datasets:
        row = scores.of("shadow", dataset=dataset, conflation_ms=0, horizon_s=60)[0]
        parts += [
            f"\n## {NAMES[dataset]}: {row['n']} shadows in {row['blocks']} blocks, "
            f"true fill rate {row['fill_rate_true']:.3f} in 60 s\n",
            "Event-level feed:\n",
            event_level(scores, dataset, 60),
            "\nQueue error by conflation:\n",
            ladder(scores, dataset, "err_mean", 4),
            "\nFalse fills by conflation, pp:\n",
            ladder(scores, dataset, "false_pp", 2),
        ]
    parts += [
        "\n## Presets as shipped\n",
        "The same shadows under every preset, without its delays.\n",
        presets(scores),
        "\n## Real orders with hidden identity\n",
        real_orders(scores),
        "\n## Outlook of resting orders\n",
        "Every ten seconds of its first minute a shadow that waits is asked how likely it is to be "
        "reached within a minute. Brier is the mean squared distance of that to what happened; the "
        "base rate beside it is that of the same scored part, which nobody knows beforehand. The "
        "last column is the share reached within the stated wait, where that is a minute or less; "
        "one half would be right.\n",
        calibration(scores),
        "\nStated / reached (readings), event level:\n",
        reliability(scores),
        "\n## Without order ids\n",
        "In a sweep every print but the last finished the order that was first. `level before "
        "it` is the size that our list has before the lot of that size, over the level. "
        "`recognised rightly` is the share of orders told by their size whose end was truly "
        "theirs.\n",
        fronts(scores),
        "\nAn order whose size no other of its level has is recognised when exactly that size "
        "leaves; one that even `risk_averse` has filled before does not count, so that rule has no "
        "early fill by definition. Where a feed counts orders, a level with one shows the size of "
        "it: the error is that of somebody who joins behind it, as above.\n",
        without_ids(scores),
        "\n## Takers\n",
        "Every aggressor walks the book that was displayed when it came, and what was displayed 50 "
        "ms before, and is compared with what it paid, hidden orders included. Its own effect, "
        "which the record holds, is compared with the model of it: how far the mid went within "
        "1 s, and what the model adds then to the next order of that account. Means in ticks.\n",
        takers(scores),
    ]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Reads score lines and writes everything made from them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scores", type=Path, help="score lines of sequence-fidelity")
    parser.add_argument("out", type=Path, help="folder for scores.json, report.md, queue_error.svg")
    arguments = parser.parse_args()
    lines = arguments.scores.read_text(encoding="utf-8").splitlines()
    scores = Scores([json.loads(line) for line in lines])
    text = report(scores)
    print(text)
    for row in scores.of("speed"):
        name, rate = NAMES[row["dataset"]], row["per_second"] / 1e6
        met = "met" if rate >= 3 else "MISSED"
        many = f"{row['rule']}, {row['resting']} resting orders"
        print(f"B8 {name}: {rate:.2f} M events/s with {many} ({met})")
    (arguments.out / "report.md").write_text(text, encoding="utf-8")
    (arguments.out / "scores.json").write_text(json.dumps(scores.rows, indent=1), encoding="utf-8")
    (arguments.out / "queue_error.svg").write_text(plot(scores), encoding="utf-8")


if __name__ == "__main__":
    main()
