"""What is wrong with the settings: every problem at once, each with its key, its place and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from sekisho.kernel.errors import Kind, SekishoError
from sekisho.settings.fields import Section
from sekisho.settings.origin import Origin

__all__ = ["Problem", "SettingsError", "unknown_key"]


@dataclass(frozen=True, slots=True)
class Problem:
    key: str
    origin: Origin
    text: str

    def __str__(self) -> str:
        return f"{self.key} ({self.origin}): {self.text}"


class SettingsError(SekishoError):
    """The settings cannot be used. `fields` holds one line per problem: key and place → what to do."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        message = f"The settings cannot be used: {count} {'value is' if count == 1 else 'values are'} wrong."
        fields: dict[str, str] = {}
        for problem in self.problems:
            head = f"{problem.key} ({problem.origin})"
            fields[head] = f"{fields[head]}; {problem.text}" if head in fields else problem.text
        super().__init__(Kind.INVALID, message, fields=fields)

    def __str__(self) -> str:
        return "\n".join([self.public_message, *map(str, self.problems)])


def unknown_key(path: str, origin: Origin, sections: dict[str, Section]) -> Problem:
    """A key that nothing reads, with the one that was perhaps meant."""
    known = [*sections, *(key.path for section in sections.values() for key in section.keys.values())]
    same_name = [key for key in known if "." in key and key.split(".")[-1] == path.split(".")[-1]]
    near = same_name[:1] or get_close_matches(path, known, n=1, cutoff=0.6) or get_close_matches(path.split(".")[-1], known, n=1)
    advice = f"did you mean {near[0]}?" if near else "`sekisho config template` lists every key"
    return Problem(path[:120], origin, f"is no setting; {advice}")
