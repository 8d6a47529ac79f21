"""The report as a picture: SVG from a template, without scripts and without a library of charts; light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sekisho.demo.detection.figures import Detection, KindFigures

__all__ = ["draw"]

_TEMPLATES = Path(__file__).parent / "templates"
_ROW, _TOP, _LEFT, _WIDTH = 52, 112, 200, 380  # px: of one kind, above the first, left of the bars, of a whole bar
_NAMES = {
    "takeover_market": "Takeover, market",
    "market_campaign": "Campaign in one stock",
    "takeover_cash": "Takeover, cash",
    "stuffing": "Stuffing, spraying",
    "session_theft": "Session theft",
    "impossible_travel": "Impossible travel",
    "code_bombing": "Code bombing",
    "mule_payee": "Mule payee",
}


@dataclass(frozen=True, slots=True)
class _Bar:
    """y, width: px. plain: of plain attacks. text: what stands behind it."""

    y: int
    width: float
    plain: bool
    text: str


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    y: int
    bars: tuple[_Bar, ...]


def draw(detection: Detection) -> str:
    """An SVG of the share of attacks caught, kind by kind, plain above weakened, with the delay and the money kept behind each bar."""
    rows = []
    for place, (kind, name) in enumerate(_NAMES.items()):
        y = _TOP + place * _ROW
        chosen = [figures for figures in detection.kinds if figures.kind == kind]
        bars = tuple(_bar(figures, y) for figures in chosen)
        rows.append(_Row(name, y, bars))
    page = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    drawn = page.get_template("detection.svg").render(
        rows=rows, detection=detection, left=_LEFT, full=_WIDTH, height=_TOP + len(rows) * _ROW + 40, bottom=_TOP + len(rows) * _ROW
    )
    return drawn + "\n"


def _bar(figures: KindFigures, y: int) -> _Bar:
    parts = [f"{figures.caught} of {figures.attacks}"]
    delay = figures.median_delay
    parts += [] if delay is None else [f"{delay:.1f} min" if delay < 10 else f"{delay:.0f} min"]
    parts += [] if figures.kept is None else [f"{figures.kept:.0%} kept"]
    return _Bar(y + (2 if figures.plain else 20), figures.recall * _WIDTH, figures.plain, " · ".join(parts))
