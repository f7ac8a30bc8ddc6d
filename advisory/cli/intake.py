"""Commands about who gets a place: the application, the decision, another cohort."""

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from .. import frames
from ..domain import calendar
from ..domain.enrolments import Status
from ..reports import records
from ..reports.records import Record
from ..store import Store, decisions, enrolments
from ..texts import Text
from .output import say
from .places import cohort_option, command, reason_option, say_end
from .session import Session, municipality_of, pass_session
from .typed import application_typed, cohort_typed

Command = Callable[..., Any]
OF_OFFER = {Status.ADMITTED: "accepted", Status.WITHDRAWN: "turned_down"}


@click.command()
@click.argument("municipality")
@click.option("--cohort", required=True, metavar="CODE", help="As 2025-08 or august 2025.")
@click.option("--received", metavar="DATE", help="The day it came; today if not given.")
@click.option("--at", metavar="TIME", help="The time of day it came, as 14.30.")
@click.option("--contact", metavar="NAME", help="Whom to ask about it.")
@click.option("--contact-role", default="", metavar="ROLE")
@click.option("--email")
@click.option("--phone")
@click.option("--experience", "prior_experience", help="With peers: none, some or established.")
@click.option("--motivation", default="", metavar="TEXT")
@click.option("--goal", metavar="TEXT")
@click.option("--commitment", is_flag=True, help="The municipality's leadership is committed.")
@click.option("--attachment", multiple=True, metavar="URL", help="May be repeated.")
@pass_session
def apply(
    session: Session,
    municipality: str,
    cohort: str,
    received: str | None,
    at: str | None,
    attachment: tuple[str, ...],
    contact: str | None,
    contact_role: str,
    email: str | None,
    phone: str | None,
    **content: Any,
) -> None:
    """Record the application of MUNICIPALITY to a cohort, and say whether it is in time.

    \b
    Example:
        advisory apply Aalborg --cohort 2025-08 --received "1/3-25" --at 14.30
        advisory apply Aalborg --cohort "august 2025" --contact "Bo Friis" --contact-role Leder
    """
    if contact is None and (contact_role or email or phone):
        raise click.UsageError("--contact-role, --email and --phone go with --contact")
    who = contact if contact is None else enrolments.Applicant(contact, contact_role, email, phone)
    with session.writer() as store:
        home, _ = municipality_of(store, municipality)
        number = enrolments.create(
            store,
            cohort_typed(store, cohort)["id"],
            home,
            received_on=session.day(store, received),
            received_time=calendar.parse_time(at) if at else None,
            contact=who,
            attachments="\n".join(attachment),
            **content,
        )
        _say_application(session.text, store, _case(store, number))
        session.tell_who(store)


def _say_application(text: Text, store: Store, case: Record) -> None:
    apply_by = store.get("cohort", case["cohort_id"])["apply_by"]
    say(text("cli.intake.applied", **case))
    if apply_by is None:
        say(text("cli.intake.no_deadline"))
    else:
        key = "late" if case["late"] else "in_time"
        say(text(f"cli.intake.{key}", apply_by=date.fromisoformat(apply_by)))
    if case["lacking"]:
        items = ", ".join(text(f"application_item.{item}") for item in case["lacking"])
        say(text("cli.intake.lacking", items=items))
    say(text("cli.intake.undo_on_page"))


# --- decisions ------------------------------------------------------------------------------------


def _decision(inner: Command) -> Command:
    """The argument and the options that all decisions have."""
    for option in (
        pass_session,
        click.option("--on", metavar="DATE", help="The day it was decided; today if not given."),
        reason_option,
        cohort_option,
        click.argument("municipality"),
    ):
        inner = option(inner)
    return inner


@click.command()
@_decision
def admit(session: Session, **typed: Any) -> None:
    """Give MUNICIPALITY a place; with an open offer, it has accepted.

    \b
    Example:
        advisory admit Aalborg --on 13/3-25
        advisory admit Aalborg --reason "Kom for sent, men der var pladser tilbage"
    """
    _decide(session, Status.ADMITTED, **typed)


@click.command()
@_decision
def wait(session: Session, **typed: Any) -> None:
    """Put MUNICIPALITY on the waiting list.

    \b
    Example:
        advisory wait Aalborg
    """
    _decide(session, Status.WAITLISTED, **typed)


@click.command()
@_decision
def decline(session: Session, **typed: Any) -> None:
    """Decline the application of MUNICIPALITY.

    \b
    Example:
        advisory decline Aalborg --reason "Ingen botilbud i målgruppen"
    """
    _decide(session, Status.DECLINED, **typed)


@click.command()
@click.option("--answer-by", metavar="DATE", help="Else ten working days.")
@_decision
def offer(session: Session, **typed: Any) -> None:
    """Offer MUNICIPALITY, which waits, a place; it lapses by itself when nobody answers.

    \b
    Example:
        advisory offer Aalborg --answer-by 27/3-25
    """
    _decide(session, Status.OFFERED, **typed)


@click.command()
@_decision
def withdraw(session: Session, **typed: Any) -> None:
    """Let MUNICIPALITY go; with an open offer, it has said no.

    \b
    Example:
        advisory withdraw Aalborg --reason "Ny organisering"
    """
    _decide(session, Status.WITHDRAWN, **typed)


def _decide(
    session: Session,
    status: Status,
    municipality: str,
    cohort: str | None,
    reason: str,
    on: str | None,
    answer_by: str | None = None,
) -> None:
    with session.writer() as store:
        case = application_typed(store, municipality, cohort)
        was = enrolments.dated_statuses(store, case["enrolment_id"])[-1][1]
        day = session.day(store, on)
        decisions.decide(
            store,
            case["enrolment_id"],
            status,
            on_date=day,
            reason=reason,
            answer_by=calendar.parse_date(answer_by, store.today()) if answer_by else None,
            seen=case["seen"],
        )
        now = _case(store, case["enrolment_id"])
        outcome = OF_OFFER.get(status, status) if was == Status.OFFERED else status
        say(session.text(f"cli.intake.{outcome}", **now, date=day))
        if now["can_free"]:
            back = command("free", municipality, session.text("cli.intake.reason_shown"))
            say(session.text("cli.intake.still_held", command=back))
        say_end(session, store)


# --- another cohort -------------------------------------------------------------------------------


@click.command("move-cohort")
@click.argument("municipality")
@click.option("--to", required=True, metavar="CODE", help="As 2025-08 or august 2025.")
@click.option("--cohort", metavar="CODE", help="The one it is in, when it is in several.")
@reason_option
@pass_session
def move_cohort(
    session: Session, municipality: str, to: str, cohort: str | None, reason: str
) -> None:
    """Move MUNICIPALITY, and the place it may hold, to a cohort that has not begun.

    \b
    Example:
        advisory move-cohort Aalborg --to "august 2025" --reason "Ønsker at begynde senere"
    """
    with session.writer() as store:
        case, target = application_typed(store, municipality, cohort), cohort_typed(store, to)
        decisions.move_cohort(store, case["enrolment_id"], target["id"], reason, seen=case["seen"])
        told = {"before": case["cohort"], "after": target["code"]}
        say(session.text("cli.intake.moved", municipality=case["municipality"], **told))
        say_end(session, store)


def _case(store: Store, enrolment_id: int) -> Record:
    found = frames.applications(store)
    return records(found[found["enrolment_id"] == enrolment_id])[0]


COMMANDS = (apply, admit, wait, decline, offer, withdraw, move_cohort)
