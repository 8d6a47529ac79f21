"""The four attacks: takeover for the market and for cash, credential stuffing, a stolen session (MONITORING.md, shipped rules 1, 3 to 5).

Each plays until what the thief is after is challenged, held or refused, or until he has it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import randbelow, token_hex

from sekisho.clients.broker import BrokerClient, Decision
from sekisho.demo.attacks.story import AttackName, Step, Story, Who
from sekisho.demo.attacks.target import Target
from sekisho.demo.attacks.thief import Login, Program, soon
from sekisho.demo.attacks.trading_desk import Customer, TradingDesk
from sekisho.demo.attacks.watcher import Watcher
from sekisho.demo.market import CASH, HOLDINGS, HOME, securities
from sekisho.demo.networks import loopback_of
from sekisho.demo.simulation.carriers import Carrier, Use, carriers_of
from sekisho.demo.simulation.securities import Security
from sekisho.texts.catalogue import N_, Language

__all__ = ["play"]

Details = dict[str, str | int]
_SHARES = (0.22, 0.21, 0.24, 0.17)  # of the holdings, one sale after another
_TRIES = 16  # names of strangers
_GUESSES = 5
_GUESSED = "aiko.tanaka"


@dataclass(frozen=True, slots=True)
class Scene:
    """from_where: the thief's network, of this machine but as if abroad."""

    target: Target
    story: Story
    watcher: Watcher
    desk: TradingDesk
    carrier: Carrier
    from_where: str

    @property
    def account(self) -> str:
        return str(self.target.traders[self.story.victim]["accounts"][0]["number"])

    def customer(self, login: Login | None) -> Customer:
        return (
            Customer(self.story.victim, self.account, login.session, self.from_where)
            if login
            else Customer(self.story.victim, self.account)
        )

    def break_in(self) -> Login:
        """The thief logs in with the stolen password and the relayed code."""
        with Program(self.target, self.from_where) as program:
            login = program.log_in(self.story.victim)
        verdict = self.watcher.verdict_in("login.completed", login.session)
        what = N_("logs in as %(victim)s from %(network)s (%(country)s), with the stolen password and the relayed code")
        self.story.add(Who.THIEF, what, *verdict, victim=self.story.victim, network=self.carrier.name, country=self.carrier.country)
        return login


def play(attack: AttackName, target: Target, language: Language, tell: Callable[[Step], None]) -> Story:
    """Raises SekishoError when the victim cannot be logged in, or the demo does not answer."""
    victim, script, carrier = _PLAYS[attack]
    story = Story(attack, victim, f"{target.base_url}/demo/monitoring?only=stern", language, tell)
    from_where = loopback_of(carrier, 1 + randbelow(254), 1 + randbelow(254))
    with Watcher(target, language) as watcher, BrokerClient(target.base_url, target.broker_key, target.ca_file) as client:
        script(Scene(target, story, watcher, TradingDesk(client, watcher, story), carrier, from_where))
    return story


def _take_over(scene: Scene) -> None:
    """The 2025 pattern: sell what is there, buy a thin stock with it at any price."""
    login, market = scene.break_in(), securities()
    customer, story = scene.customer(login), scene.story
    scene.desk.value_holdings(customer, HOLDINGS)
    story.add(Who.THIEF, N_("looks at the holdings, worth %(amount)s yen"), amount=f"{HOLDINGS:,}")
    sold = 0
    for share, security in zip(_SHARES, market.liquid, strict=False):
        wanted = _order("sell", security, int(HOLDINGS * share))
        what = N_("sells %(quantity)s of %(symbol)s for %(amount)s yen")
        decision = scene.desk.ask("order", customer, wanted, Who.THIEF, what, **_named(wanted))
        sold += int(wanted["amount_jpy"]) if decision is Decision.ALLOW else 0
        if decision is not Decision.ALLOW:
            break
    wanted = _order("buy", market.thin[0], CASH + sold)
    what = N_("wants to buy %(quantity)s of the thin stock %(symbol)s for %(amount)s yen, at any price")
    decision = scene.desk.ask("order", customer, wanted, Who.THIEF, what, **_named(wanted))
    caught = N_("The purchase was stopped before it was accepted. The customer finds it in the portal, under Instructions, and can say No.")
    story.end(decision is not Decision.ALLOW, caught if decision is not Decision.ALLOW else _SUCCEEDED)


def _cash_out(scene: Scene) -> None:
    """Another bank account, then everything to it: from the session, and past it."""
    login, payee = scene.break_in(), f"bank:0009-{token_hex(4)}"
    customer, amount = scene.customer(login), CASH // 1000 * 1000
    what = N_("asks to register another bank account")
    scene.desk.ask("bank_change", customer, {"payee": payee, "payee_name": "A. Thief"}, Who.THIEF, what)
    paid: Details = {"amount": amount, "currency": "JPY", "payee": payee, "payee_name": "A. Thief"}
    what = N_("asks to withdraw %(amount)s yen to that bank account")
    first = scene.desk.ask("withdrawal", customer, paid, Who.THIEF, what, amount=f"{amount:,}")
    what = N_("asks for the same withdrawal by telephone, where the broker knows of no session")
    second = scene.desk.ask("withdrawal", scene.customer(None), paid, Who.THIEF, what)
    stopped = Decision.ALLOW not in (first, second)
    scene.story.end(stopped, N_("No money has left the account.") if stopped else _SUCCEEDED)


def _stuff(scene: Scene) -> None:
    """A list of stolen names and passwords, from one source; one of the passwords is right."""
    story, others = scene.story, [name for name in scene.target.traders if name not in (scene.story.victim, _GUESSED)]
    with Program(scene.target, scene.from_where) as program:
        for place in range(_TRIES):
            program.try_password(f"stolen.name{place}", token_hex(8))
        for name in others:
            program.try_password(name, token_hex(8))
        for _ in range(_GUESSES):
            program.try_password(_GUESSED, token_hex(8))
        count = _TRIES + len(others) + _GUESSES
        verdict = scene.watcher.sternest_from(("login.refused",), scene.from_where)
        what = N_("tries %(count)s names and passwords from %(network)s (%(country)s)")
        story.add(Who.THIEF, what, *verdict, count=count, network=scene.carrier.name, country=scene.carrier.country)
        right = program.try_password(_GUESSED, scene.target.traders[_GUESSED]["password"])
        story.add(
            Who.THIEF,
            N_("has the right password of %(name)s at last, whose login is restricted by now"),
            "" if right else "refuse",
            name=_GUESSED,
        )
        program.try_password(story.victim, scene.target.traders[story.victim]["password"])
    verdict = scene.watcher.sternest_from(("login.password_accepted",), scene.from_where)
    story.add(Who.THIEF, N_("finds the right password of %(name)s, and is asked for the code from the phone"), *verdict, name=story.victim)
    stopped = not right and bool(verdict[0])
    story.end(stopped, N_("Nobody was logged in. The stolen password is known for stolen.") if stopped else _SUCCEEDED)


def _steal_session(scene: Scene) -> None:
    """Spyware has copied the token of a session that the customer opened at home."""
    story = scene.story
    with Program(scene.target, loopback_of(HOME, 7, 7)) as home:
        login = home.log_in(story.victim, home.log_in(story.victim).client)  # a client known from before is not quarantined
    verdict = scene.watcher.verdict_in("login.completed", login.session)
    story.add(Who.CUSTOMER, N_("logs in at home, over %(network)s, with a client that is known"), *verdict, network=HOME.name)
    with Program(scene.target, scene.from_where) as thief:
        thief.look(login.token)
        verdict = scene.watcher.verdict_in("session.seen", login.session)
        what = N_("goes on in the same session from %(network)s (%(country)s), with the copied token")
        story.add(Who.THIEF, what, *verdict, network=scene.carrier.name, country=scene.carrier.country)
        closed = soon(lambda: thief.look(login.token).get("quarantined_until") or (not thief.look(login.token)))
    sold = _order("sell", securities().liquid[0], int(HOLDINGS * 0.4))
    trade = scene.desk.ask(
        "order", scene.customer(login), sold, Who.THIEF, N_("sells %(quantity)s of %(symbol)s for %(amount)s yen"), **_named(sold)
    )
    paid: Details = {"amount": CASH // 1000 * 1000, "currency": "JPY", "payee": f"bank:0009-{token_hex(4)}"}
    what = N_("asks to withdraw %(amount)s yen to a new bank account")
    decision = scene.desk.ask("withdrawal", scene.customer(login), paid, Who.THIEF, what, amount=f"{paid['amount']:,}")
    stopped = bool(closed) and verdict[0] not in ("", "allow") and Decision.ALLOW not in (trade, decision)
    story.end(stopped, N_("The session is quarantined, and what was asked from it was stopped.") if stopped else _SUCCEEDED)


def _order(side: str, security: Security, amount: int) -> Details:
    """In whole lots of 100."""
    quantity = max(1, amount // (security.price * 100)) * 100
    terms: Details = {"symbol": security.symbol, "side": side, "quantity": quantity, "amount_jpy": quantity * security.price}
    return terms | {"liquidity": security.liquidity, "order_type": "market"}


def _named(order: Details) -> dict[str, str]:
    return {"quantity": f"{order['quantity']:,}", "symbol": str(order["symbol"]), "amount": f"{order['amount_jpy']:,}"}


_SUCCEEDED = N_("The thief has what he came for.")
_HOSTS = {carrier.country: carrier for carrier in carriers_of(Use.HOSTING)}
_PLAYS: dict[AttackName, tuple[str, Callable[[Scene], None], Carrier]] = {
    AttackName.TAKEOVER: ("hanako.sato", _take_over, _HOSTS["DE"]),
    AttackName.CASH: ("kenji.mori", _cash_out, _HOSTS["FR"]),
    AttackName.STUFFING: ("john.miller", _stuff, _HOSTS["US"]),
    AttackName.SESSION: ("kenji.mori", _steal_session, _HOSTS["HK"]),
}
"""Whose name is used, what is done, and from where."""
