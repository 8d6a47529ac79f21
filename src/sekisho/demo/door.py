"""The demo's own pages: who is who, and everybody's phone. They exist where the demo runs, and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sekisho.bootstrap.gallery import FOLDER as GALLERY
from sekisho.bootstrap.gallery import hang, sender
from sekisho.bootstrap.house import House
from sekisho.demo.folder import DemoFolder
from sekisho.demo.monitoring.pages import monitoring_routes
from sekisho.demo.next_day import let_a_day_pass
from sekisho.demo.outbox_file import Line, OutboxFile
from sekisho.demo.people import PEOPLE, Begins
from sekisho.demo.standing import standings
from sekisho.kernel.errors import missing
from sekisho.texts.catalogue import Language
from sekisho.texts.formats import Formats
from sekisho.web.http.exchange import Exchange, exchange_of
from sekisho.web.http.routes import Admission, Door, DoorRoute, Visit
from sekisho.web.kit.assets import Assets
from sekisho.web.kit.brand import Brand
from sekisho.web.kit.language import LanguageForm, remember_language
from sekisho.web.kit.pages import Pages

__all__ = ["demo_routes"]

_HERE = Path(__file__).parent
_SHOWN = 30  # messages on one phone
_STATIC = {
    _HERE / "static" / "phone.js": "text/javascript; charset=utf-8",
    _HERE / "static" / "monitoring.js": "text/javascript; charset=utf-8",
    _HERE / "static" / "demo.css": "text/css; charset=utf-8",
    GALLERY / "gallery.css": "text/css; charset=utf-8",
}
_TYPES = {path.name: kind for path, kind in _STATIC.items()}

DemoVisit = Visit[Exchange]


class _OpenGate:
    """Admits everybody who reaches it: it listens on this machine alone, and what it shows is secret to nobody."""

    async def admit(self, request: Request, route: DoorRoute) -> Exchange:
        return exchange_of(request.scope)


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone on the page; `owner` is empty for a number that is none of the demo's people. language: of its messages."""

    number: str
    owner: str
    username: str
    language: str
    messages: list[dict[str, str | None]]


def demo_routes(house: House, folder: DemoFolder, outbox: OutboxFile) -> list[Route]:
    files = {path.name: path.read_bytes() for path in _STATIC}
    version = hashlib.sha256(b"".join(files.values())).hexdigest()[:16]
    brand = Brand(house.settings.firm.name)
    pages = Pages(brand, Assets(brand), {"demo": _HERE / "templates", "gallery": GALLERY})
    door = Door("demo")
    _page_routes(door, house, folder, outbox, pages, version)
    _act_routes(door, house)
    _live_routes(door, house, outbox, files, version)
    return door.routes(_OpenGate())


def _page_routes(door: Door, house: House, folder: DemoFolder, outbox: OutboxFile, pages: Pages, version: str) -> None:
    def draw(exchange: Exchange, template: str, **context: Any) -> Response:
        return pages.render(f"demo/{template}", exchange, version=version, **context)

    monitoring_routes(door, house, draw)

    @door.get("/demo", admits=Admission.ANYONE)
    def show_start(visit: DemoVisit) -> Response:
        """Who is who, and what to try."""
        people = standings(house, folder.kept())
        files = {"settings_file": folder.settings, "heads_file": folder.heads, "outbox_file": folder.outbox, "folder": folder.root}
        by_begin = {one.person.begins: one for one in reversed(people)}
        return draw(
            visit.caller,
            "start.html",
            people=people,
            first=people[0],
            second=people[1],
            restricted=by_begin[Begins.RESTRICTED],
            last=by_begin[Begins.NOT_ACTIVATED],
            known=visit.request.query_params.get("done") == "known",
            **{name: str(path) for name, path in files.items()},
        )

    @door.get("/demo/phone", admits=Admission.ANYONE)
    def show_phones(visit: DemoVisit) -> Response:
        """Everybody's phone with the newest messages."""
        count = outbox.count
        return draw(visit.caller, "phone.html", phones=_phones(outbox.lines(), _formats(visit.caller, house)), count=count)

    @door.get("/demo/notices", admits=Admission.ANYONE)
    def show_notices(visit: DemoVisit) -> Response:
        """Every message that can leave, as `sekisho notices gallery` writes it into a file."""
        return draw(visit.caller, "notices.html", hung=hang(house.settings), sender=sender(house.settings))


def _act_routes(door: Door, house: House) -> None:
    @door.post("/demo/language", admits=Admission.ANYONE)
    def choose_language(visit: DemoVisit) -> Response:
        return remember_language(visit.form(LanguageForm))

    @door.post("/demo/next-day", admits=Admission.ANYONE)
    def pass_a_day(visit: DemoVisit) -> Response:
        """Devices of today are known since yesterday."""
        let_a_day_pass(house)
        return RedirectResponse("/demo?done=known", 303)


def _live_routes(door: Door, house: House, outbox: OutboxFile, files: Mapping[str, bytes], version: str) -> None:
    @door.get("/demo/phone/messages", admits=Admission.ANYONE)
    def show_messages(visit: DemoVisit) -> Response:
        """What arrived after the `after`th message, for the page's script, which asks every second."""
        asked, count = visit.request.query_params.get("after", ""), outbox.count
        after = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
        new = outbox.lines()[-(count - after) :] if after < count else []
        formats = _formats(visit.caller, house)
        messages = [{"phone": _phone_of(line), **_message(line, formats)} for line in new]
        return Response(msgspec.json.encode({"count": count, "messages": messages}), media_type="application/json")

    @door.get("/demo/static/{version}/{name}", admits=Admission.ANYONE)
    def show_file(visit: DemoVisit) -> Response:
        name = visit.part("name")
        if name not in files or visit.part("version") != version:
            raise missing("static file")
        return Response(files[name], headers={"content-type": _TYPES[name], "cache-control": "public, max-age=31536000, immutable"})


def _formats(exchange: Exchange, house: House) -> Formats:
    return Formats(Language(exchange.language), house.settings.firm.time_zone)


def _phone_of(line: Line) -> str:
    """An e-mail is read on its owner's phone too."""
    return next((person.phone for person in PEOPLE if line.to in (person.phone, person.email)), line.to)


def _message(line: Line, formats: Formats) -> dict[str, str | None]:
    moment = line.moment
    return {
        "channel": line.channel,
        "body": line.body,
        "code": line.code,
        "at": formats.time(moment),
        "exact": formats.exact(moment),
    }


def _phones(lines: list[Line], formats: Formats) -> list[Phone]:
    """The demo's people first, then whoever else got a message. Newest message first."""
    phones = {person.phone: Phone(person.phone, person.name, person.username, person.language, []) for person in PEOPLE}
    for line in reversed(lines):
        number = _phone_of(line)
        phone = phones.setdefault(number, Phone(number, "", "", "", []))
        if len(phone.messages) < _SHOWN:
            phone.messages.append(_message(line, formats))
    return list(phones.values())
