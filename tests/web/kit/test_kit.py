"""Brand and contrast, static files, language, templates, error pages."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from sekisho.texts.catalogue import Language
from sekisho.web.kit.assets import Assets
from sekisho.web.kit.brand import Brand, Logo, contrast
from sekisho.web.kit.language import chosen_language, own_path
from tests.web.http.asgi import ask
from tests.web.kit.sample import HOST, Site

HEADERS = [("host", HOST)]


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#24477a", "#24477a", 1.0)]
)
def test_contrast_is_wcags(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01) == pytest.approx(contrast(other, one), abs=0.01)


def test_a_brand_with_its_own_colours_reaches_the_stylesheet() -> None:
    brand = Brand("Firm", tokens={"indigo": ("#5a2a6b", "#d0a8e0")})
    assert b"--indigo: light-dark(#5a2a6b, #d0a8e0);" in ask_static(Assets(brand), "sekisho.css")[1]
    assert Assets(brand).version != Assets(Brand("Firm")).version


@pytest.mark.parametrize(
    "tokens",
    [{"indigo": ("#9db4d8", "#8fb3e6")}, {"ink": ("#1d2430", "#333333")}, {"nonsense": ("#000000", "#ffffff")}, {"ink": ("red", "#ffffff")},
     {"ink": ("#000000;}", "#ffffff")}],
)  # fmt: skip
def test_a_brand_that_cannot_be_read_is_an_error_at_start(tokens: dict[str, tuple[str, str]]) -> None:
    with pytest.raises(ValueError):
        Brand("Firm", tokens=tokens)


def test_a_logo_is_a_small_picture(tmp_path: Path) -> None:
    picture = tmp_path / "firm.svg"
    picture.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assets = Assets(Brand("Firm", logo=Logo.read(picture)))
    assert ask_static(assets, "logo.svg")[0]["content-type"] == "image/svg+xml"
    (tmp_path / "firm.html").write_text("<script>")
    with pytest.raises(ValueError):
        Logo.read(tmp_path / "firm.html")


def ask_static(assets: Assets, name: str, *headers: tuple[str, str]) -> tuple[dict[str, str], bytes, int]:
    site = Site()
    site.assets._assets, site.assets.version = assets._assets, assets.version
    found = ask(site.app, path=assets.url(name), headers=[*HEADERS, *headers])
    return dict(found.headers), found.body, found.status


def test_static_files_are_kept_for_ever_and_asked_for_never() -> None:
    assets = Assets(Brand("Firm"))
    headers, body, status = ask_static(assets, "sekisho.css")
    assert (status, headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert headers["content-type"] == "text/css; charset=utf-8" and body.startswith(b"/* Sekisho's look")
    packed, small, _ = ask_static(assets, "sekisho.css", ("accept-encoding", "gzip, br"))
    assert packed["content-encoding"] == "gzip" and gzip.decompress(small) == body and len(small) < len(body) / 2
    again, nothing, unchanged = ask_static(assets, "sekisho.css", ("if-none-match", headers["etag"]))
    assert (unchanged, nothing, again["etag"]) == (304, b"", headers["etag"])


@pytest.mark.parametrize("path", ["/static/0000000000000000/sekisho.css", "/static/{version}/other.css", "/static/{version}/..%2fpages.py"])
def test_nothing_else_is_served(path: str) -> None:
    site = Site()
    assert ask(site.app, path=path.format(version=site.assets.version), headers=HEADERS).status == 404


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        ("", "", "en"), ("", "ja", "ja"), ("", "ja-JP,ja;q=0.9,en;q=0.8", "ja"), ("", "en;q=0.5, ja;q=0.7", "ja"),
        ("", "fr, de;q=0.9", "en"), ("", "ja;q=0", "en"), ("", "ja;q=9", "en"), ("", "日本語", "en"),
        ("__Host-language=ja", "en", "ja"), ("__Host-language=en", "ja", "en"), ("__Host-language=xx", "ja", "ja"),
        ("__Host-language=en; __Host-language=en", "ja", "ja"),
    ],
)  # fmt: skip
def test_the_language_of_the_reader(cookie: str, accepted: str, language: str) -> None:
    assert chosen_language([(b"cookie", cookie.encode()), (b"accept-language", accepted.encode())]) == language


@pytest.mark.parametrize(
    ("path", "kept"),
    [("/", "/"), ("/security/password", "/security/password"), ("//evil.example", "/"), ("/\\evil", "/"), ("https://evil", "/"),
     ("/a?b", "/"),
     ("/a//b", "/"), ("", "/"), ("/.well-known", "/"), ("/a\r\nx", "/")],
)  # fmt: skip
def test_a_redirect_stays_here(path: str, kept: str) -> None:
    assert own_path(path) == kept


def test_the_choice_of_language_is_kept() -> None:
    site = Site()
    headers = [*HEADERS, ("content-type", "application/x-www-form-urlencoded")]
    found = ask(site.app, "POST", "/language", headers, b"language=ja&next=%2Foverview&csrf=x")
    assert (found.status, found.header("location")) == (303, "/overview")
    assert (found.header("set-cookie") or "").startswith("__Host-language=ja; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000")
    page = ask(site.app, path="/overview", headers=[*HEADERS, ("cookie", "__Host-language=ja")])
    assert '<html lang="ja">' in page.body.decode() and "イグザンプル証券" in page.body.decode() and "ログオフ" in page.body.decode()


@pytest.mark.parametrize(("language", "heading"), [(Language.EN, "There is nothing here"), (Language.JA, "ページが見つかりません")])
def test_errors_have_the_look_and_language_of_pages(language: str, heading: str) -> None:
    found = ask(Site().app, path="/nothing", headers=[*HEADERS, ("accept-language", language)])
    assert found.status == 404 and f"<h1>{heading}</h1>" in found.body.decode() and found.header("content-language") == language


def test_the_page_of_an_unexpected_error_tells_a_number_and_nothing_else() -> None:
    page = ask(Site().app, path="/fails", headers=HEADERS).body.decode()
    assert "please tell us this number" in page and "secret detail" not in page


def test_without_scripts_the_browser_is_led_to_the_logged_off_page() -> None:
    drawn = ask(Site().app, path="/overview", headers=HEADERS)
    page = drawn.body.decode()
    assert drawn.header("refresh") == "582; url=/logged-off?why=idle"
    assert "Automatic logoff at 14:32" in page
    assert "style=" not in page and "onclick" not in page
