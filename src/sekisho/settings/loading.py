"""Finding the file, merging the sources, building the tree."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sekisho.settings.building import build_section
from sekisho.settings.fields import sections_of
from sekisho.settings.origin import DEFAULT, Origin
from sekisho.settings.problems import Problem, SettingsError
from sekisho.settings.sources import Sources
from sekisho.settings.tree import Settings

__all__ = ["CONFIG_VARIABLE", "STANDARD_FILES", "Loaded", "load_settings"]

CONFIG_VARIABLE = "SEKISHO_CONFIG"
STANDARD_FILES = (Path("/etc/sekisho/sekisho.toml"), Path("sekisho.toml"))


@dataclass(frozen=True, slots=True)
class Loaded:
    """The tree, and where each key that is not a default comes from. file: the TOML file that was read."""

    settings: Settings
    origins: Mapping[str, Origin]
    file: Path | None

    def origin(self, key: str) -> Origin:
        return self.origins.get(key, DEFAULT)


def load_settings(
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    options: Mapping[str, tuple[str, str]] | None = None,
    standard_files: tuple[Path, ...] = STANDARD_FILES,
) -> Loaded:
    """Read the settings; SettingsError tells every problem at once.

    config: the file, else `SEKISHO_CONFIG`, else the first of `standard_files` that exists, else none.
    options: key → (option, text) of the command line, which win over environment and file.
    """
    environment = os.environ if environment is None else environment
    sections = sections_of(Settings)
    sources = Sources(sections)
    file = _find(config, environment, standard_files)
    if file is not None:
        sources.add_file(file)
    sources.add_environment(environment)
    sources.add_options(options or {})
    problems: list[Problem] = list(sources.problems)
    values = {}
    for section in sections.values():
        values[section.name], found = build_section(section, sources.given)
        problems += found
    if problems:
        raise SettingsError(problems)
    return Loaded(Settings(**values), {key: given.origin for key, given in sources.given.items()}, file)


def _find(config: Path | None, environment: Mapping[str, str], standard_files: tuple[Path, ...]) -> Path | None:
    if config is not None:
        return config
    if named := environment.get(CONFIG_VARIABLE):
        return Path(named)
    return next((path for path in standard_files if path.is_file()), None)
