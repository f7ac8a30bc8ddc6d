"""Commands about the number of places: what changes it, and the place that is given up."""

import shlex

import click

from .. import frames
from ..domain.errors import NotFound, Refused
from ..store import Row, Store, place_changes
from .output import say
from .session import Session, pass_session
from .typed import application_typed, cohort_typed

NO_NUMBER = ("none", "ingen")

cohort_option = click.option("--cohort", metavar="CODE", help="Which, as 2025-08 or august 2025.")
reason_option = click.option("--reason", default="", help="Why; kept in the history.")


@click.command()
@click.argument("municipality")
@cohort_option
@reason_option
@pass_session
def free(session: Session, municipality: str, cohort: str | None, reason: str) -> None:
    """Give up the place of MUNICIPALITY, which withdrew after its start.

    \b
    Example:
        advisory free Aalborg --reason "Pladsen gives videre til august"
    """
    with session.writer() as store:
        case = application_typed(store, municipality, cohort)
        place_changes.free(store, case["enrolment_id"], reason)
        say(session.text("cli.intake.freed", **case))
        say_end(session, store)


@click.command()
@click.option("--cohort", metavar="CODE", help="The cohort that gets its own number.")
@click.option("--number", metavar="N", help="Of its places; none to share with the others.")
@click.option("--capacity", type=int, metavar="N", help="How many there are in all.")
@click.option("--from", "giving", metavar="CODE", help="The cohort that gives a place away.")
@click.option("--to", "taking", metavar="CODE", help="The cohort that gets it.")
@reason_option
@pass_session
def places(
    session: Session,
    cohort: str | None,
    number: str | None,
    capacity: int | None,
    giving: str | None,
    taking: str | None,
    reason: str,
) -> None:
    """Change how many places there are: in all, in a cohort, or one from one to another.

    \b
    Example:
        advisory places --cohort 2025-08 --number 6 --reason "Fordeling af de 20"
        advisory places --from 2025-01 --to 2025-08 --reason "En trak sig"
    """
    asked = [(cohort, number), (capacity, capacity), (giving, taking)]
    given = [pair for pair in asked if pair != (None, None)]
    if len(given) != 1 or None in given[0]:
        raise click.UsageError("Give --cohort and --number, or --capacity, or --from and --to")
    with session.writer() as store:
        if capacity is not None:
            back = _set_capacity(session, store, capacity, reason)
        elif cohort is not None and number is not None:
            back = _set_places(session, store, cohort_typed(store, cohort), number, reason)
        else:
            pair = [cohort_typed(store, typed or "") for typed in (giving, taking)]
            back = _move_place(session, store, *pair, reason)
        say(session.text("cli.intake.balance", **frames.places(store)))
        if back:
            undo = command("places", *back, session.text("cli.intake.undo_reason"))
            say(session.text("cli.intake.undo", command=undo))
        session.tell_who(store)


def _set_capacity(session: Session, store: Store, number: int, reason: str) -> list[str]:
    found = store.rows("initiative")
    if not found:
        raise NotFound("database_not_made", path=str(session.db))
    before = found[0]["capacity"]
    place_changes.set_capacity(store, found[0]["id"], number, reason)
    if before == number:
        say(session.text("cli.intake.unchanged"))
        return []
    say(session.text("cli.intake.capacity", places=number, before=before))
    return ["--capacity", str(before)]


def _set_places(session: Session, store: Store, cohort: Row, typed: str, reason: str) -> list[str]:
    number, before = _number(typed), cohort["places"]
    place_changes.set_places(store, cohort["id"], number, reason)
    if before == number:
        say(session.text("cli.intake.unchanged"))
        return []
    key = "shared" if number is None else "number"
    say(session.text(f"cli.intake.{key}", cohort=cohort["code"], places=number, before=before))
    old = NO_NUMBER[0] if before is None else str(before)
    return ["--cohort", cohort["code"], "--number", old]


def _move_place(session: Session, store: Store, giving: Row, taking: Row, reason: str) -> list[str]:
    place_changes.move_place(store, giving["id"], taking["id"], reason)
    told = {"before": giving["code"], "after": taking["code"]}
    left, got = (store.get("cohort", one["id"])["places"] for one in (giving, taking))
    say(session.text("cli.intake.place_moved", **told, left=left, got=got))
    return ["--from", taking["code"], "--to", giving["code"]]


def _number(typed: str) -> int | None:
    """The number a person typed, or None for a word that says there is none."""
    if typed.strip().casefold() in NO_NUMBER:
        return None
    try:
        return int(typed)
    except ValueError:
        raise Refused("number_unreadable", text=typed) from None


def command(*words: str) -> str:
    """A command as one types it; the last of `words` is its reason."""
    *start, reason = words
    return shlex.join(["advisory", *start, "--reason", reason])


def say_end(session: Session, store: Store) -> None:
    """Say how the places stand now, and how to take it back."""
    say(session.text("cli.intake.balance", **frames.places(store)))
    say(session.text("cli.intake.undo_on_page"))
    session.tell_who(store)


COMMANDS = (free, places)
