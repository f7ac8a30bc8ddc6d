"""Commands about mails: mail send, mail list, mail resolve."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from .. import frames, mail
from ..domain.errors import AdvisoryError
from ..reports import records
from ..reports.records import Record
from ..settings import settings
from ..store import demo, open_store, outbox
from ..texts import Text
from .output import aligned, say, say_json, sentence
from .session import Session, json_option, pass_session

STATES = ("due", "sending", "sent", "failed", "skipped", "uncertain")


@click.group("mail")
def mail_() -> None:
    """Send the mails that are due, and see what became of them.

    \b
    Example:
        advisory mail send
        advisory mail list --state failed
    """


@mail_.command()
@click.option("--limit", type=click.IntRange(min=1), help="Try at most this many in a run.")
@click.option("--watch", type=click.IntRange(min=1), metavar="SECONDS", help="Go on for ever.")
@json_option
@pass_session
def send(session: Session, limit: int | None, watch: int | None, as_json: bool) -> None:
    """Send what is due. Only one can send at a time; another is refused.

    With --watch it looks again after SECONDS, until it is told to end; a mail under way is
    finished first. JSON, a line each run: sent, deferred, failed, uncertain, left, held, stopped.

    \b
    Example:
        advisory mail send --watch 60
    """
    session.require_database()
    own = settings()
    with open_store(session.db, demo.SYSTEM) as store, _ending() as stop:
        mail.refuse_unready(store, own)
        while not stop.is_set():
            try:
                tally = mail.send_due(store, own, limit=limit, stop=stop)
                _tell(session.text, tally, as_json=as_json, always=not watch)
                if tally.stopped:
                    raise tally.stopped
            except AdvisoryError as error:
                if not watch:
                    raise
                say(sentence(session.text.error(error)), err=True)
            if not watch:
                return
            stop.wait(watch)


@contextmanager
def _ending() -> Iterator[threading.Event]:
    """Set when the process is asked to end, instead of ending it in the middle of a mail."""
    stop = threading.Event()
    asked = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(one, lambda *ignored: stop.set()) for one in asked]
    try:
        yield stop
    finally:
        for one, handler in zip(asked, before):
            signal.signal(one, handler)


def _tell(text: Text, tally: mail.Tally, *, as_json: bool, always: bool) -> None:
    """Say how a run went; of one in which nothing happened only if `always`."""
    told = vars(tally) | {"stopped": tally.stopped.key if tally.stopped else None}
    if not always and not any(value for name, value in told.items() if name != "held"):
        return
    if as_json:
        say_json(told)
        return
    say(text("cli.mail.tally", **told))
    for name in ("left", "held"):
        if told[name]:
            say(text(f"cli.mail.{name}", **told))


@mail_.command("list")
@click.option("--activity", "activity_id", type=int, metavar="ID", help="Of one meeting.")
@click.option("--state", type=click.Choice(STATES), help="Only those that stand so.")
@json_option
@pass_session
def list_(session: Session, activity_id: int | None, state: str | None, as_json: bool) -> None:
    """Show who should get which mail, when, how it stands, and why.

    JSON: a list of message_id, activity_id, signup_id, name, email, kind, due_at, next_at, state,
    reason, detail, attempts, sent_at, version.

    \b
    Example:
        advisory mail list --activity 3 --state failed
    """
    with session.reader() as store:
        store.require("page.meetings")
        if activity_id is not None:
            store.get("activity", activity_id)
        found = records(frames.messages(store, activity_id))
    shown = [row for row in found if state in (None, row["state"])]
    if as_json:
        say_json(shown)
    elif shown:
        say(aligned([_line(session.text, row) for row in shown], indent=""))
    else:
        say(session.text("cli.mail.none"))


def _line(text: Text, row: Record) -> tuple[str, ...]:
    reason = text(f"mail_reason.{row['reason']}") if row["reason"] else ""
    return (
        str(row["message_id"]),
        sentence(row["name"]),
        text(f"mail_kind.{row['kind']}"),
        text.instant(row["sent_at"] or row["next_at"] or row["due_at"]),
        text(f"mail_state.{row['state']}"),
        sentence(f"{reason} {row['detail']}"),
    )


@mail_.command()
@click.argument("number", type=int, metavar="ID")
@click.option("--arrived", is_flag=True, help="It has arrived.")
@click.option("--again", is_flag=True, help="Send it again.")
@pass_session
def resolve(session: Session, number: int, arrived: bool, again: bool) -> None:
    """Say what became of the uncertain mail ID, or let one that failed go again.

    \b
    Example:
        advisory mail resolve 41 --arrived
    """
    if arrived == again:
        raise click.UsageError("either --arrived or --again")
    with session.writer() as store:
        failed = store.get("message", number)["state"] == "failed"
        if failed and again:
            row = outbox.retry(store, number)
        else:
            row = outbox.resolve(store, number, sent=arrived)
        say(_resolved(session.text, row))
        session.tell_who(store)


def _resolved(text: Text, row: dict[str, Any]) -> str:
    if row["state"] == "skipped":
        reason = text(f"mail_reason.{row['reason']}")
        return text("cli.mail.not_again", number=str(row["id"]), reason=reason)
    key = "arrived" if row["state"] == "sent" else "again"
    return text(f"cli.mail.{key}", number=str(row["id"]))


COMMANDS = (mail_,)
