from __future__ import annotations

import re

import pytest

from tests.web.portal.brokerage import PASSWORD, Brokerage, Browser


def _without_chance(text: str) -> str:
    """A page without what differs at every drawing: nonces, and the tokens of its forms."""
    return re.sub(r'(nonce|value)="[A-Za-z0-9_.-]{20,}"', "", text)


def test_from_activation_to_the_overview_without_scripts(brokerage: Brokerage) -> None:
    browser = brokerage.browser()
    browser.activate("hanako")
    assert "Your login is ready." in browser.text
    browser.log_in("hanako")
    assert "Good day, Hanako Yamada" in browser.text and "A-1001" in browser.text and "view · trade · withdraw" in browser.text
    assert browser.cookie("session") and browser.cookie("client") and not browser.cookie("gate")


def test_every_refusal_of_the_first_step_is_one_page(brokerage: Brokerage) -> None:
    brokerage.browser().activate("hanako")
    answers = []
    for name in ("hanako", "nobody", "taro.v"):  # wrong password, unknown name, not activated
        browser = brokerage.browser()
        answers.append((browser.give_password(name, "wrong wrong wrong"), name))
    for _ in range(4):
        brokerage.browser().give_password("hanako", "wrong wrong wrong")
    answers.append((brokerage.browser().give_password("hanako", PASSWORD), "hanako"))  # restricted by now, though right
    pages = {_without_chance(answer.text).replace(f'value="{name}"', 'value="NAME"') for answer, name in answers}
    assert {answer.status_code for answer, _ in answers} == {401} and len(pages) == 1
    assert len({tuple(sorted(answer.headers)) for answer, _ in answers}) == 1 and "set-cookie" not in answers[0][0].headers
    assert "wrong wrong wrong" not in pages.pop()


def test_the_ceremonys_token_replaces_the_cookie_from_before(brokerage: Brokerage) -> None:
    brokerage.browser().activate("hanako")
    browser = brokerage.browser()
    browser.see("/login")
    before = browser.cookie("gate")
    browser.give_password("hanako")
    assert before and browser.cookie("gate") not in (None, before)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/login", {"username": "hanako", "password": PASSWORD}),
        ("/activate", {"username": "hanako", "activation_code": "ABCD"}),
        ("/password-strength", {"password": "x"}),
    ],
)
def test_a_form_drawn_for_another_browser_is_refused(brokerage: Brokerage, path: str, fields: dict[str, str]) -> None:
    attacker, victim = brokerage.browser(), brokerage.browser()
    attacker.see("/login")
    forged = {"csrf": attacker.csrf, **fields}
    assert victim.http.post(path, data=forged).status_code == 403  # without any cookie
    victim.see("/login")
    assert victim.http.post(path, data=forged).status_code == 403  # with its own
    assert victim.http.post(path, data={**forged, "csrf": victim.csrf}, headers={"origin": "https://evil.example"}).status_code == 403


def test_wrong_codes_count_down_and_a_new_one_voids_the_old(brokerage: Brokerage) -> None:
    browser = brokerage.browser()
    browser.activate("hanako")
    browser.give_password("hanako")
    old = brokerage.phone()[-1]
    refused = browser.send("/login/code", code="000000" if old != "000000" else "000001")
    assert refused.status_code == 401 and "The code was not accepted." in refused.text and "4 more times" in refused.text
    again = browser.send("/login/code", code="", do="resend")
    assert again.headers["location"] == "/login/code?sent=1"
    assert "A new code is on its way" in browser.follow(again).text
    new = brokerage.phone()[-1]
    assert browser.send("/login/code", code=old).status_code == 401 or old == new
    done = browser.send("/login/code", code=f"{new[:3]} {new[3:]}")  # as people type it
    assert done.headers["location"] == "/"
    cookies = done.headers.get_list("set-cookie")
    session = next(line for line in cookies if line.startswith("__Host-session="))
    client = next(line for line in cookies if line.startswith("__Host-client="))
    assert "Secure; HttpOnly; SameSite=Lax" in session and "Max-Age" not in session and "Max-Age=7776000" in client


def test_a_login_in_progress_that_is_dead_answers_as_ever(brokerage: Brokerage) -> None:
    browser = brokerage.browser()
    browser.activate("hanako")
    browser.give_password("hanako")
    right = brokerage.phone()[-1]
    brokerage.clock.pass_by(minutes=16)
    refused = browser.send("/login/code", code=right)
    assert refused.status_code == 401 and "The code was not accepted." in refused.text
    assert browser.send("/login/code", do="resend").headers["location"] == "/login/code?sent=1"
    assert brokerage.phone() == []


def test_a_code_that_the_gateway_has_not_taken_is_told(brokerage: Brokerage) -> None:
    browser = brokerage.browser()
    browser.activate("hanako")
    browser.give_password("hanako")
    assert "The code is delayed." not in browser.text
    brokerage.clock.pass_by(seconds=10)
    assert "The code is delayed." in browser.see("/login/code").text
    assert "The code is delayed." in browser.see("/help/no-code").text
    assert "The code is delayed." not in brokerage.browser().see("/help/no-code").text


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("tiny one", "It is too short"),
        ("hanako and her cat", "It contains your username."),
        ("example securities", "It contains our firm&#39;s name."),
        ("x" * 200, "It is too long"),
        ("aaaaaaaaaaaaaa", "Many people use it"),
    ],
)
def test_a_password_that_is_not_taken_is_explained_and_burns_no_try(brokerage: Brokerage, password: str, reason: str) -> None:
    browser = brokerage.browser()
    browser.see("/activate")
    browser.follow(browser.send("/activate", username="hanako", activation_code=brokerage.traders["hanako"].reveal()))
    refused = browser.send("/activate/password", code="000000", new_password=password)
    assert refused.status_code == 422 and reason in refused.text and password not in refused.text and "5 more times" in refused.text
    done = browser.send("/activate/password", code=brokerage.phone()[-1], new_password=PASSWORD)
    assert done.headers["location"] == "/login?activated=1"


def test_activation_refuses_alike(brokerage: Brokerage) -> None:
    pages = set()
    for name in ("hanako", "nobody"):
        browser = brokerage.browser()
        browser.see("/activate")
        answer = browser.send("/activate", username=name, activation_code="WRONG-CODE")
        assert answer.status_code == 401
        pages.add(_without_chance(answer.text).replace(f'value="{name}"', ""))
    assert len(pages) == 1


def test_the_meter_judges_before_and_after_login_and_keeps_nothing(brokerage: Brokerage) -> None:
    browser = brokerage.browser()
    browser.see("/activate")
    assert browser.http.post("/password-strength", data={"csrf": browser.csrf, "password": "short"}).status_code == 404  # costs too much
    browser.begin_activation("hanako")
    weak = browser.http.post("/password-strength", data={"csrf": browser.csrf, "password": "short"}).json()
    good = browser.http.post("/password-strength", data={"csrf": browser.csrf, "password": "seven otters read maps at dawn"}).json()
    assert (weak["score"], good["score"]) == (0, 4) and weak["text"].startswith("It is too short")
    brokerage.clock.pass_by(seconds=1)
    browser.activate("hanako")
    browser.log_in("hanako")
    browser.see("/")
    assert browser.http.post("/password-strength", data={"csrf": browser.csrf, "password": "short"}).json()["score"] == 0


@pytest.mark.parametrize("path", ["/login/code", "/activate/password"])
def test_without_a_ceremony_one_begins_at_the_start(brokerage: Brokerage, path: str) -> None:
    browser = brokerage.browser()
    start = "/" + path.split("/")[1]
    assert browser.see(path).headers["location"] == start
    browser.see("/login")  # a cookie that is no ceremony
    assert browser.see(path).headers["location"] == start


def test_a_ceremony_of_one_kind_opens_no_other(brokerage: Brokerage) -> None:
    browser = brokerage.browser()
    browser.activate("hanako")
    browser.give_password("hanako")
    code = brokerage.phone()[-1]
    assert browser.send("/activate/password", code=code, new_password=PASSWORD).headers["location"] == "/activate"
    assert browser.send("/login/code", code=code).headers["location"] == "/"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ("csrf={csrf}&username=hanako&password=x&extra=1", 422),
        ("csrf={csrf}&username=hanako&username=other&password=x", 422),
        ("csrf={csrf}&username=hanako", 422),
        ("csrf={csrf}&username=ha%0Anako&password=x", 400),
        ("csrf={csrf}&username=hanako&password=%FF", 400),
        ("csrf={csrf}&username=" + "x" * 70_000 + "&password=x", 413),
    ],
)
def test_malformed_forms_are_refused_with_a_reason(brokerage: Brokerage, fields: str, status: int) -> None:
    browser = brokerage.browser()
    browser.see("/login")
    body = fields.format(csrf=browser.csrf)
    answer = browser.http.post("/login", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == status and "<h1>" in answer.text


def test_a_bearer_token_together_with_a_session_is_refused(brokerage: Brokerage) -> None:
    browser: Browser = brokerage.browser()
    browser.activate("hanako")
    browser.log_in("hanako")
    assert browser.see("/", authorization="Bearer abcdefghijklmnopqrstuvwxyz").status_code == 400


@pytest.mark.parametrize(
    ("agent", "program"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Mobile/15E Safari/604.1", "Safari iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox Linux"),
        ("<script>alert(1)</script>", "Unknown device"),
    ],
)
def test_devices_are_named_in_few_words(brokerage: Brokerage, agent: str, program: str) -> None:
    browser = brokerage.browser(**{"user-agent": agent})
    browser.activate("hanako")
    browser.log_in("hanako")
    assert f"<td>{program}" in browser.see("/security").text
