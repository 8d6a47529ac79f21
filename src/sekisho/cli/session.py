"""`sekisho session`: who is logged in, and ending it. A running `serve` sees it within a second (R6)."""

from __future__ import annotations

from typing import Annotated

import typer

from sekisho.cli.options import Config, Json, show

app = typer.Typer(help="Live sessions.", no_args_is_help=True)


@app.command("list")
def list_sessions(
    username: Annotated[str | None, typer.Option(help="Only this trader's.")] = None, config: Config = None, json: Json = False
) -> None:
    """List live sessions."""
    from sekisho.bootstrap.command_line import open_house

    with open_house(config) as house:
        now = house.clock()
        with house.storage.reading() as tx:
            live = [(session, name) for session, name in tx.sessions.live() if not session.admits(now).refused]
        rows = [
            {
                "session": session.id,
                "username": name,
                "channel": session.channel.value,
                "started": session.started,
                "last_input": session.last_input,
                "over_at": session.over_at,
            }
            for session, name in live
            if username in (None, name)
        ]
    show(rows, json, empty="Nobody is logged in.")


@app.command()
def end(
    session: Annotated[str, typer.Argument(help="The session's id, as `session list` prints it.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """End a session at once."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.domain.sessions import EndReason
    from sekisho.flows.log_off import end_session

    with open_house(config) as house:
        end_session(session, EndReason.ENDED_BY_STAFF, actor_name(), house.command_line())
    show([{"session": session, "ended": True}], json)
