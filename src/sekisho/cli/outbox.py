"""`sekisho outbox`: messages on their way, dead letters, and one more try. Neither addresses, texts nor codes are ever shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.options import Config, Json, show

app = typer.Typer(help="Messages on their way out.", no_args_is_help=True)


@app.command("list")
def list_messages(
    dead: Annotated[bool, typer.Option("--dead", help="Dead letters instead of waiting messages.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    config: Config = None,
    json: Json = False,
) -> None:
    """List waiting messages, soonest first, or dead letters, newest first."""
    from sekisho.bootstrap.command_line import open_house

    with open_house(config) as house, house.storage.reading() as tx:
        postings = tx.outbox.dead_letters(limit) if dead else tx.outbox.waiting(limit)
    rows = [
        {
            "message": posting.id,
            "trader": posting.trader,
            "channel": posting.channel.value,
            "kind": posting.kind,
            "state": posting.state.value,
            "attempts": posting.attempts,
            "created": posting.created,
            "due": posting.due,
            "expires": posting.expires,
            "settled": posting.settled,
            "reason": posting.reason,
        }
        for posting in postings
    ]
    show(rows, json, empty="There is no dead letter." if dead else "No message is waiting.")


@app.command()
def retry(
    message: Annotated[str, typer.Argument(help="The message's id, as `outbox list --dead` prints it.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Send a dead letter once more. Codes and expired messages are not sent again."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.deliver_messages import revive_message

    with open_house(config) as house:
        revive_message(message, actor_name(), house.clock(), house.storage)
    show([{"message": message, "state": "waiting"}], json)


@app.command()
def bounce(
    file: Annotated[Path | None, typer.Argument(help="The report of the mail server (RFC 3464); standard input without it.")] = None,
    message: Annotated[str, typer.Option(help="The message's id instead of a report, as `outbox list` prints it.")] = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """A mail came back: make it a dead letter. Reads the mail server's report from FILE or standard input."""
    from sekisho.adapters.delivery.bounce import Bounce, read_bounce
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.record_bounce import record_bounce
    from sekisho.kernel.errors import invalid
    from sekisho.texts.catalogue import N_

    if file is not None and message:
        raise invalid(N_("Give a file or a message, not both."))
    report = b"" if message else _report(file)
    with open_house(config) as house:
        mail = house.settings.mail
        host = "" if mail is None else mail.from_address.rpartition("@")[2]
        found = Bounce(message, "") if message else read_bounce(report, host)
        record_bounce(found.message, found.status, actor_name(), house.clock(), house.storage)
    show([{"message": found.message, "state": "dead", "status": found.status}], json)


@app.command()
def counts(config: Config = None, json: Json = False) -> None:
    """How many messages wait, were sent, and are dead."""
    from sekisho.bootstrap.command_line import open_house

    with open_house(config) as house, house.storage.reading() as tx:
        found = tx.outbox.counts()
    show([{"waiting": found.waiting, "sent": found.sent, "dead": found.dead, "oldest_due": found.oldest_due}], json)


def _report(file: Path | None) -> bytes:
    """At most one byte more than a report may have: more is never read."""
    import sys

    from sekisho.adapters.delivery.bounce import LARGEST
    from sekisho.kernel.errors import invalid
    from sekisho.texts.catalogue import N_

    try:
        if file is None:
            return sys.stdin.buffer.read(LARGEST + 1)
        with file.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except OSError as error:
        raise invalid(N_("The file cannot be read."), f"{file}: {error.strerror}") from None
