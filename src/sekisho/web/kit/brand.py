"""A firm's name, logo and colours. Colours are checked for contrast at start, so that no re-branding makes a page unreadable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sekisho.texts.catalogue import Language

__all__ = ["Brand", "Logo", "contrast", "too_faint"]

_TOKENS = Path(__file__).parent / "static" / "css" / "1-tokens.css"
_TOKEN = re.compile(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
_LARGEST_LOGO = 200_000

AA_TEXT = 4.5  # WCAG 2.2 §1.4.3, text of ordinary size
_GROUNDS = ("paper", "sheet", "sunken")
_PAIRS = (
    *(("ink", ground) for ground in (*_GROUNDS, "indigo-wash", "pine-wash", "amber-wash", "vermilion-wash")),
    *(("ink-2", ground) for ground in _GROUNDS),
    *(("indigo", ground) for ground in (*_GROUNDS, "indigo-wash", "amber-wash")),
    ("on-indigo", "indigo"),
    *(("pine", ground) for ground in ("sheet", "pine-wash")),
    *(("amber", ground) for ground in ("sheet", "amber-wash")),
    *(("vermilion", ground) for ground in ("paper", "sheet", "vermilion-wash")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture beside or instead of the gate mark; about 28 px high on the page."""

    name: str
    content: bytes
    media_type: str

    @classmethod
    def read(cls, file: Path) -> Logo:
        """ValueError when it is no svg, png or webp, or larger than 200 kB."""
        media_type = _LOGO_TYPES.get(file.suffix.lower())
        content = file.read_bytes()
        if media_type is None or len(content) > _LARGEST_LOGO:
            raise ValueError(f"the logo {file.name} is no svg, png or webp of at most {_LARGEST_LOGO} bytes")
        return cls(f"logo{file.suffix.lower()}", content, media_type)


@dataclass(frozen=True, slots=True)
class Brand:
    """name: the firm's, as customers know it; names: where a language writes it differently.

    tokens: colour tokens of the stylesheet that the firm sets, name → (light, dark), each `#rrggbb`.
    """

    name: str
    names: Mapping[Language, str] = field(default_factory=dict)
    tokens: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    logo: Logo | None = None

    def __post_init__(self) -> None:
        """ValueError when a token is unknown or no colour, or two that meet on a page have less than 4.5:1 (WCAG 2.2 AA)."""
        own = _own_tokens()
        for token, colours in self.tokens.items():
            if token not in own:
                raise ValueError(f"there is no colour token {token!r}; there are {', '.join(sorted(own))}")
            if len(colours) != 2 or not all(_COLOUR.fullmatch(colour.lower()) for colour in colours):
                raise ValueError(f"the token {token} is a pair of colours such as #24477a, light and dark")
        faint = too_faint({**own, **self.tokens})
        if faint:
            raise ValueError("colours without enough contrast: " + "; ".join(faint))

    def named(self, language: Language) -> str:
        return self.names.get(language, self.name)

    def stylesheet(self) -> str:
        """The tokens as CSS; empty without any."""
        lines = [f"  --{token}: light-dark({light.lower()}, {dark.lower()});" for token, (light, dark) in self.tokens.items()]
        return ":root {\n" + "\n".join(lines) + "\n}\n" if lines else ""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `#rrggbb`, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def too_faint(tokens: Mapping[str, tuple[str, str]]) -> list[str]:
    """The pairs of tokens that meet on a page as text and ground with too little contrast, in words."""
    return [
        f"{text} on {ground} ({scheme}) is {ratio:.1f}:1, {AA_TEXT}:1 is needed"
        for text, ground in _PAIRS
        for at, scheme in enumerate(("light", "dark"))
        if (ratio := contrast(tokens[text][at], tokens[ground][at])) < AA_TEXT
    ]


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _own_tokens() -> dict[str, tuple[str, str]]:
    return {name: (light, dark) for name, light, dark in _TOKEN.findall(_TOKENS.read_text("utf-8"))}
