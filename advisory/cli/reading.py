"""Commands that read: facts, overview, case, match."""

from datetime import date
from typing import Any

import click

from .. import frames
from ..domain.errors import NotFound
from ..reports import record, records
from ..reports.records import Record
from ..store import Store, reads
from ..texts import Text
from . import words
from .output import aligned, say, say_json
from .session import (
    Session,
    as_of_option,
    case_id,
    json_option,
    municipality_of,
    pass_session,
)

NOTES_SHOWN = 5


@click.command()
@json_option
@pass_session
def facts(session: Session, as_json: bool) -> None:
    """Show the public facts: the initiative, its capacity, its cohorts.

    JSON: initiative (code, name, capacity, period_from, period_to, months, source), capacity,
    cohorts (code, starts_on, ends_on, months, apply_by or null, places or null, after_period,
    source), municipalities (a number).

    \b
    Example:
        advisory facts --json
    """
    with session.reader() as store:
        initiative, cohorts = _facts(store, session)
        municipalities = len(frames.municipalities(store))
    if as_json:
        shown = {"initiative": initiative, "capacity": initiative["capacity"], "cohorts": cohorts}
        say_json(shown | {"municipalities": municipalities})
        return
    text = session.text
    begins, ends = (date.fromisoformat(initiative[name]) for name in ("period_from", "period_to"))
    say(initiative["name"])
    say(text("cli.places_of", **initiative, **{"from": begins, "to": ends}))
    say(text("cli.source", source=initiative["source"]))
    for cohort in cohorts:
        say("\n" + _cohort(text, cohort, ends))


def _facts(store: Store, session: Session) -> tuple[Record, list[Record]]:
    initiatives = store.rows("initiative")
    if not initiatives:
        raise NotFound("database_not_made", path=str(session.db))
    own = ("code", "name", "capacity", "period_from", "period_to", "months", "source")
    sources = {row["code"]: row["source"] for row in store.rows("cohort")}
    columns = ("starts_on", "ends_on", "months", "apply_by", "places", "after_period")
    cohorts = [
        {
            "code": row["cohort"],
            **{name: row[name] for name in columns},
            "source": sources[row["cohort"]],
        }
        for row in records(frames.capacity(store))
    ]
    return {name: initiatives[0][name] for name in own}, cohorts


def _cohort(text: Text, cohort: Record, period_to: date) -> str:
    apply_by = text.date(cohort["apply_by"])
    if cohort["apply_by"] is None:
        apply_by = text("cli.not_published")
    lines = [
        f"{text('cli.cohort').capitalize()} {cohort['code']}: "
        f"{text.date(cohort['starts_on'])} – {text.date(cohort['ends_on'])}",
        f"{text.count('count.months', cohort['months'])}, {text('cli.apply_by')}: {apply_by}",
        text("cli.source", source=cohort["source"]),
    ]
    if cohort["after_period"]:
        values = {"cohort": cohort["code"], "ends_on": cohort["ends_on"]}
        lines.append(text("cli.after_period", **values, period_to=period_to))
    return "\n  ".join(lines)


@click.command()
@as_of_option
@json_option
@pass_session
def overview(session: Session, as_of: str | None, as_json: bool) -> None:
    """Show the key figures, the places of each cohort and what needs action.

    JSON: as_of, demo, figures (figure, value, of, detail, on), places (capacity, taken, offered,
    free), capacity (one per cohort), actions (kind, severity, municipality, cohort, subject, on,
    days, consultant ...). The keys are the columns of the frames of the same names.

    \b
    Example:
        advisory overview --as-of 13/3-25
    """
    with session.reader(as_of) as store:
        store.require("page.overview")
        places = frames.places(store)
        figures, capacity, actions = (
            records(frame(store)) for frame in (frames.figures, frames.capacity, frames.actions)
        )
        if as_json:
            say_json(
                {
                    **_stamp(store),
                    "figures": figures,
                    "places": places,
                    "capacity": capacity,
                    "actions": actions,
                }
            )
            return
        _say_heading(store, session.text)
    text = session.text
    say("\n" + aligned([_figure(text, row) for row in figures]))
    say("\n" + text("cli.places_line", **places))
    say(aligned([_cohort_head(text), *(_cohort_line(text, row) for row in capacity)]))
    say("\n" + (text("cli.actions", n=len(actions)) if actions else text("cli.no_actions")))
    if actions:
        say(aligned([_action(text, row) for row in actions]))


def _stamp(store: Store) -> Record:
    return {"as_of": store.today(), "demo": store.is_demo}


def _say_heading(store: Store, text: Text) -> None:
    say(text("cli.as_of", app=text("app.name"), date=store.today()))
    if store.is_demo:
        say(text("cli.demo_note"))


def _figure(text: Text, row: Record) -> tuple[str, ...]:
    return text(f"cli.figure.{row['figure']}"), words.figure(text, row)


def _cohort_head(text: Text) -> tuple[str, ...]:
    names = ("cohort", "starts", "ends", "month", "places", "held", "offered", "running")
    return tuple(text(f"cli.{name}") for name in (*names, "waiting", "apply_by"))


def _cohort_line(text: Text, row: Record) -> tuple[str, ...]:
    counts = (text.number(row[name]) for name in ("places", "held", "offered", "running"))
    return (
        row["cohort"],
        text.date_medium(row["starts_on"]),
        text.date_medium(row["ends_on"]),
        f"{row['month']}/{row['months']}",
        *counts,
        text.number(row["waiting"]),
        text.date_medium(row["apply_by"]) if row["apply_by"] else text("cli.not_published"),
    )


def _action(text: Text, row: Record) -> tuple[str, ...]:
    what = text(f"cli.action.{row['kind']}")
    subject = words.in_language(text, row, "subject")
    return (
        f"{row['municipality']} ({row['cohort']})",
        row["initials"] or text.number(None),
        text.count("count.days", row["days"]),
        text.date_medium(row["on"]),
        f"{what}: {subject}" if subject else what,
    )


@click.command()
@click.argument("municipality")
@as_of_option
@json_option
@pass_session
def case(session: Session, municipality: str, as_of: str | None, as_json: bool) -> None:
    """Show how the case of MUNICIPALITY (name or code) stands, its plan, tasks and last notes.

    JSON: as_of, demo, case (status, cohort, month, consultant, health, reasons ...), milestones
    (milestone_id, name, anchor, offset, unit, due_on, state, days ...), tasks, notes. The keys
    are the columns of the frames of the same names.

    \b
    Example:
        advisory case Aalborg --as-of 13/3-25
    """
    with session.reader(as_of) as store:
        store.require("page.case")
        enrolment_id, _ = case_id(store, municipality)
        reads.note_reading(store, enrolment_id, "cli")
        row = record(frames.case(store, enrolment_id))
        plan, tasks, notes = (
            records(frame(store, enrolment_id))
            for frame in (frames.milestones, frames.tasks, frames.notes)
        )
        if as_json:
            parts = {"case": row, "milestones": plan, "tasks": tasks, "notes": notes}
            say_json(_stamp(store) | parts)
            return
        _say_heading(store, session.text)
        kinds = words.labels(store, session.text, "note_kind")
    text = session.text
    _say_case(text, row)
    say("\n" + text("cli.milestones"))
    head = [text(f"cli.{name}") for name in ("number", "due", "state", "milestone", "rule")]
    say(aligned([head, *(_milestone(text, one) for one in plan)]))
    say("\n" + text("cli.tasks"))
    say(aligned([_task(text, one) for one in tasks]) if tasks else "  " + text("cli.none"))
    say("\n" + text("cli.notes"))
    say(
        "\n".join(_note(text, one, kinds) for one in notes[:NOTES_SHOWN]) or "  " + text("cli.none")
    )


def _say_case(text: Text, row: Record) -> None:
    values: dict[str, Any] = {
        **row,
        "code": f"{row['municipality_id']:04d}",
        "since": row["status_since"],
        "consultant": row["consultant"] or None,
    }
    say("\n" + text("cli.case_line", **values))
    say(text("cli.case_time", **values))
    if row["health"]:
        say(text(f"health.{row['health']}"))
    for reason in row["reasons"]:
        say("  " + text(f"reason.{reason.key}", **dict(reason.values)))
    if row["goal"]:
        say(text("cli.goal", goal=row["goal"]))


def _milestone(text: Text, row: Record) -> tuple[str, ...]:
    return (
        str(row["milestone_id"]),
        text.date_medium(row["done_on"] if row["state"] == "done" else row["due_on"]),
        text(f"state.{row['state']}"),
        words.in_language(text, row),
        words.rule(text, row) + (f"; {text('cli.pinned')}" if row["pinned"] else ""),
    )


def _task(text: Text, row: Record) -> tuple[str, ...]:
    day = row["done_on"] if row["state"] == "done" else row["due_on"]
    return text.date_medium(day), text(f"cli.task.{row['state']}"), row["title"]


def _note(text: Text, row: Record, kinds: dict[str, str]) -> str:
    kind = kinds.get(row["kind"], row["kind"])
    head = f"  {text.date_medium(row['noted_on'])}  {kind}  {row['author']}"
    return "\n    ".join([head, *row["text"].splitlines()])


@click.command("match")
@click.argument("text", nargs=-1, required=True)
@pass_session
def match_(session: Session, text: tuple[str, ...]) -> None:
    """Show the code and the name of the municipality that TEXT names.

    \b
    Example:
        advisory match Århus kommune
    """
    with session.reader() as store:
        code, name = municipality_of(store, " ".join(text))
    say(f"{code:04d} {name}")


COMMANDS = (facts, overview, case, match_)
