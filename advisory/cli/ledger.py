"""Commands that show the places: how they moved, who waits, how each cohort stands."""

from collections.abc import Sequence
from datetime import date

import click

from .. import frames
from ..reports import records
from ..reports.records import Record
from ..store import Store
from ..texts import Text
from .output import aligned, say, say_json
from .session import Session, as_of_option, json_option, pass_session
from .typed import cohort_typed


@click.command()
@click.option("--cohort", metavar="CODE", help="Only this one, as 2025-08 or august 2025.")
@as_of_option
@json_option
@pass_session
def ledger(session: Session, cohort: str | None, as_of: str | None, as_json: bool) -> None:
    """Show every change of how many places are held, oldest first, and what was left after it.

    JSON: as_of, demo, cohort (or null), places (capacity, taken, offered, free), movements (on,
    cause, municipality, cohort, taken, offered, free, taken_after, offered_after, free_after ...).
    The keys are the columns of the frame `ledger`.

    \b
    Example:
        advisory ledger --cohort "august 2025" --as-of 13/3-25
    """
    with session.reader(as_of) as store:
        store.require("page.intake")
        code = cohort_typed(store, cohort)["code"] if cohort is not None else None
        rows, places = records(frames.ledger(store, code or "")), frames.places(store)
        if as_json:
            say_json({**_stamp(store), "cohort": code, "places": places, "movements": rows})
            return
        _say_heading(store, session.text)
        of_cohort = [row for row in records(frames.rounds(store)) if row["cohort"] == code]
    text = session.text
    if not rows:
        say("\n" + text("cli.intake.no_movements"))
    else:
        say(
            "\n"
            + aligned([_ledger_head(text, code), *(_movement(text, one, code) for one in rows)])
        )
    for row in of_cohort:
        say("\n" + text("cli.intake.own_balance", **row))
    say("\n" + text("cli.intake.balance", **places))


def _stamp(store: Store) -> Record:
    return {"as_of": store.today(), "demo": store.is_demo}


def _say_heading(store: Store, text: Text) -> None:
    say(text("cli.as_of", app=text("app.name"), date=store.today()))
    if store.is_demo:
        say(text("cli.demo_note"))


def _ledger_head(text: Text, cohort: str | None) -> tuple[str, ...]:
    own = ("of_cohort",) if cohort else ()
    names = ("day", "movement", "cohort", "taken", "offered", "free", "capacity", *own)
    return tuple(text(f"cli.intake.column.{name}") for name in (*names, "actor", "reason"))


def _movement(text: Text, row: Record, cohort: str | None) -> tuple[str, ...]:
    own = f"{row['cohort_taken_after']} + {row['cohort_offered_after']}"
    return (
        text.date_medium(row["on"]),
        text(f"ledger_cause.{row['cause']}", **_cause_values(text, row)),
        row["cohort"] or text.number(None),
        *(_changed(row[name], row[f"{name}_after"]) for name in ("taken", "offered", "free")),
        f"= {row['capacity_after']}",
        *([own] if cohort else []),
        row["initials"] or row["actor"] or text.number(None),
        row["reason"],
    )


def _cause_values(text: Text, row: Record) -> Record:
    home = row["from_cohort"]
    names = ("municipality", "before", "after")
    own = {name: row[name] for name in names}
    return own | {"from_cohort": text.cohort(home) if home else ""}


def _changed(change: int, after: int) -> str:
    """A change and the number after it: `+1 17`; only the number when nothing changed."""
    more = f"{change:+}".replace("-", "−") if change else ""
    return f"{more:>3} {after:>2}"


# --- the waiting list -----------------------------------------------------------------------------


@click.command()
@click.option("--cohort", required=True, metavar="CODE", help="As 2025-08 or august 2025.")
@as_of_option
@json_option
@pass_session
def waiting(session: Session, cohort: str, as_of: str | None, as_json: bool) -> None:
    """Show who waits for a place in a cohort, first in line first, and why in that order.

    JSON: as_of, demo, cohort, free (places that the cohort can give), waiting (queue,
    municipality, received_on, late, priority, priority_reason ...). The keys are the columns of
    the frame `waiting`.

    \b
    Example:
        advisory waiting --cohort 2025-08 --as-of 13/3-25
    """
    with session.reader(as_of) as store:
        store.require("page.intake")
        code = cohort_typed(store, cohort)["code"]
        rows = records(frames.waiting(store, code))
        (own,) = [row for row in records(frames.rounds(store)) if row["cohort"] == code]
        begun = own["starts_on"] <= store.today()
        if as_json:
            say_json({**_stamp(store), "cohort": code, "free": own["free"], "waiting": rows})
            return
        _say_heading(store, session.text)
    text = session.text
    if not rows:
        say("\n" + text("cli.intake.no_waiting", cohort=code))
        return
    say("\n" + text("cli.intake.waiting_head", cohort=code))
    head = [
        text(f"cli.intake.column.{name}") for name in ("queue", "municipality", "received", "why")
    ]
    say(aligned([head, *(_in_line(text, rows, row) for row in rows)]))
    say("\n" + text("cli.intake.begun" if begun else "cli.intake.can_give", **own))


def _in_line(text: Text, rows: Sequence[Record], row: Record) -> tuple[str, ...]:
    day = text.date_medium(row["received_on"])
    return str(row["queue"]), row["municipality"], day, _why(text, rows, row)


def _why(text: Text, rows: Sequence[Record], row: Record) -> str:
    """Why an application stands where it stands in line, by the rule of `waiting_order`."""
    same = [one for one in rows if _turn(one) == _turn(row)]
    found = [text("cli.intake.after_deadline")] if row["late"] else []
    if len(same) == 1:
        if row["queue"] == 1:
            found.append(text("cli.intake.first"))
        elif not found or rows[row["queue"] - 2]["late"]:
            found.append(text("cli.intake.after", n=row["queue"] - 1))
    elif row["priority"]:
        told = {"priority": row["priority"], "reason": row["priority_reason"]}
        found.append(text("cli.intake.same_day_priority", **told))
    else:
        behind = any(one["priority"] for one in same)
        found.append(text("cli.intake.same_day_after" if behind else "cli.intake.same_day"))
    return "; ".join(found)


def _turn(row: Record) -> tuple[bool, date]:
    return row["late"], row["received_on"]


# --- the rounds -----------------------------------------------------------------------------------


@click.command()
@as_of_option
@json_option
@pass_session
def intake(session: Session, as_of: str | None, as_json: bool) -> None:
    """Show how the intake of each cohort stands: the last day to apply, applications and places.

    JSON: as_of, demo, places (capacity, taken, offered, free), rounds (cohort, apply_by or null,
    days_left, applications, late, undecided, places or null, taken, offered, free, waiting ...).
    The keys are the columns of the frame `rounds`.

    \b
    Example:
        advisory intake --as-of 13/3-25
    """
    with session.reader(as_of) as store:
        store.require("page.intake")
        rows, places = records(frames.rounds(store)), frames.places(store)
        if as_json:
            say_json({**_stamp(store), "places": places, "rounds": rows})
            return
        _say_heading(store, session.text)
    text = session.text
    if not rows:
        say("\n" + text("cli.meetings.no_rounds"))
        return
    names = ("cohort", "starts", "apply_by", "applications", "late", "undecided", "places")
    columns = (*names, "taken", "offered", "free", "waiting")
    head = [text(f"cli.intake.column.{name}") for name in columns]
    say("\n" + aligned([head, *(_round(text, row) for row in rows)]))
    say("\n" + text("cli.intake.balance", **places))


def _round(text: Text, row: Record) -> tuple[str, ...]:
    last = text("cli.not_published")
    if row["apply_by"]:
        last = f"{text.date_medium(row['apply_by'])}, {text.relative(row['days_left'])}"
    counts = ("applications", "late", "undecided", "places", "taken", "offered", "free", "waiting")
    return (
        row["cohort"],
        text.date_medium(row["starts_on"]),
        last,
        *(text.number(row[name]) for name in counts),
    )


COMMANDS = (ledger, waiting, intake)
