"""Commands that change a case: done, note."""

import click

from .. import frames
from ..domain.errors import NotFound, Refused
from ..reports import records
from ..store import Store, journal, plan
from ..texts import Text
from .output import say
from .session import Session, case_id, pass_session
from .words import in_language


@click.command()
@click.argument("municipality")
@click.argument("milestone")
@click.option("--on", metavar="DATE", help="The day it was done; today if not given.")
@pass_session
def done(session: Session, municipality: str, milestone: str, on: str | None) -> None:
    """Tick off MILESTONE, a part of its name or its number, in the case of MUNICIPALITY.

    \b
    Example:
        advisory done Aalborg kortlægning --on 13/3-25
    """
    with session.writer() as store:
        enrolment_id, name = case_id(store, municipality)
        milestone_id, said = _milestone(store, session.text, enrolment_id, milestone)
        day = session.day(store, on)
        plan.mark_done(store, milestone_id, day)
        say(session.text("cli.milestone_done", name=said, municipality=name, date=day))
        session.tell_who(store)


def _milestone(store: Store, text: Text, enrolment_id: int, typed: str) -> tuple[int, str]:
    """Id and name of the one milestone a person means: its number, its name, or a part of it.

    Refuses with `milestone_unknown`, and with `milestone_ambiguous`, which names them.
    """
    wanted = typed.strip().casefold()
    spelled = [
        (row, [row[name].casefold() for name in ("name", "name_en", "short", "short_en")])
        for row in records(frames.milestones(store, enrolment_id))
    ]
    found = (
        [row for row, _ in spelled if str(row["milestone_id"]) == wanted]
        or [row for row, names in spelled if wanted in names]
        or [row for row, names in spelled if wanted and any(wanted in one for one in names)]
    )
    if not found:
        raise NotFound("milestone_unknown", text=typed)
    named = [(in_language(text, row), row["milestone_id"]) for row in found]
    if len(named) > 1:
        names = ", ".join(f"{name} ({number})" for name, number in named)
        raise Refused("milestone_ambiguous", text=typed, names=names)
    return named[0][1], named[0][0]


@click.command()
@click.argument("municipality")
@click.argument("text")
@click.option("--kind", default="note", help="phone, meeting, mail, guidance or note.")
@click.option("--on", metavar="DATE", help="The day it is about; today if not given.")
@pass_session
def note(session: Session, municipality: str, text: str, kind: str, on: str | None) -> None:
    """Write TEXT in the journal of MUNICIPALITY.

    \b
    Example:
        advisory note Aalborg "Aftalt møde med ledelsen" --kind phone --on 13/3-25
    """
    with session.writer() as store:
        enrolment_id, name = case_id(store, municipality)
        day = session.day(store, on)
        author = store.find("app_user", login=store.actor.login)
        journal.add_note(
            store,
            enrolment_id,
            text,
            kind=kind,
            noted_on=day,
            author_id=author["id"] if author else None,
        )
        say(session.text("cli.note_added", municipality=name, date=day))
        session.tell_who(store)


COMMANDS = (done, note)
