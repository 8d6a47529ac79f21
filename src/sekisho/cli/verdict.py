"""`sekisho verdict`: what monitoring said, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekisho.cli.options import Config, Json, show
from sekisho.cli.output import printable, write_json

if TYPE_CHECKING:
    from sekisho.flows.explain_verdict import Explanation, Recomputed
    from sekisho.flows.ports.monitoring import LoggedEvent
    from sekisho.texts.formats import Formats
    from sekisho.texts.monitoring import Told

__all__ = ["app"]

app = typer.Typer(help="Verdicts of monitoring: explain, list.", no_args_is_help=True)


@app.command()
def explain(
    event: Annotated[str, typer.Argument(help="An event's number or id, or an instruction's id or reference.")],
    language: Annotated[str, typer.Option(help="en or ja.")] = "en",
    every: Annotated[bool, typer.Option("--all", help="Also the rules that did not fire, with what they saw.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Compute a verdict again from what was kept with it, and say in words why it was so. Exit status 1 when it is not the same."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.flows.explain_verdict import explain_verdict
    from sekisho.texts.formats import Formats

    with open_house(config) as house:
        deps = house.command_line()
        found = explain_verdict(event, deps)
        formats = Formats(_language(language), deps.policies.firm.time_zone)
    if json:
        write_json(_document(found, formats, every))
    else:
        for line in _lines(found, formats, every):
            typer.echo(printable(line))
    if found.again is not None and found.again.differs:
        raise typer.Exit(1)


@app.command("list")
def list_verdicts(
    account: Annotated[str | None, typer.Option(help="Of one account, by its number.")] = None,
    held: Annotated[bool, typer.Option("--held", help="Only what was held or refused.")] = False,
    last: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
    config: Config = None,
    json: Json = False,
) -> None:
    """List events of which monitoring said more than allow, newest first."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.flows.explain_verdict import verdicts_of

    with open_house(config) as house:
        rows = [_row(logged) for logged in verdicts_of(account, held, last, house.command_line())]
    show(rows, json, empty="Monitoring said nothing more than allow.")


def _row(logged: LoggedEvent) -> dict[str, Any]:
    from msgspec.json import decode

    from sekisho.flows.ports.monitoring import KeptReasons
    from sekisho.kernel.times import from_ms

    event = logged.event
    codes = dict.fromkeys(one.code for one in decode(logged.reasons, type=KeptReasons).reasons if one.counts)
    return {
        "event": event.sequence,
        "at": from_ms(event.at),
        "kind": event.kind,
        "account": event.account,
        "trader": event.trader,
        "verdict": logged.verdict,
        "points": logged.points,
        "reasons": list(codes),
    }


def _language(named: str) -> Any:
    from sekisho.kernel.errors import invalid
    from sekisho.texts.catalogue import Language

    try:
        return Language(named)
    except ValueError:
        raise invalid("The language is en or ja.", named) from None


def _told(again: Recomputed, formats: Formats, every: bool) -> list[tuple[bool, Told]]:
    """Each rule that fired, or every one; whether it counts."""
    from sekisho.texts.monitoring import tell

    return [(one.fired and one.counts, tell(one, again.features, formats)) for one in again.rules if one.fired or every]


def _lines(found: Explanation, formats: Formats, every: bool) -> list[str]:
    from sekisho.domain.monitoring.verdict import Verdict
    from sekisho.texts.catalogue import N_, translator
    from sekisho.texts.monitoring_words import VERDICTS
    from sekisho.texts.verdicts import told_again, told_event, told_rule

    words, logged = translator(formats.language), found.logged
    lines = list(told_event(logged.event, logged.verdict, logged.points, logged.rules, formats))
    if found.again is not None:
        told = _told(found.again, formats, every)
        lines += [told_again(found.again.differs, formats), *([] if told else [words.text(N_("No rule fired on it."))])]
        lines += [line for _, one in told for line in ("", *told_rule(one))]
    if found.kept.shadow:
        said = words.text(VERDICTS[Verdict(found.kept.shadow)])
        lines += ["", words.text(N_("The rules in shadow would have said: %(verdict)s."), verdict=said)]
    if (made := found.instruction) is not None:
        text = N_("Of it was made the instruction %(instruction)s (%(reference)s), which is %(state)s now.")
        lines += ["", words.text(text, instruction=made.id, reference=made.reference, state=made.state.value)]
    return lines


def _document(found: Explanation, formats: Formats, every: bool) -> dict[str, Any]:
    from sekisho.flows.explain_verdict import event_fields

    logged, again = found.logged, found.again
    document: dict[str, Any] = {
        "event": event_fields(logged.event),
        "verdict": logged.verdict,
        "points": logged.points,
        "rules_version": logged.rules,
        "shadow": found.kept.shadow or None,
        "instruction": found.instruction and {"id": found.instruction.id, "state": found.instruction.state},
        "judged": again is not None,
    }
    if again is not None:
        told = [
            {"counts": counts, "headline": one.headline, "said": one.said, "conditions": one.lines}
            for counts, one in _told(again, formats, every)
        ]
        document |= {"same": not again.differs, "differs": again.differs, "rules": told}
        document["features"] = dict(zip(again.features.names, again.values, strict=True))
    return document
