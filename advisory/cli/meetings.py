"""Commands about info meetings: which there are, and the way from a meeting to a place."""

import click

from .. import frames
from ..domain.errors import Refused
from ..reports import records
from ..reports.records import Record
from ..store import Store
from ..texts import Text
from .output import aligned, say, say_json
from .session import Session, as_of_option, json_option, pass_session

NOT_APPLIED_SHOWN = 10


@click.command()
@as_of_option
@json_option
@pass_session
def meetings(session: Session, as_of: str | None, as_json: bool) -> None:
    """Show the info meetings and webinars, by their start.

    JSON: as_of, demo, meetings (activity_id, kind, title, starts_at, cohort, status, capacity,
    seats, waiting, present, to_decide ...). The keys are the columns of the frame `meetings`.

    \b
    Example:
        advisory meetings --as-of 13/3-25
    """
    with session.reader(as_of) as store:
        store.require("page.meetings")
        rows = records(frames.meetings(store))
        if as_json:
            say_json({"as_of": store.today(), "demo": store.is_demo, "meetings": rows})
            return
        _say_heading(store, session.text)
    text = session.text
    if not rows:
        say("\n" + text("cli.meetings.none"))
        return
    names = ("number", "when", "cohort", "title", "status", "seats", "waiting", "present")
    head = [text(f"cli.meetings.{name}") for name in names]
    say("\n" + aligned([head, *(_meeting(text, row) for row in rows)]))


def _say_heading(store: Store, text: Text) -> None:
    say(text("cli.as_of", app=text("app.name"), date=store.today()))
    if store.is_demo:
        say(text("cli.demo_note"))


def _meeting(text: Text, row: Record) -> tuple[str, ...]:
    seats = text("cli.meetings.seats_of", **row) if row["capacity"] else text.number(row["taken"])
    known = row["reported"] or row["present"]
    return (
        str(row["activity_id"]),
        text("cli.meetings.at", day=text.date_medium(row["day"]), time=text.time(row["starts_at"])),
        row["cohort"] or text.number(None),
        row["title"],
        text(f"report.meeting_status.{row['status']}"),
        seats,
        text.number(row["waiting"]),
        text.number(row["present"] if known else None),
    )


@click.command()
@click.argument("cohort", required=False)
@as_of_option
@json_option
@pass_session
def funnel(session: Session, cohort: str | None, as_of: str | None, as_json: bool) -> None:
    """Show how far the municipalities came from a meeting to a place, for COHORT or for all.

    JSON: as_of, demo, rounds (cohort, meetings (a number), steps, unmatched, not_applied,
    municipalities). The keys are the columns of the frames `funnel_steps`, `funnel_unmatched`,
    `not_applied` and `funnel`.

    \b
    Example:
        advisory funnel 2025-08 --as-of 13/3-25
    """
    with session.reader(as_of) as store:
        store.require("page.meetings")
        known = [row["code"] for row in store.rows("cohort", order="starts_on")]
        if cohort is not None and cohort not in known:
            raise Refused("code_unknown", code=cohort)
        rounds = [_round(store, code) for code in ([cohort] if cohort else known)]
        if as_json:
            say_json({"as_of": store.today(), "demo": store.is_demo, "rounds": rounds})
            return
        _say_heading(store, session.text)
        last_days = {row["cohort"]: row["apply_by"] for row in records(frames.capacity(store))}
        today = store.today()
    text = session.text
    if not rounds:
        say("\n" + text("cli.meetings.no_rounds"))
    for one in rounds:
        _say_round(text, one)
        last = last_days[one["cohort"]]
        key = "apply_by" if last else "apply_by_unknown"
        left = text.relative((last - today).days) if last else ""
        say("  " + text(f"cli.meetings.{key}", day=last, relative=left))


def _round(store: Store, cohort: str) -> Record:
    meetings = frames.meetings(store)
    return {
        "cohort": cohort,
        "meetings": int((meetings["cohort"] == cohort).sum()),
        "steps": records(frames.funnel_steps(store, cohort)),
        "unmatched": records(frames.funnel_unmatched(store, cohort)),
        "not_applied": records(frames.not_applied(store, cohort)),
        "municipalities": records(frames.funnel(store, cohort)),
    }


def _say_round(text: Text, found: Record) -> None:
    say("\n" + text("cli.meetings.round", cohort=found["cohort"]))
    if not found["meetings"]:
        say("  " + text("cli.meetings.no_round", cohort=found["cohort"]))
    head = [text(f"cli.meetings.{name}") for name in ("step", "municipalities", "share", "without")]
    say(aligned([head, *(_step(text, row) for row in found["steps"])]))
    people = {row["step"]: row["people"] for row in found["unmatched"]}
    if any(people.values()):
        say("  " + text("cli.meetings.unmatched", **people))
    waiting = found["not_applied"]
    if waiting:
        say("  " + text("cli.meetings.not_applied", n=len(waiting)))
        say(aligned([_not_applied(text, row) for row in waiting[:NOT_APPLIED_SHOWN]], "    "))
    elif any(row["step"] == "present" and row["municipalities"] for row in found["steps"]):
        say("  " + text("cli.meetings.all_applied"))


def _step(text: Text, row: Record) -> tuple[str, ...]:
    share = text.number(None)
    if row["of"]:
        part = text.percent(row["of_previous"], row["of"])
        share = f"{part} ({text('cli.of', value=row['of_previous'], of=row['of'])})"
    return (
        text(f"funnel_step.{row['step']}"),
        text.number(row["municipalities"]),
        share,
        f"+{row['without']}" if row["without"] else "",
    )


def _not_applied(text: Text, row: Record) -> tuple[str, ...]:
    people = text.count("count.people", row["people"])
    return row["municipality"], people, text.date_medium(row["last_meeting"])


COMMANDS = (meetings, funnel)
