#!/usr/bin/env python3
"""Holds the catalogue to its sources: every text of the house has its Japanese, once, and nothing stands there without a source.

A text of the house is a literal in one of these places of `src`:

- `N_("…")`, `_("…")`, `gettext("…")`, `t.text("…")`, and the pair of `ngettext(…)` and `t.plural(…)`;
- the public message of `SekishoError(kind, "…")` and of `invalid("…")`, and the reasons beside their fields;
- `{% trans %}`, `_("…")`, `gettext("…")` and `ngettext(…)` in templates (`*.html`).

Each stands in exactly one file `locale/ja/*.po`: not fuzzy, with the same placeholders, in Japanese unless `proper_names.txt` names it.

Then every message that can leave is built, in each language and with every mark that it may bear: one with a link, or with a phone number
that is not the firm's, cannot be built (J09).
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from gettext import NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po
from jinja2.ext import babel_extract

from sekisho.domain.notifications.message import Firm, Marks, Translator
from sekisho.domain.notifications.rendering import render, render_trial
from sekisho.domain.notifications.specimens import AT, marks, specimens

Text = str | tuple[str, ...]  # a tuple holds singular and plural
Sources = dict[Text, str]  # text → the first place where it stands

SCRIPTS = Path(__file__).parent
SOURCE = SCRIPTS.parent / "src" / "sekisho"

# Function → positions of its texts. The two with two positions speak of numbers.
CALLS = {"N_": (0,), "_": (0,), "gettext": (0,), "text": (0,), "invalid": (0,), "SekishoError": (1,), "ngettext": (0, 1), "plural": (0, 1)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[-#0 +]*\d*(?:\.\d+)?[diouxXeEfFgGcrs]")
JAPANESE = re.compile(r"[぀-ヿ㐀-鿿々]")
FORBIDDEN = re.compile(r"\busers?\b", re.IGNORECASE)  # DESIGN §3: they are traders, staff members, customers


class Faults(list[str]):
    """What is wrong, in the words of the report."""

    def add(self, place: str, text: Text, fault: str) -> None:
        self.append(f"{place}: {fault}: {text if isinstance(text, str) else text[0]!r}")


def python_texts(path: Path, faults: Faults) -> Iterator[tuple[int, Text]]:
    """The texts of a Python file, with their lines. A text made by an f-string is a fault: no catalogue can hold it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        name = _called(node, path)
        if not isinstance(node, ast.Call) or name is None:
            continue
        arguments = [node.args[at] for at in CALLS[name] if at < len(node.args)]
        if len(CALLS[name]) == 2:
            pair = tuple(text for argument in arguments for text in _literals(argument))
            if len(pair) == 2:
                yield node.lineno, pair
        else:
            for argument in (*arguments, *_reasons(node, name)):
                if isinstance(argument, ast.JoinedStr):
                    faults.add(f"{path}:{node.lineno}", ast.unparse(argument), "a text must be a literal with named placeholders")
                for text in _literals(argument):
                    yield node.lineno, text


def _called(node: ast.AST, path: Path) -> str | None:
    """The name of the call, if it is one that carries texts. `text` and `plural` are methods; SQL's `text()` is none of ours."""
    if not isinstance(node, ast.Call):
        return None
    match node.func:
        case ast.Name(id=name) if name in CALLS and name not in ("text", "plural"):
            return name
        case ast.Attribute(attr=name) if name in CALLS and "storage" not in path.parts:
            return name
    return None


def _reasons(node: ast.Call, name: str) -> Iterator[ast.expr]:
    """The texts among the keyword arguments of an error: its message, and the reason beside each refused field."""
    for keyword in node.keywords:
        if name == "SekishoError" and keyword.arg == "fields" and isinstance(keyword.value, ast.Dict):
            yield from keyword.value.values
        elif (name == "SekishoError" and keyword.arg == "public_message") or (name == "invalid" and keyword.arg != "detail"):
            yield keyword.value


def _literals(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body)
            yield from _literals(orelse)


def template_texts(path: Path) -> Iterator[tuple[int, Text]]:
    """The texts of a template. Blanks and line ends inside `{% trans %}` count as one blank (policy `ext.i18n.trimmed`)."""
    options = {"silent": "false", "newstyle_gettext": "true", "trimmed": "true"}
    with path.open("rb") as stream:
        for line, _name, found, _comments in babel_extract(stream, ("gettext", "ngettext", "_"), (), options):
            texts = tuple(text for text in ((found,) if isinstance(found, str) else found or ()) if text)
            if texts:
                yield line, texts if len(texts) == 2 else texts[0]


def sources(folder: Path, faults: Faults) -> Sources:
    """Every text of the house and where it stands first."""
    found: Sources = {}
    for path in sorted(folder.rglob("*.py")):
        for line, text in python_texts(path, faults):
            found.setdefault(text, f"{path}:{line}")
    for path in sorted(folder.rglob("*.html")):
        for line, text in template_texts(path):
            found.setdefault(text, f"{path}:{line}")
    return found


def check_sources(found: Sources, faults: Faults) -> None:
    """What can be wrong with a text before any translation."""
    for text, place in found.items():
        for part in _parts(text):
            if not _formats(part):
                faults.add(place, text, "a lone percent sign is written %%")
            if FORBIDDEN.search(part):
                faults.add(place, text, 'the word "user" is not ours')


def check_catalogues(found: Sources, paths: Sequence[Path], proper: Iterable[str], faults: Faults) -> None:
    """Each text in exactly one file, and every entry sound."""
    homes: dict[str, str] = {}
    expected = {_parts(text) for text in found}
    for path in paths:
        for message in entries(path, faults):
            parts = _parts(message.id)
            place = f"{path}:{message.lineno}"
            if parts[0] in homes:
                faults.add(place, parts[0], f"stands in {homes[parts[0]]} too")
            homes[parts[0]] = str(path)
            if parts not in expected:
                faults.add(place, parts[0], "no source has this text, or not with this plural")
            check_entry(message, place, set(proper), faults)
    for text, place in found.items():
        if _parts(text)[0] not in homes:
            faults.add(place, text, "has no Japanese")


def entries(path: Path, faults: Faults) -> list[Message]:
    """The entries of a file without its header; what is commented out or stands twice is a fault."""
    raw = path.read_bytes()
    try:
        catalog: Catalog = read_po(raw.decode("utf-8").splitlines(keepends=True), locale="ja", abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as error:
        faults.append(f"{path}: {error}")
        return []
    for obsolete in catalog.obsolete.values():
        faults.add(str(path), _parts(obsolete.id)[0], "is commented out: remove it")
    found = [message for message in catalog if message.id]
    if len(re.findall(rb"^msgid ", raw, re.MULTILINE)) != len(found) + 1:
        faults.append(f"{path}: an entry stands twice, or the header is missing")
    return found


def check_entry(message: Message, place: str, proper: set[str], faults: Faults) -> None:
    """One Japanese text against its English one."""
    parts, japanese = _parts(message.id), _parts(message.string or "")
    if message.fuzzy or message.context:
        faults.add(place, parts[0], "is fuzzy" if message.fuzzy else "has a context, which nothing reads")
    if len(japanese) != 1 or not japanese[0]:
        faults.add(place, parts[0], "has no Japanese, or more than one form of it")
        return
    if not _formats(japanese[0]) or placeholders(japanese[0]) != placeholders(parts[-1]):
        faults.add(place, parts[0], f"its placeholders differ from {japanese[0]!r}")
    if parts[0] not in proper and not JAPANESE.search(japanese[0]):
        faults.add(place, parts[0], "is not in Japanese (a proper name stands in scripts/proper_names.txt)")


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def _formats(text: str) -> bool:
    return "%" not in PLACEHOLDER.sub("", text.replace("%%", ""))


def _parts(text: Text | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def check(source: Path, locale: Path, proper: Iterable[str]) -> tuple[int, Faults]:
    """How many texts there are, and what is wrong."""
    faults = Faults()
    found = sources(source, faults)
    check_sources(found, faults)
    check_catalogues(found, sorted(locale.glob("ja/*.po")), proper, faults)
    return len(found), faults


def check_messages(japanese: Mapping[str, str], faults: Faults) -> int:
    """How many messages were built. japanese: English text → Japanese."""
    firm = Firm("Hakone Securities", "03-4590-0711", "portal.hakone.example", ZoneInfo("Asia/Tokyo"))
    sayings: dict[str, Translator] = {"en": NullTranslations(), "ja": _Read(japanese)}
    built = 0
    for language, say in sayings.items():
        whole = marks(language)
        for message in specimens(language):
            for mark in (Marks(), Marks(whole.reference), whole):
                built += _builds(f"{message.key} ({language})", lambda m=message, k=mark, s=say: render(m, s, firm, k), faults)
        built += _builds(f"trial ({language})", lambda s=say: render_trial(AT, s, firm), faults)
    return built


class _Read:
    """The catalogue as it stands in the files, compiled or not."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def gettext(self, message: str, /) -> str:
        return self._texts.get(message, message)


def _builds(place: str, build: Callable[[], object], faults: Faults) -> int:
    try:
        build()
    except (ValueError, KeyError, TypeError) as fault:
        faults.append(f"{place}: this message cannot be built: {fault}")
    return 1


def japanese_of(locale: Path) -> dict[str, str]:
    found = (message for path in sorted(locale.glob("ja/*.po")) for message in entries(path, Faults()))
    return {_parts(message.id)[0]: _parts(message.string or "")[0] for message in found}


def main() -> int:
    lines = (SCRIPTS / "proper_names.txt").read_text(encoding="utf-8").splitlines()
    count, faults = check(SOURCE, SOURCE / "texts" / "locale", [line for line in lines if line and not line.startswith("#")])
    built = check_messages(japanese_of(SOURCE / "texts" / "locale"), faults)
    root = f"{SCRIPTS.parent}/"
    good = f"{count} texts, each with its Japanese; {built} messages without a link or a foreign number"
    print("\n".join(fault.replace(root, "") for fault in faults) or good)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
