"""Bars on a log scale as SVG that is readable in light and dark."""

from collections.abc import Mapping
from math import ceil, floor, log10
from pathlib import Path

WIDE, LEFT, ROW, TOP = 760, 240, 26, 46


def bars(path: Path, title: str, values: Mapping[str, float], limit: float | None = None) -> None:
    """One bar for each value (> 0); `limit` is drawn as a line."""
    low, high = (f(log10(edge)) for f, edge in ((floor, min(values.values())), (ceil, max(values.values()))))
    span = max(1, high - low)

    def x(value: float) -> float:
        return LEFT + (WIDE - LEFT - 70) * (log10(value) - low) / span

    height = TOP + ROW * len(values) + 24
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {height}" role="img" aria-label="{title}"'
    parts = [
        f'{head} font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDE}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="22" font-size="15" font-weight="bold" fill="#1a1a1a">{title}</text>',
    ]
    for power in range(low, high + 1):
        at = f"{x(10.0**power):.0f}"
        parts.append(f'<line x1="{at}" x2="{at}" y1="{TOP - 8}" y2="{height - 22}" stroke="#dddddd"/>')
        parts.append(f'<text x="{at}" y="{height - 6}" text-anchor="middle" fill="#555555">{10.0**power:g}</text>')
    for number, (name, value) in enumerate(values.items()):
        y, colour = TOP + number * ROW, "#1f6feb" if name.startswith("ours") else "#8c959f"
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end" fill="#1a1a1a">{name.replace("<", "&lt;")}</text>'
            f'<rect x="{LEFT}" y="{y}" width="{max(2.0, x(value) - LEFT):.0f}" height="18" fill="{colour}"/>'
            f'<text x="{max(x(value), LEFT) + 6:.0f}" y="{y + 14}" fill="#1a1a1a">{value:.3g}</text>'
        )
    if limit is not None:
        parts.append(
            f'<line x1="{x(limit):.0f}" x2="{x(limit):.0f}" y1="{TOP - 8}" y2="{height - 22}" stroke="#d1242f" '
            'stroke-dasharray="4 3"/>'
        )
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")
