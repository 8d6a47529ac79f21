"""Texts of rules: what they declare, and that everything wrong with one is told with its place and what mends it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.monitoring.problem import points_at
from sekisho.domain.monitoring.rule import Format, Placeholder, RuleBook
from sekisho.domain.monitoring.rule_text import LONGEST, read_rules
from sekisho.domain.monitoring.verdict import Verdict

GOOD = """
# What leaves the account by ways that are new.
list bad_networks of network  # kept by the desk
feature withdrawn_24h = sum(amount_jpy) of withdrawal.requested by account over 24h
feature new_devices_7d = count of login.completed where not known_client by trader over 7d

rule much_after_new_device
    on      withdrawal.requested
    when    withdrawn_24h > 1_000_000   # in yen
            # said by the desk

            and present(new_devices_7d) and new_devices_7d > 0
    then    hold
    reason  takeover_cash
    queue   takeover
    about   en "Much is withdrawn soon after a login from a new device."
    about   ja "新しい端末からのログインの直後に多額の出金があります。"
    en      "{withdrawn_24h:yen} within a day, "
            "after {new_devices_7d} logins from new devices."
    ja      "1日で{withdrawn_24h:yen}が出金され、新しい端末からのログインが{new_devices_7d}回ありました。"

rule known_bad
    on      login.completed, session.seen
    when    present(network) and network in bad_networks
    then    points 40
    mode    shadow
    rollout 12.5 %
    reason  bad_network
    queue   takeover
    en      "From a network that the desk has listed."
    ja      "監視リストにあるネットワークからのアクセスです。"
"""


def read(text: str) -> RuleBook:
    found = read_rules(text)
    assert isinstance(found, RuleBook), [str(problem) for problem in found]
    return found


def problems(text: str) -> list[str]:
    found = read_rules(text)
    assert isinstance(found, tuple), "nothing was found"
    return [str(problem) for problem in found]


def test_a_text_declares_features_lists_and_rules() -> None:
    book = read(GOOD)
    assert book.features.names == ("withdrawn_24h", "new_devices_7d")
    assert [str(each) for each in book.lists] == ["list bad_networks of network"]
    much, known = book.rules
    assert (much.name, much.kinds, much.verdict, much.points) == ("much_after_new_device", ("withdrawal.requested",), Verdict.HOLD, 0)
    assert much.when.span.text == "withdrawn_24h > 1_000_000 and present(new_devices_7d) and new_devices_7d > 0"
    assert much.names == ("withdrawn_24h", "new_devices_7d")
    assert much.en.parts[0] == Placeholder("withdrawn_24h", Format.YEN)
    assert str(much.en) == "{withdrawn_24h:yen} within a day, after {new_devices_7d:plain} logins from new devices."
    assert much.about_ja == "新しい端末からのログインの直後に多額の出金があります。"
    assert (known.verdict, known.points, known.shadow, known.rollout) == (None, 40, True, 1250)
    assert (much.shadow, much.rollout) == (False, 10_000)


def test_blanks_and_comments_do_not_change_the_fingerprint_and_everything_else_does() -> None:
    same = (
        GOOD.replace("# said by the desk", "# another remark")
        .replace("    on      login", "  on  login")
        .replace("then    hold", "then  hold")
    )
    assert read(same).fingerprint == read(GOOD).fingerprint
    for old, new in [
        ("> 1_000_000", "> 1_000_001"), ("then    hold", "then    refuse"), ("over 24h", "over 25h"), ("points 40", "points 41"),
        ("mode    shadow", "mode    live"), ("12.5 %", "12.6 %"), ("queue   takeover\n    about", "queue   other\n    about"),
        ("within a day", "in a day"), ("監視リスト", "リスト"), ("of network", "of payee"), ("soon after", "just after"),
    ]:  # fmt: skip
        changed = GOOD.replace(old, new).replace("network in bad", "payee in bad" if new == "of payee" else "network in bad")
        changed = changed.replace("present(network)", "present(network) and present(payee)" if new == "of payee" else "present(network)")
        assert read(changed).fingerprint != read(GOOD).fingerprint, new


A_NAME = "write small letters, digits and _, at most 60, beginning with a letter"
DECLARED = "a condition is declared as condition NAME = …; write condition new_device = …"
BEGIN = "begin with rule NAME at the margin"

RULE = """rule r
    on      order.placed
    when    side == "buy"
    then    hold
    reason  code
    queue   desk
    en      "It is {quantity}."
    ja      "{quantity}株です。"
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("order.placed", "order.plced", "line 2, column 13: there is no kind of event order.plced; did you mean order.placed?"),
        ("order.placed", "order.placed,", "line 2, column 5: a kind of event is expected"),
        ("order.placed", "order.placed, order.placed", "line 2, column 13: order.placed stands twice"),
        ("side ==", "sid ==", "line 3, column 13: sid is not known; did you mean side?"),
        ("side ==", "known_client and side ==", "line 3, column 13: known_client is not known; it is a field of login.completed"),
        ("hold", "hld", "line 4, column 13: hld is no verdict; did you mean hold?"),
        ("hold", "allow", "line 4, column 13: allow is no verdict; write challenge, hold, refuse or points 40"),
        ("hold", "points 0", "line 4, column 5: points are a whole number from 1 to 1000; write points 40"),
        ("hold", "", "line 4, column 5: a verdict or points are expected; write challenge, hold, refuse or points 40"),
        ("code", "Code", f"line 5, column 13: reason takes one name; {A_NAME}"),
        ("    reason  code\n", "", "line 1, column 1: the rule lacks reason; a rule has on, when, then, reason, queue, en, ja"),
        ("    ja", "    jp", "line 1, column 1: the rule lacks ja; a rule has on, when, then, reason, queue, en, ja"),
        ("queue   desk", "queue   desk\n    queue   desk", "line 7, column 5: queue stands twice in the rule; it stands in line 6 too"),
        ("{quantity}.", "{quantty}.", "line 7, column 20: quantty is not known; did you mean quantity?"),
        ("{quantity}.", "{quantity:yn}.", "line 7, column 20: yn is no way to write a value; did you mean yen?"),
        (
            "{quantity}.",
            "{quantity:time}.",
            "line 7, column 20: quantity is integer: it cannot be written as time; it can be plain, percent, yen, duration",
        ),
        (
            "{quantity}.",
            "{payee}.",
            "line 7, column 20: payee may be missing when the rule fires; write present(payee) and … in the condition",
        ),
        ("{quantity}.", "{quantity.", "line 7, column 20: a value is named in { }; write {name} or {name:percent}"),
        ('"It is', "It is", "line 7, column 13: a text in quotes is expected, not 'I'; write \"…\""),
        ("desk\n", 'desk\n    about   en "x"\n', "line 1, column 1: about stands in one language only; write about en and about ja"),
        ("desk\n", 'desk\n    about   "x"\n', 'line 7, column 5: about needs its language; write about en "…" and about ja "…"'),
        ("desk\n", "desk\n    mode    shadw\n", "line 7, column 13: the mode is live or shadow; did you mean shadow?"),
        ("desk\n", "desk\n    rollout 0 %\n", "line 7, column 13: rollout is a share from 0.01 % to 100 %; write rollout 10 %"),
        ("desk\n", "desk\n    whn     x\n", "line 7, column 5: a rule has no clause whn; did you mean when?"),
        ("desk\n", "desk\n    rule    x\n", "line 7, column 5: a rule has no clause rule; a declaration begins at the margin"),
        ("rule r\n", "rule R\n", f"line 1, column 6: R cannot be the name of a rule; {A_NAME}"),
        ("rule r\n", "rule\n", "line 1, column 1: a rule has one name; write rule NAME, and its clauses indented below"),
        ("rule r\n", "rulle r\n", "line 1, column 1: rulle declares nothing; did you mean rule?"),
        ("rule r\n", "  x\nrule r\n", f"line 1, column 3: an indented line belongs to a rule, and there is none above; {BEGIN}"),
        ("rule r\n", "list l of network\n  x y\nrule r\n", "line 2, column 3: a list has no clauses; write it on one line; x is indented"),
        ("rule r\n", "list l of netwrk\nrule r\n", "line 1, column 11: netwrk cannot be listed; did you mean network?"),
        ("rule r\n", "list l\nrule r\n", "line 1, column 1: a list is declared as list NAME of FIELD; write list bad_networks of network"),
        ("rule r\n", "list side of network\nrule r\n", "line 1, column 6: side has another meaning already; give the list another name"),
        ("rule r\n", "list l of network\nlist l of payee\nrule r\n", "line 2, column 6: a list l is declared above; give it another name"),
    ],
)  # fmt: skip
def test_each_fault_is_told_where_it_is(old: str, new: str, told: str) -> None:
    text = RULE.replace(old, new, 1)
    assert text != RULE
    assert told in problems(text)


def test_a_list_lists_one_field_and_no_other() -> None:
    text = "list bad of payee\n" + RULE.replace('side == "buy"', "symbol in bad")
    assert problems(text) == ["line 4, column 13: bad lists payee, not symbol; write payee in bad"]


def test_a_clause_begins_with_its_word_however_far_it_is_indented() -> None:
    assert read(RULE.replace("    on ", "  on ")).fingerprint == read(RULE).fingerprint
    text = RULE.replace("order.placed", "login.refused").replace('side == "buy"', 'present(reason) and\n            reason == "x"')
    assert read(text.replace("{quantity}", "{reason}")).rules[0].when.span.text == 'present(reason) and reason == "x"'


def test_two_rules_of_one_name_are_refused() -> None:
    assert problems(RULE + RULE) == ["line 9, column 6: a rule r is declared above; give it another name"]


def test_all_faults_of_a_text_are_told_in_their_order() -> None:
    text = RULE.replace("side", "sid").replace("hold", "hld") + "feature f = cnt of login.completed by trader over 1d\n" + "list x\n"
    assert [problem.split(":")[0] for problem in problems(text)] == [
        "line 3, column 13",
        "line 4, column 13",
        "line 9, column 13",
        "line 10, column 1",
    ]


def test_a_feature_that_could_not_be_read_is_blamed_once() -> None:
    text = "feature f = cnt of order.placed by account over 1d\n" + RULE.replace('side == "buy"', "f > 5 and f == f")
    assert len(problems(text)) == 1


def test_a_figure_of_a_feature_that_could_not_be_read_is_not_blamed_as_well() -> None:
    features = ["f = cnt of order.placed by account over 1d", "g = ratio(f, quantity)", "h = ratio(g, quantity)"]
    text = "\n".join(f"feature {each}" for each in features) + "\n" + RULE.replace('side == "buy"', "g > 5 and h > 5")
    assert [problem.split(":")[0] for problem in problems(text)] == ["line 1, column 13"]


def test_a_text_may_declare_a_name_below_its_use() -> None:
    book = read(RULE.replace('side == "buy"', "f > 5") + "feature f = count of order.placed by account over 1d\n")
    assert book.rules[0].names == ("f", "quantity")


def test_a_feature_whose_key_an_event_may_lack_must_be_guarded() -> None:
    text = "feature f = count of order.placed by trader over 1d\n" + RULE.replace('side == "buy"', "f > 5")
    assert problems(text) == ["line 4, column 13: f may be missing; write present(f) and …, or coalesce(f, 0)"]


def test_a_moment_is_no_duration() -> None:
    text = "feature f = first_seen of order.placed by account\n" + RULE.replace('side == "buy"', "present(f) and f < 24h")
    assert problems(text) == ["line 4, column 28: f is a moment, 24h is an integer: they cannot be compared; write seconds_since(f)"]
    read(text.replace("f < 24h", "seconds_since(f) < 24h").replace("It is {quantity}", "Since {f:time}"))


CONDITIONS = """feature f = count of order.placed by trader over 1d
condition busy = present(f)
    and f > 5  # today
condition large = quantity > 1000 or busy
"""


def test_a_condition_stands_for_its_meaning_and_guards_what_it_guards() -> None:
    book = read(CONDITIONS + RULE.replace('side == "buy"', "busy and f < 9 or large"))
    assert [str(each) for each in book.conditions] == ["condition busy = present(f) and f > 5", "condition large = quantity > 1000 or busy"]
    assert book.rules[0].when.span.text == "busy and f < 9 or large"
    assert set(book.rules[0].names) == {"f", "quantity"}
    other = CONDITIONS.replace("f > 5", "f > 6") + RULE.replace('side == "buy"', "busy and f < 9 or large")
    assert read(other).fingerprint != book.fingerprint


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("f > 5", "g > 5", "line 3, column 9: g is not known"),
        ("f > 5", "f > ", "line 3, column 22: the expression ends here where a value is expected"),
        ("or busy", "or bussy", "line 4, column 38: bussy is not known; did you mean busy?"),
        ("or busy", "or f > 5", "line 4, column 38: f may be missing; write present(f) and …, or coalesce(f, 0)"),
        ("or busy", "or large", "line 4, column 38: large is not declared above; a condition names those above it; put it below"),
        ("condition busy =", "condition busy", f"line 2, column 1: {DECLARED}"),
        ("condition large", "condition busy", "line 4, column 11: a condition busy is declared above; give it another name"),
        ("condition large", "condition f", "line 4, column 11: f has another meaning already; give the condition another name"),
        ("present(f)", "f", "line 2, column 18: f may be missing; write present(f) and …, or coalesce(f, 0)"),
    ],
)  # fmt: skip
def test_a_fault_of_a_condition_is_told_where_it_is(old: str, new: str, told: str) -> None:
    text = CONDITIONS.replace(old, new, 1) + RULE.replace('side == "buy"', "large and busy")
    assert told in problems(text)


def test_conditions_that_multiply_one_another_are_refused() -> None:
    lines = ["condition c0 = quantity > 1"] + [f"condition c{n + 1} = c{n} and c{n} and c{n} and c{n}" for n in range(40)]
    found = problems("\n".join(lines) + "\n" + RULE)
    assert "the condition is too large with all that its names mean" in found[0]
    deep = ["condition c0 = quantity > 1"] + [f"condition c{n + 1} = not c{n}" for n in range(300)]
    assert "too large" in problems("\n".join(deep) + "\n" + RULE)[0]


def test_an_empty_text_and_an_endless_one_are_refused() -> None:
    assert problems("# nothing\n") == ["line 1, column 1: the text declares nothing; begin with rule NAME at the margin"]
    assert "at most" in problems("#" * (LONGEST + 1))[0]
    many = "".join(RULE.replace("rule r", f"rule r{number}") for number in range(501))
    assert problems(many) == ["line 4001, column 1: a text has at most 500 rules"]


LINES = [
    *GOOD.split("\n"),
    "rule",
    "list",
    "feature f =",
    "    when (((",
    "\t",
    '    en "{',
    "\u3000rule x",
    "    about ja '",
    "rule a b",
    "\0",
]


@given(st.lists(st.sampled_from(LINES) | st.text(max_size=40), max_size=40).map("\n".join))
def test_any_text_is_read_or_refused_with_places(text: str) -> None:
    found = read_rules(text)
    if isinstance(found, RuleBook):
        assert found.fingerprint
        return
    assert found
    for problem in found:
        assert problem.message
        assert 1 <= problem.place.line <= text.count("\n") + 1
        assert 1 <= problem.place.column <= len(text.split("\n")[problem.place.line - 1]) + 2
        assert points_at(problem, text)


@given(st.integers(0, len(GOOD) - 1), st.text(max_size=3), st.integers(0, 12))
def test_a_good_text_with_a_hole_or_a_blot_is_read_or_refused_with_places(at: int, blot: str, hole: int) -> None:
    text = GOOD[:at] + blot + GOOD[at + hole :]
    found = read_rules(text)
    assert isinstance(found, RuleBook) or all(problem.message and points_at(problem, text) for problem in found)
