"""The command that moves dates: see first what happens, then let it happen."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import click

from ..domain import calendar
from ..domain.errors import NotFound
from ..domain.replan_rows import Asked, Row
from ..store import Store
from ..store import replan as verbs
from ..texts import Text
from ..ui import replan_words
from .output import aligned, say, say_json
from .session import Session, case_id, json_option, municipality_of, pass_session


@dataclass(frozen=True)
class Wanted:
    """What the options name, and how to name it again: `--case toender`."""

    what: str
    id: int
    option: tuple[str, str]


@click.command()
@click.option("--cohort", metavar="CODE", help="Move the start of a cohort, as 2025-08.")
@click.option("--case", metavar="NAME", help="Move the start of one municipality.")
@click.option("--milestone", type=int, metavar="ID", help="Move a milestone.")
@click.option("--activity", type=int, metavar="ID", help="Move an activity.")
@click.option("--days", type=int, help="How many days, -14 for two weeks back.")
@click.option("--to", metavar="DATE", help="The day that it moves to, instead of --days.")
@click.option("--only", multiple=True, metavar="NAME", help="Of a cohort, only these.")
@click.option("--leave-activities", is_flag=True, help="Let planned activities stay.")
@click.option("--dry-run", is_flag=True, help="Show what would happen and write nothing.")
@json_option
@pass_session
def replan(
    session: Session,
    cohort: str | None,
    case: str | None,
    milestone: int | None,
    activity: int | None,
    days: int | None,
    to: str | None,
    only: tuple[str, ...],
    leave_activities: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Move a start, a milestone or an activity, and what follows from it.

    JSON: dry_run, what, id, days, before, after, moves, municipalities (enrolment, municipality,
    slug, chosen, rows (what, id, name, name_en, before, after, days, remarks (key, ...))),
    loads (consultant_id, month, before, after).

    \b
    Example:
        advisory replan --cohort 2025-08 --days 14 --dry-run
        advisory replan --case Aalborg --to 15/9-25
    """
    named = (("--cohort", cohort), ("--case", case), ("--milestone", milestone))
    given = [(name, value) for name, value in (*named, ("--activity", activity)) if value]
    if len(given) != 1 or (days is None) == (to is None):
        raise click.UsageError(
            "Give one of --cohort, --case, --milestone and --activity, and one of --days and --to"
        )
    if only and not cohort:
        raise click.UsageError("--only goes with --cohort")
    with session.reader() if dry_run else session.writer() as store:
        store.require("page.replan")
        wanted = _wanted(store, given[0][0], str(given[0][1]))
        asked = Asked(
            *(wanted.what, wanted.id, days),
            to=calendar.parse_date(to, store.today()) if to else None,
            enrolments=_chosen(store, wanted, only) if only else None,
            with_activities=not leave_activities,
        )
        told = verbs.preview(store, asked)
        if not dry_run:
            verbs.apply(store, asked, seen=told.fingerprint)
        if as_json:
            say_json({"dry_run": dry_run, **_as_record(told)})
        else:
            _say(session.text, told)
            _say_end(session.text, told, dry_run, wanted, only, leave_activities)
        if not dry_run:
            session.tell_who(store)


def _wanted(store: Store, option: str, typed: str) -> Wanted:
    """The record that is moved. Refuses as `case_id`, and with `replan_unknown`."""
    if option == "--case":
        enrolment_id, _ = case_id(store, typed)
        return Wanted("enrolment", enrolment_id, (option, typed))
    if option == "--cohort":
        found = store.find("cohort", code=typed)
        if found is None:
            raise NotFound("replan_unknown")
        return Wanted("cohort", found["id"], (option, typed))
    return Wanted(option.removeprefix("--"), int(typed), (option, typed))


def _chosen(store: Store, wanted: Wanted, names: Sequence[str]) -> list[int]:
    """The cases of a cohort that were named. Refuses as `municipality_of`, and with `no_case`."""
    found = []
    for typed in names:
        code, name = municipality_of(store, typed)
        case = store.find("enrolment", cohort_id=wanted.id, municipality_id=code)
        if case is None:
            raise NotFound("no_case", municipality=name)
        found.append(case["id"])
    return found


def _as_record(told: verbs.Preview) -> dict[str, Any]:
    groups = [
        {
            "enrolment": group.enrolment,
            "municipality": group.municipality,
            "slug": group.slug,
            "chosen": group.chosen,
            "rows": [_row_record(row) for row in group.rows],
        }
        for group in told.groups
    ]
    loads = [
        {"consultant_id": one.consultant_id, "month": one.month}
        | {"before": one.before, "after": one.after}
        for one in told.loads
    ]
    own = {name: getattr(told, name) for name in ("what", "id", "days", "before", "after", "moves")}
    return {**own, "municipalities": groups, "loads": loads}


def _row_record(row: Row) -> dict[str, Any]:
    names = ("what", "id", "name", "name_en", "before", "after", "days")
    told = [{"key": remark.key, **dict(remark.values)} for remark in row.remarks]
    return {**{name: getattr(row, name) for name in names}, "remarks": told}


def _say(text: Text, told: verbs.Preview) -> None:
    name = told.name if text.language == "da" else told.name_en
    how_far = replan_words.distance(text, told.days)
    say(text("cli.replan.head", name=name, distance=how_far, before=told.before, after=told.after))
    if not any(group.rows for group in told.groups):
        say(text("cli.replan.none"))
    for group in told.groups:
        if group.rows:
            summary = replan_words.summary(text, group.rows)
            say("\n" + text("cli.replan.group", name=group.municipality, sum=summary))
            say(aligned([_line(text, row) for row in group.rows]))


def _line(text: Text, row: Row) -> tuple[str, ...]:
    after: date | None = row.after if row.days else None
    return (
        row.name if text.language == "da" else row.name_en,
        text.date_short(row.before),
        text.date_short(after) if after else text("replan.same"),
        ", ".join(words for _, words in replan_words.remarks(text, row)),
    )


def _say_end(
    text: Text,
    told: verbs.Preview,
    dry_run: bool,
    wanted: Wanted,
    only: Sequence[str],
    leave_activities: bool,
) -> None:
    if dry_run:
        say("\n" + text("cli.replan.dry"))
        return
    back = ["advisory", "replan", *wanted.option, "--days", str(-told.days)]
    for one in only:
        back += ["--only", one]
    if leave_activities:
        back.append("--leave-activities")
    say("\n" + text.count("cli.replan.done", told.moves))
    say(text("cli.replan.undo", command=shlex.join(back)))


COMMANDS = (replan,)
