"""`sekisho rules`: rules as files and versions, from a check to live and back (MONITORING.md §Rules)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekisho.cli.options import Config, Json, show
from sekisho.cli.output import note, printable, write_json

if TYPE_CHECKING:
    from sekisho.domain.monitoring.blast_radius import BlastRadius
    from sekisho.domain.monitoring.rule_set import RuleSet
    from sekisho.flows.dependencies import Dependencies

__all__ = ["app"]

app = typer.Typer(help="Rules of monitoring: check, test, publish, approve, roll back.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A file of rules, or - for standard input.", allow_dash=True)]
Version = Annotated[int, typer.Argument(help="The version, as `rules list` shows it.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]
Days = Annotated[
    int, typer.Option("--days", min=1, max=3660, help="How many of the last days are judged; what lies before builds windows.")
]


@app.command()
def check(file: File, config: Config = None, json: Json = False) -> None:
    """Read a file of rules and show every problem with its line. Needs no database. Exit status 2 when there is one."""
    from sekisho.bootstrap.command_line import monitoring_policy
    from sekisho.cli.rule_texts import read_or_complain, rule_text, short_memories

    book = read_or_complain(rule_text(file), str(file), json)
    warnings = short_memories(book.features, monitoring_policy(config))
    counts = {"rules": len(book.rules), "features": len(book.features.features), "lists": len(book.lists)}
    if json:
        write_json({"problems": [], "warnings": warnings, **counts, "fingerprint": book.fingerprint})
    else:
        _warn(warnings)
        typer.echo(
            ", ".join(f"{count} {name}" for name, count in counts.items()) + f"; nothing is wrong with them. {book.fingerprint[:12]}"
        )


@app.command("list")
def list_rules(config: Config = None, json: Json = False) -> None:
    """List the versions, newest first."""
    from sekisho.bootstrap.command_line import open_house

    with open_house(config) as house, house.storage.reading() as tx:
        rows = [_row(rules) for rules in tx.rule_sets.all()]
    show(rows, json, empty="There is no version yet: the rules that came with Sekisho are in force. `sekisho rules show` prints them.")


@app.command("show")
def show_rules(
    version: Annotated[int | None, typer.Argument(help="The version; without it, what is in force.")] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Print the text of a version, to read it or to begin from it: sekisho rules show > my.rules"""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.cli.rule_texts import text_of

    with open_house(config) as house, house.storage.reading() as tx:
        found = text_of(version, tx)
    if json:
        write_json(_row(found) | {"text": found.text, "fingerprint": found.fingerprint})
    else:
        typer.echo(found.text, nl=not found.text.endswith("\n"))


@app.command()
def publish(file: File, why: Why, config: Config = None, json: Json = False) -> None:
    """Propose a file of rules as a new version. Nothing changes until another person approves it."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.cli.rule_texts import complain_of, read_or_complain, rule_text, short_memories
    from sekisho.flows.publish_rules import propose_rules

    text = rule_text(file)
    with open_house(config) as house:
        deps = house.command_line()
        proposed = propose_rules(text, why, actor_name(), deps)
    if isinstance(proposed, tuple):
        complain_of(proposed, text, str(file), json)
    show([_row(proposed)], json)
    _warn(short_memories(read_or_complain(text, str(file), json).features, deps.policies.monitoring))
    if not json:
        note(f"Now another person: sekisho rules approve {proposed.version} --reason …")


app.command("propose", help="The same as publish.")(publish)


@app.command()
def approve(
    version: Version,
    why: Why,
    accept_blast_radius: Annotated[
        bool, typer.Option("--accept-blast-radius", help="Although more customers would be held than monitoring.blast_radius says.")
    ] = False,
    days: Days = 30,
    config: Config = None,
    json: Json = False,
) -> None:
    """Put a version that somebody else proposed live. It is tested first, unless a test of the last day is there."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.cli.rule_texts import read_or_complain, short_memories
    from sekisho.flows.publish_rules import approve_rules, fresh_test, version_of

    with open_house(config) as house:
        deps, actor = house.command_line(), actor_name()
        with house.storage.reading() as tx:
            rules = version_of(version, tx)
        rules.admit_approval(actor)
        _warn(short_memories(read_or_complain(rules.text, f"version {version}", json).features, deps.policies.monitoring))
        test = fresh_test(rules, deps.clock()) or _test(rules.text, days, deps)
        if not json:
            _show_test(test, deps.policies.monitoring.blast_radius)
        live = approve_rules(version, why, actor, deps, accept_blast_radius=accept_blast_radius)
    show([_row(live) | {"would_hold": round(test.held, 6)}], json)


@app.command()
def shadow(version: Version, why: Why, config: Config = None, json: Json = False) -> None:
    """Let a version judge beside the live one. What it would have said is kept with each verdict; it changes nothing."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.publish_rules import shadow_rules

    with open_house(config) as house:
        found = shadow_rules(version, why, actor_name(), house.command_line())
    show([_row(found)], json)


@app.command()
def refuse(version: Version, why: Why, config: Config = None, json: Json = False) -> None:
    """Refuse a proposal, or end a version's time in shadow."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.publish_rules import refuse_rules

    with open_house(config) as house:
        found = refuse_rules(version, why, actor_name(), house.command_line())
    show([_row(found)], json)


@app.command()
def rollback(why: Why, config: Config = None, json: Json = False) -> None:
    """Bring back what was in force before the live version, at once. One person, one step: each further one is a proposal."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.publish_rules import roll_back_rules

    with open_house(config) as house:
        found = roll_back_rules(why, actor_name(), house.command_line())
    show([_row(found)], json)


@app.command("test")
def test_rules(
    file: Annotated[Path | None, typer.Argument(help="A file of rules, or - for standard input.", allow_dash=True)] = None,
    version: Annotated[int | None, typer.Option(help="A version, instead of a file.")] = None,
    days: Days = 30,
    config: Config = None,
    json: Json = False,
) -> None:
    """Replay the event log through rules: what they would have said, and how many customers would have been stopped. Changes nothing."""
    from msgspec import to_builtins

    from sekisho.bootstrap.command_line import open_house
    from sekisho.cli.rule_texts import read_or_complain, rule_text, text_of

    if (file is None) == (version is None):
        raise typer.BadParameter("name a file or a version, one of the two", param_hint="FILE")
    with open_house(config) as house:
        deps = house.command_line()
        if file is not None:
            text = rule_text(file)
            read_or_complain(text, str(file), json)
        else:
            with house.storage.reading() as tx:
                text = text_of(version, tx).text
        found = _test(text, days, deps)
    if json:
        write_json(to_builtins(found))
    else:
        _show_test(found, deps.policies.monitoring.blast_radius)


@app.command()
def diff(
    version: Version,
    against: Annotated[int | None, typer.Option(help="The version it is compared with; without it, what is in force.")] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show what a version changes: rules by name, and the lines of the text."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.cli.rule_texts import changed_lines, changed_names, text_of

    with open_house(config) as house, house.storage.reading() as tx:
        before, after = text_of(against, tx), text_of(version, tx)
    names = changed_names(before.text, after.text)
    lines = changed_lines(before, after)
    if json:
        write_json({"before": before.version, "after": after.version, **names, "lines": lines})
        return
    for what, changed in names.items():
        if changed:
            typer.echo(f"{what}: {', '.join(changed)}")
    for line in lines:
        typer.echo(printable(line))


def _warn(warnings: list[str]) -> None:
    for warning in warnings:
        note(f"Warning: {warning}")


def _test(text: str, days: int, deps: Dependencies) -> BlastRadius:
    from sekisho.bootstrap.rules import judges_of
    from sekisho.cli.output import progress_of
    from sekisho.flows.rehearse_rules import rehearse_rules

    with progress_of("Events") as tell:
        return rehearse_rules(text, days, judges_of(deps), deps, tell)


def _show_test(found: BlastRadius, limit: float) -> None:
    from sekisho.cli.output import table

    reached = found.reached
    table(
        [
            {
                "verdict": verdict,
                "these": count,
                "live": found.lived[verdict],
                "share": f"{reached[verdict].share:.2%}" if verdict in reached else "",
            }
            for verdict, count in found.said.items()
        ],
        {"verdict": "verdict", "these": "these rules", "live": "as it was", "share": "customers reached"},
    )
    table(
        [
            {"rule": one.rule, "events": one.events, "counted": one.counted, "accounts": one.reach.accounts, "traders": one.reach.traders}
            for one in found.rules
        ],
        {"rule": "rule", "events": "fired", "counted": "counted", "accounts": "accounts", "traders": "traders"},
    )
    note(f"{found.events:,} events of {found.accounts:,} accounts and {found.traders:,} traders in {found.days} days.")
    note(f"On {found.sterner:,} of them these rules are sterner than what was said, on {found.milder:,} milder.")
    note(f"{found.held:.2%} of customers would be held; monitoring.blast_radius allows {limit:.2%}.")


def _row(rules: RuleSet) -> dict[str, Any]:
    return {
        "version": rules.version,
        "state": str(rules.state),
        "proposed": rules.proposed,
        "proposed_by": rules.proposed_by,
        "why": rules.why,
        "decided": rules.decided,
        "decided_by": rules.decided_by,
        "decision": rules.decision,
        "tested": rules.tested is not None,
    }
