"""The fields of an activity: what stands in them at first, and what was typed in them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .. import frames
from ..domain import activities as rules
from ..domain import calendar
from ..domain import municipalities as names
from ..domain.errors import Refused
from ..store import Row, activities
from ..store.instants import instant
from . import case_picker as cases
from .forms import Form
from .view import View

ERRORS = {
    "activity_ends_before_start": "until",
    "activity_too_long": "until",
    "activity_outside_programme": "on",
    "activity_held": "on",
    "municipality_needed": "cases",
    "municipality_left": "cases",
    "milestone_elsewhere": "cases",
    "headcount_exists": "cases",
    "activity_anchors": "cases",
    "headcount_out_of_range": "audiences",
    "provider_unknown": "provider_id",
    "consultant_unknown": "consultant_id",
    "title_needed": "title",
    "link_unreadable": "link",
    "number_out_of_range": "capacity",
}
TEXTS = ("title", "body", "materials")
OR_NONE = ("place", "link")
PEOPLE = ("provider_id", "consultant_id")

Steps = Mapping[int, int | None]  # the cases, each with the milestone that is fulfilled or None


@dataclass(frozen=True, slots=True)
class Served:
    """The cases of an activity, as they are saved and in words."""

    steps: Steps
    words: str

    def __str__(self) -> str:
        return self.words


def kind_of(typed: Mapping[str, str]) -> str:
    """The kind that is chosen; a workshop when it is none that there is."""
    kind = typed.get("kind", "")
    return kind if kind in activities.KINDS else "workshop"


def filled(view: View, row: Row) -> dict[str, str]:
    """What stands in the fields for an activity as it is recorded."""
    start, end = (
        calendar.local(datetime.fromisoformat(row[name])) for name in ("starts_at", "ends_at")
    )
    words = {name: str(row[name] or "") for name in (*TEXTS, *OR_NONE, *PEOPLE, "capacity")}
    found = {}
    for case_id, step in served(view, row["id"]).items():
        found[f"case_{case_id}"] = "1"
        found[f"step_{row['kind']}_{case_id}"] = str(step or "")
    return {
        **words,
        **found,
        "kind": row["kind"],
        "version": str(row["version"]),
        "on": view.text.date(start.date()),
        "from": view.text.time(start),
        "until": view.text.time(end),
    }


def served(view: View, activity_id: int) -> dict[int, int | None]:
    """The cases an activity serves, with the milestone it fulfils in each or None."""
    found = frames.served(view.store, activity_id)
    steps = found["milestone_id"].astype(object).where(found["milestone_id"].notna(), None)
    return dict(zip(found["enrolment_id"].tolist(), steps.tolist()))


def in_words(view: View, steps: Steps) -> Served:
    """The cases by name, each with the name of the milestone that is fulfilled in it."""
    homes = frames.enrolments(view.store).set_index("enrolment_id")["municipality"]
    plan = frames.milestones(view.store).set_index("milestone_id")
    known = {one: homes.get(one, "") for one in steps}
    words = []
    for case_id in sorted(known, key=lambda one: names.sort_key(known[one])):
        step = steps[case_id]
        called = view.name(*plan.loc[step, ["name", "name_en"]]) if step in plan.index else ""
        words.append(f"{known[case_id]} ({called})" if called else known[case_id])
    return Served(steps, ", ".join(words))


def merged(before: Steps, wanted: Steps, stands: Steps) -> dict[int, int | None]:
    """What stands with what a person changed: added, left out, given another milestone.

    `before` is what they saw first and `wanted` what they made of it.
    """
    changed = _changed(before, wanted)
    found = {case_id: step for case_id, step in stands.items() if case_id not in changed}
    return found | {case_id: step for case_id, step in wanted.items() if case_id in changed}


def clash(before: Steps, wanted: Steps, stands: Steps) -> bool:
    """Whether somebody else has made something different of a case that the person changed."""
    theirs = _changed(before, stands)
    return any(
        (case_id in wanted, wanted.get(case_id)) != (case_id in stands, stands.get(case_id))
        for case_id in _changed(before, wanted) & theirs
    )


def _changed(before: Steps, after: Steps) -> set[int]:
    """The cases that are in one and not in the other, or with another milestone."""
    return {case_id for case_id, _ in before.items() ^ after.items()}


def read(
    view: View, form: Form, typed: Mapping[str, str], activity_id: int | None
) -> dict[str, Any]:
    """What the fields say, as `activities.create` takes it; of one that is there without its kind.

    Refuses what cannot be read, beside its field, and as `rules.refuse_times`.
    """
    kind = kind_of(typed)
    starts_at, ends_at = (moment(view, form, typed, name) for name in ("from", "until"))
    said: dict[str, Any] = {
        **{name: typed.get(name, "").strip() for name in TEXTS},
        **{name: typed.get(name, "").strip() or None for name in OR_NONE},
        **{name: number(form, typed, name) for name in (*PEOPLE, "capacity")},
        "starts_at": starts_at,
        "ends_at": ends_at,
        "enrolments": cases.served(view, typed, kind, activity_id),
    }
    rules.refuse_times(starts_at, ends_at)
    said["materials"] = "\n".join(said["materials"].split())
    if activity_id is not None:
        return said
    return {**said, "kind": kind, "expected": _expected(view, form, typed)}


def moment(view: View, form: Form, typed: Mapping[str, str], name: str) -> datetime:
    """The instant of the day in `on` and the time in the field `name`."""
    with form.reading("on"):
        if not typed.get("on", "").strip():
            raise Refused("date_needed")
        day = calendar.parse_date(typed["on"], view.today)
    with form.reading(name):
        if not typed.get(name, "").strip():
            raise Refused("time_needed")
        return calendar.to_utc(day, calendar.parse_time(typed[name]))


def number(form: Form, typed: Mapping[str, str], name: str) -> int | None:
    """The whole number in a field, None when it is empty."""
    written = typed.get(name, "").strip()
    with form.reading(name):
        if written and not (written.isascii() and written.isdigit()):
            raise Refused("number_unreadable", text=written)
    return int(written) if written else None


def _expected(view: View, form: Form, typed: Mapping[str, str]) -> dict[str, int | None]:
    """The invited audiences with how many are expected of each."""
    return {
        code: number(form, typed, f"expected_{code}")
        for code, _ in view.codes("audience")
        if typed.get(f"invite_{code}")
    }


@contextmanager
def blaming(form: Form, said: Mapping[str, Any]) -> Iterator[None]:
    """While it is written: a link that cannot be used is said beside the field it stands in."""
    try:
        yield
    except Refused as error:
        if error.key == "link_unreadable" and error.values["link"] != said["link"]:
            with form.reading("materials"):
                raise
        raise


def as_instant(at: datetime | str) -> datetime:
    """An instant, also one as the store keeps it."""
    return instant(at) if isinstance(at, str) else at
