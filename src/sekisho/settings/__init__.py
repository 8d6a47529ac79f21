"""The settings: one frozen tree made of the domain's own policies, read from TOML, environment and options.

    sekisho.toml            [sessions]
                            idle = "10m"
    environment             SEKISHO__SESSIONS__IDLE=10m
    a file's content        SEKISHO__DATABASE__PASSWORD_FILE=/run/secrets/database

What comes later wins. Unknown keys are errors; so is a value outside a policy's bounds. Every problem is told at once, with its key,
its place and what to do (DESIGN §4).
"""

from sekisho.settings.loading import CONFIG_VARIABLE, STANDARD_FILES, Loaded, load_settings
from sekisho.settings.origin import DEFAULT, Origin
from sekisho.settings.problems import Problem, SettingsError
from sekisho.settings.sections import AuditSettings, DatabaseSettings, KeyringSettings, LoggingSettings, ServerSettings
from sekisho.settings.showing import Shown, show_settings
from sekisho.settings.template import reference, template
from sekisho.settings.tree import Settings

__all__ = [
    "CONFIG_VARIABLE", "DEFAULT", "STANDARD_FILES", "AuditSettings", "DatabaseSettings", "KeyringSettings", "Loaded", "LoggingSettings",
    "Origin", "Problem", "ServerSettings", "Settings", "SettingsError", "Shown", "load_settings", "reference", "show_settings", "template",
]  # fmt: skip
