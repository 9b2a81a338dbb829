"""A chart of the benchmark as SVG, for the README and docs/performance.md: readable on light and on dark pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

WIDTH, ROW, LABEL, BAR = 720, 26, 190, 400
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#57606a}"
    ".title{font-weight:600;fill:#24292f}.bar{fill:#8c959f}.ours{fill:#0969da}"
    "@media(prefers-color-scheme:dark){text{fill:#8b949e}.title{fill:#e6edf3}.bar{fill:#6e7681}.ours{fill:#58a6ff}}"
)

Panel = tuple[str, str, Sequence[tuple[str, float]]]


def write_chart(file: Path, figures: Mapping[str, Any]) -> None:
    """Draw the figures of the embedded engine: latency of one connection, throughput of eight."""
    latency, loaded = figures["embedded"]["latency"], figures["embedded"]["throughput"]
    panels: list[Panel] = []
    for call, contenders in latency.items():
        bars = [(name, float(taken["p50_us"])) for name, taken in contenders.items()]
        panels.append((f"{call}: p50 in microseconds, less is better", "us", bars))
    for name, contenders in loaded.items():
        if name.endswith(", 8"):
            bars = [(contender, float(load["per_second"])) for contender, load in contenders.items()]
            panels.append((f"{name} connections: requests a second, more is better", "/s", bars))
    file.write_text(draw(panels))


def draw(panels: Sequence[Panel]) -> str:
    """Bars under a title, panel by panel."""
    lines, y = [], 0
    for title, unit, bars in panels:
        lines.append(f'<text class="title" x="0" y="{y + 18}">{escape(title)}</text>')
        y += ROW
        longest = max(value for _, value in bars) or 1
        for name, value in bars:
            width = max(1, round(BAR * value / longest))
            kind = "ours" if name == "homeport" else "bar"
            lines.append(f'<text x="{LABEL - 8}" y="{y + 17}" text-anchor="end">{escape(name)}</text>')
            lines.append(f'<rect class="{kind}" x="{LABEL}" y="{y + 4}" width="{width}" height="{ROW - 8}" rx="3"/>')
            lines.append(f'<text x="{LABEL + width + 8}" y="{y + 17}">{value:,.0f} {unit}</text>')
            y += ROW
        y += ROW // 2
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img">'
    return "\n".join([head, f"<style>{_STYLE}</style>", *lines, "</svg>", ""])
