"""Drawing pages: Jinja2, everything escaped, a missing name an error, texts from the catalogue in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from sekisho.texts.catalogue import N_, Language, translator
from sekisho.web.http.exchange import Exchange
from sekisho.web.kit.assets import Assets
from sekisho.web.kit.brand import Brand

__all__ = ["Pages", "Place", "Presence"]

_TEMPLATES = Path(__file__).parent / "templates"
_HEADINGS = {
    400: N_("The request could not be read"),
    401: N_("Please log in"),
    403: N_("This is not possible"),
    404: N_("There is nothing here"),
    409: N_("Something has changed meanwhile"),
    422: N_("Please check your entries"),
    500: N_("Something went wrong"),
    503: N_("One moment, please"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the navigation. label: a catalogue string. count: what waits there; 0 shows nothing."""

    label: str
    path: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Presence:
    """The logged-in reader's time and ways, for the private layout.

    seconds_left: until automatic logoff, whole seconds rounded up. ends_at: that moment in his language and zone, for readers
    without scripts. warn_at: seconds before the end at which the dialog asks (R6). current: the path of the place he is at.
    """

    seconds_left: int
    ends_at: str
    places: tuple[Place, ...] = ()
    current: str = ""
    warn_at: int = 60
    state: str = "/session/state"
    stay: str = "/stay"
    log_off: str = "/log-off"
    logged_off: str = "/logged-off"


class Pages:
    """Draws the templates of the kit and of the doors.

    doors: folder of each door's templates by its name; `portal/login.html` is `login.html` in the portal's.
    """

    def __init__(self, brand: Brand, assets: Assets, doors: Mapping[str, Path]) -> None:
        folders = {"kit": _TEMPLATES, **doors}
        loader = PrefixLoader({name: FileSystemLoader(folder) for name, folder in folders.items()})
        self._environments = {language: _environment(language, loader, brand, assets) for language in Language}

    def render(
        self, template: str, exchange: Exchange, *, status: int = 200, csrf: str = "", presence: Presence | None = None, **context: Any
    ) -> HTMLResponse:
        """A page in the exchange's language. `presence` is what `kit/private.html` needs; `csrf` a token for the page's forms."""
        drawn = self._environments[exchange.language].get_template(template)
        text = drawn.render(context, nonce=exchange.nonce, path=exchange.path, csrf=csrf, presence=presence)
        headers = {"content-language": exchange.language.value}
        if presence is not None:
            # Without scripts the page leads to the logged-off page by itself; that one says so if another window kept the session (R6).
            headers["refresh"] = f"{presence.seconds_left + 1}; url={presence.logged_off}?why=idle"
        return HTMLResponse(text, status, headers)

    def draw(self, template: str, language: Language, **context: Any) -> str:
        """A page that stands by itself, for a file."""
        return self._environments[language].get_template(template).render(context)

    def error(self, exchange: Exchange, status: int, text: str, fields: Mapping[str, str], request_id: str) -> Response:
        """The page of an error: `ErrorPage` of `web/http/errors.py`."""
        heading = _HEADINGS.get(status, _HEADINGS[400])
        return self.render(
            "kit/error.html", exchange, status=status, heading=heading, text=text, fields=dict(fields), request_id=request_id
        )


def _environment(language: Language, loader: PrefixLoader, brand: Brand, assets: Assets) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    texts = translator(language)
    environment.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]  # by the extension
    environment.globals.update(language=language.value, brand=brand, static=assets.url)
    return environment
