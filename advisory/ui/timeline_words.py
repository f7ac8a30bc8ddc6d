"""The words of the timeline: for a bar, for a cohort, for a list, and the finding in one text."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd

from advisory.domain.calendar import programme_month

from . import drawing
from .drawing import as_date, in_language
from .timeline_rows import SHOWN, Group, Row, typical


def words(row: Row, text) -> str:
    """For example "Horsens, hold februar 2024: i forløb, måned 14 af 18, slutter 31. juli 2025"."""
    if row.source is None:
        return text("timeline.free_words", cohort=text.cohort(row.cohort))
    said = [text(f"status.{row.status}").lower(), _when(row, text)]
    late = int(row.source.late)
    said += [text.count("timeline.late", late)] if late else []
    return text(
        "timeline.row",
        municipality=row.source.municipality,
        cohort=text.cohort(row.cohort),
        words=", ".join(part for part in said if part),
    )


def facts(row: Row, own: Iterable[Any], text) -> dict[str, Any]:
    """One programme in words; the keys are those of `timeline.rows`, `own` as from `by_case`."""
    source = row.source
    next_on = as_date(source.next_on)
    held = [workshop_words(mile, text) for mile in workshops(own)]
    late = int(source.late)
    next_name = in_language(source.next_milestone, source.next_milestone_en, text)
    return {
        "enrolment_id": row.enrolment_id,
        "municipality": source.municipality,
        "slug": source.slug,
        "cohort_code": row.cohort,
        "cohort": drawing.capital(text.cohort(row.cohort)),
        "status": text(f"status.{row.status}"),
        "month": text("timeline.month", month=int(source.month), months=row.months)
        if row.status == "active"
        else "",
        "starts": text.date_medium(row.starts_on),
        "ends": text.date_medium(row.ends_on),
        "next": text("timeline.next", name=next_name, day=text.date_medium(next_on))
        if next_on
        else "",
        "health": source.health,
        "health_words": text(f"health.{source.health}") if source.health else "",
        "late": late,
        "late_words": text.count("timeline.late", late) if late else "",
        "workshops": ", ".join(held),
    }


def group_words(group: Group, today: date, project_end: date | None, text) -> str:
    """Such as "måned 14 af 18 · slutter 31. juli 2025", by the dates most of the cohort has."""
    model = typical(group)
    late_end = project_end is not None and model.ends_on > project_end
    ending = "timeline.ended" if model.ends_on < today else "timeline.ends"
    end = text(f"{ending}_after" if late_end else ending, day=model.ends_on)
    if today < model.starts_on:
        return text("timeline.band", begin=text("timeline.starts", day=model.starts_on), end=end)
    if today > model.ends_on:
        return end
    month = programme_month(model.starts_on, model.ends_on, model.months, today)
    begin = text("timeline.month", month=month, months=model.months)
    return text("timeline.band", begin=begin, end=end)


def summary(groups: list[Group], milestones: pd.DataFrame, project_end: date | None, text) -> str:
    """The chart's finding in words: how many of what, what is late, and who ends too late."""
    lines = [row for group in groups for row in group.rows]
    counts = [
        text.count(f"timeline.count_{status}", n)
        for status in (*SHOWN, "withdrawn", "free")
        if (n := sum(row.status == status for row in lines))
    ]
    said = [
        text("timeline.summary", n=len(lines), counts=", ".join(counts) or text("timeline.nothing"))
    ]
    shown = {row.enrolment_id for row in lines if row.status != "withdrawn"}
    late = milestones[(milestones["state"] == "late") & milestones["enrolment_id"].isin(shown)]
    if len(late):
        oldest = late.loc[late["days"].idxmax()]
        said.append(
            text.count(
                "timeline.overdue",
                len(late),
                municipality=oldest["municipality"],
                days=int(oldest["days"]),
            )
        )
    for group in groups:
        if project_end is not None and typical(group).ends_on > project_end:
            name = text.cohort(group.cohort)
            said.append(text("timeline.summary_after", cohort=name, day=typical(group).ends_on))
    return " ".join(said)


def by_case(milestones: pd.DataFrame) -> dict[int, list[Any]]:
    """What a chart draws of each case, by its id: the workshops that apply and what is overdue."""
    workshop = (milestones["kind"] == "workshop") & ~milestones["not_applicable"].astype(bool)
    drawn = milestones[workshop | (milestones["state"] == "late")]
    found: dict[int, list[Any]] = defaultdict(list)
    for mile in drawn.itertuples(index=False):
        found[mile.enrolment_id].append(mile)
    return found


def workshops(own: Iterable[Any]) -> list[Any]:
    """The workshops of one programme's plan that apply, in the order of its rows."""
    return [mile for mile in own if mile.kind == "workshop" and not mile.not_applicable]


def workshop_words(mile: Any, text) -> str:
    """For example "Workshop 2 holdt 7. aug. 2024"; planned when it has not been held."""
    done, name = as_date(mile.done_on), in_language(mile.short, mile.short_en, text)
    key = "timeline.workshop_held" if done else "timeline.workshop_planned"
    return text(key, name=name, day=text.date_medium(done or as_date(mile.due_on)))


def _when(row: Row, text) -> str:
    if row.status == "active":
        month = text("timeline.month", month=int(row.source.month), months=row.months)
        return f"{month}, {text('timeline.ends', day=row.ends_on)}"
    if row.status == "completed":
        return text("timeline.ended", day=row.ends_on)
    if row.status == "withdrawn":
        return text.date(as_date(row.source.status_since))
    return text("timeline.starts", day=row.starts_on)
