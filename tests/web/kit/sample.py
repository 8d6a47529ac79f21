"""A small site drawn with the kit: one page before login, one after, and what the script modules ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sekisho.texts.catalogue import Language
from sekisho.web.http.errors import Errors
from sekisho.web.http.exchange import exchange_of
from sekisho.web.http.forms import form_fields, into
from sekisho.web.http.stack import HttpSettings, behind
from sekisho.web.kit.assets import Assets
from sekisho.web.kit.brand import Brand
from sekisho.web.kit.language import LanguageForm, chosen_language, remember_language
from sekisho.web.kit.pages import Pages, Place, Presence

HOST = "portal.example"
SAMPLES = {
    Language.EN: {
        "title": "Log in to the Client Portal", "username": "Username", "password": "New password", "code": "Security code",
        "minutes": "Minutes", "error": "Please check this entry.", "hint": "We never ask for a code by phone or mail.",
        "danger": "I think my account is compromised", "word": "In good order",
    },
    Language.JA: {
        "title": "お客様ポータルへログイン", "username": "ユーザーネーム", "password": "新しいパスワード", "code": "認証コード",
        "minutes": "分", "error": "入力内容をご確認ください。", "hint": "このコードを電話やメールでお尋ねすることはありません。",
        "danger": "口座が不正に使われたかもしれない", "word": "正常",
    },
}  # fmt: skip


class Site:
    """The sample site; a test turns its knobs."""

    def __init__(self) -> None:
        self.brand = Brand("Example Securities", {Language.JA: "イグザンプル証券"})
        self.assets = Assets(self.brand)
        self.pages = Pages(self.brand, self.assets, {"sample": Path(__file__).parent / "templates"})
        self.seconds_left = 581
        self.state: tuple[int, dict[str, Any]] = (200, {"seconds_left": 581})
        self.states: list[tuple[int, dict[str, Any]]] = []  # of the next answers; then `state`
        self.asked: list[str] = []
        errors = Errors(self.pages.error)
        routes = [
            Route("/", self.login),
            Route("/overview", self.overview),
            Route("/logged-off", self.login),
            Route("/fails", self.fails),
            Route("/session/state", self.session_state),
            Route("/stay", self.stay, methods=["POST"]),
            Route("/language", self.language, methods=["POST"]),
            Route("/password-strength", self.strength, methods=["POST"]),
            Route(Assets.PATH, self.assets.serve),
        ]
        inner = Starlette(routes=routes, exception_handlers=errors.handlers())
        self.app = behind(inner, HttpSettings([HOST]), errors, chosen_language)

    async def login(self, request: Request) -> Response:
        exchange = exchange_of(request.scope)
        return self.pages.render("sample/login.html", exchange, csrf="token", sample=SAMPLES[exchange.language])

    async def overview(self, request: Request) -> Response:
        exchange = exchange_of(request.scope)
        places = (Place("Main", "/overview"), Place("Log off", "/messages", 2))
        presence = Presence(self.seconds_left, "14:32", places, "/overview")
        return self.pages.render("sample/overview.html", exchange, csrf="token", presence=presence, sample=SAMPLES[exchange.language])

    async def fails(self, request: Request) -> Response:
        raise RuntimeError("secret detail")

    async def session_state(self, request: Request) -> Response:
        self.asked.append("state")
        status, told = self.states.pop(0) if self.states else self.state
        return JSONResponse(told, status)

    async def stay(self, request: Request) -> Response:
        self.asked.append("stay")
        self.seconds_left = 581
        return RedirectResponse((await form_fields(request))["next"], 303)

    async def language(self, request: Request) -> Response:
        return remember_language(into(LanguageForm, await form_fields(request)))

    async def strength(self, request: Request) -> Response:
        fields = await form_fields(request)
        return JSONResponse({"score": min(4, len(fields["password"]) // 4), "text": f"{fields['csrf']}: {len(fields['password'])}"})
