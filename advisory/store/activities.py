"""The programme's activities: plan, move, hold, cancel, and count who came.

Guidance, workshops and competence development of one or several municipalities. Peers and citizens
are counted here and never named. Info meetings and webinars, which people sign up for, are in
`meetings`.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from string import ascii_lowercase

from ..domain import activities as rules
from ..domain import calendar
from ..domain.capacity import Case, standing
from ..domain.enrolments import Status
from ..domain.errors import NotFound, Refused
from . import Row, Store, activity_content, codes, journal, places, plan
from .instants import instant, stamp

KINDS = rules.KINDS
OURS = "oprettet i Peerforløb"
EDITABLE = frozenset(
    {
        *("title", "body", "place", "link", "capacity", "provider_id", "consultant_id"),
        *("materials", "agreed", "next_step", "next_step_by"),
    }
)
LEFT = frozenset({Status.DECLINED, Status.LAPSED, Status.WITHDRAWN})

Cell = tuple[int | None, int | None]  # planned, attended
Cells = Mapping[tuple[int, str], Cell | None]  # by enrolment and audience; None: not invited


def create(
    store: Store,
    kind: str,
    title: str,
    *,
    starts_at: datetime,
    ends_at: datetime,
    enrolments: Mapping[int, int | None],
    expected: Mapping[str, int | None],
    provider_id: int | None = None,
    consultant_id: int | None = None,
    place: str | None = None,
    link: str | None = None,
    capacity: int | None = None,
    body: str = "",
    materials: str = "",
    source: str = OURS,
) -> int:
    """Plan an activity and return its id. Instants are aware.

    `enrolments` are the cases it serves, each with the milestone it fulfils there or None;
    `expected` the audiences invited from each, with how many (None: not known). Without a provider
    it is the agency's own. Refuses with `code_unknown`, `title_needed`, `text_too_long`,
    `activity_ends_before_start`, `activity_too_long`, `activity_outside_programme`,
    `municipality_needed`, `municipality_left`, `milestone_elsewhere`, `provider_unknown`,
    `consultant_unknown` (one who is not at work as such), `link_unreadable`, `number_unreadable`,
    `number_out_of_range`, `headcount_out_of_range`.
    """
    with store.write("activity.edit"):
        if kind not in KINDS:
            raise Refused("code_unknown", code=kind)
        rules.refuse_times(starts_at, ends_at)
        _refuse_elsewhere(store, enrolments, calendar.local_date(starts_at))
        content = activity_content.content(
            store,
            {
                "title": title,
                "body": body,
                "place": place,
                "link": link,
                "capacity": capacity,
                "provider_id": provider_id,
                "consultant_id": consultant_id,
                "materials": materials,
            },
        )
        activity_id = store.insert(
            "activity",
            {
                **content,
                "kind": kind,
                "starts_at": stamp(starts_at),
                "ends_at": stamp(ends_at),
                "first_starts_at": stamp(starts_at),
                "public": 0,
                "uid": f"{''.join(secrets.choice(ascii_lowercase) for _ in range(32))}"
                "@peerforloeb.example",
                "source": source,
            },
        )
        for enrolment_id, milestone_id in enrolments.items():
            _add(store, activity_id, enrolment_id, milestone_id)
            for audience, planned in expected.items():
                _count(store, activity_id, (enrolment_id, audience), (planned, None))
        return activity_id


def edit(store: Store, activity_id: int, changes: Row, *, version: int | None = None) -> Row:
    """Change what an activity says, and return it as it now is.

    What stands already is not asked about again: a consultant who has left may stay. Refuses as
    `create`, with `field_unknown`, `date_unreadable` and `activity_cancelled`.
    """
    with store.write("activity.edit"):
        if unknown := set(changes) - EDITABLE:
            raise Refused("field_unknown", field=", ".join(sorted(unknown)))
        activity = get(store, activity_id)
        _refuse_cancelled(activity)
        new = {name: value for name, value in changes.items() if value != activity[name]}
        changes = changes | activity_content.content(store, new)
        return store.update("activity", activity_id, changes, version=version)


def serve(
    store: Store,
    activity_id: int,
    enrolments: Mapping[int, int | None],
    *,
    version: int | None = None,
) -> None:
    """Say which cases an activity serves, and which milestone it fulfils in each.

    A new one is invited with the audiences of the others. Refuses as `create`, with
    `activity_cancelled`, with `headcount_exists` to leave out one whose people have been counted,
    and with `activity_anchors` (name, municipality) one with a milestone that counts from it.
    """
    with store.write("activity.edit"):
        activity = store.refuse_stale("activity", activity_id, {}, version)
        _refuse_other_kind(activity)
        _refuse_cancelled(activity)
        before = _milestones(store, activity_id)
        day = calendar.local_date(instant(activity["starts_at"]))
        _refuse_elsewhere(store, enrolments, day, known=before)
        served = store.rows("activity_enrolment", "activity_id = ?", [activity_id])
        invited = {row["audience"] for row in _heads(store, activity_id)}
        for row in served:
            if row["enrolment_id"] not in enrolments:
                _leave_out(store, row)
            else:
                changes = {"milestone_id": enrolments[row["enrolment_id"]]}
                store.update("activity_enrolment", row["id"], changes)
        for enrolment_id in enrolments.keys() - {row["enrolment_id"] for row in served}:
            _add(store, activity_id, enrolment_id, enrolments[enrolment_id])
            for audience in sorted(invited):
                _count(store, activity_id, (enrolment_id, audience), (None, None))
        if before != dict(enrolments):  # so that whoever saw the others is told
            store.update("activity", activity_id, {"sequence": activity["sequence"] + 1})


def move(
    store: Store,
    activity_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    version: int | None = None,
) -> Row:
    """Move an activity, and with it the milestones that count from it; returns it as it now is.

    Refuses as `create`, with `activity_cancelled`, `activity_held`, and with `headcount_exists` for
    a later day when people have been counted at it.
    """
    with store.write("activity.edit"):
        rules.refuse_times(starts_at, ends_at)
        changes = {"starts_at": stamp(starts_at), "ends_at": stamp(ends_at)}
        activity = store.refuse_stale("activity", activity_id, changes, version)
        _refuse_other_kind(activity)
        _refuse_cancelled(activity)
        if activity["held_at"]:
            raise Refused("activity_held")
        served = _milestones(store, activity_id)
        _refuse_elsewhere(store, served, calendar.local_date(starts_at), known=served)
        if starts_at > store.now():
            _refuse_counted(store, activity_id)
        return store.update("activity", activity_id, changes)


def cancel(store: Store, activity_id: int, reason: str, *, version: int | None = None) -> Row:
    """Cancel an activity; returns it as it now is. What was planned stays to be read.

    Refuses with `reason_needed`, `text_too_long`, `activity_cancelled`, `activity_held`, and with
    `headcount_exists` when people have been counted at it.
    """
    with store.write("activity.edit"):
        if not reason.strip():
            raise Refused("reason_needed")
        activity = get(store, activity_id)
        _refuse_cancelled(activity)
        if activity["held_at"]:
            raise Refused("activity_held")
        _refuse_counted(store, activity_id)
        changes = activity_content.content(store, {"cancel_reason": reason})
        changes["cancelled_at"] = stamp(store.now())
        return store.update("activity", activity_id, changes, version=version)


def hold(
    store: Store,
    activity_id: int,
    *,
    done: Collection[int] = (),
    agreed: str = "",
    next_step: str = "",
    next_step_by: date | None = None,
    version: int | None = None,
) -> Row:
    """Say that an activity was held, and return it as it now is.

    `done` are the milestones it fulfils that are ticked off with its day. A next step becomes a
    task of every case it serves. Refuses with `activity_cancelled`, `activity_not_begun`,
    `milestone_elsewhere`, `text_too_long`, `next_step_needed` for a day without a step, and as
    `plan.mark_done`.
    """
    with store.write("activity.edit"):
        activity = get(store, activity_id)
        _refuse_cancelled(activity)
        _refuse_not_begun(store, activity)
        day = calendar.local_date(instant(activity["starts_at"]))
        said: Row = {"agreed": agreed.strip(), "next_step": next_step.strip()}
        said["next_step_by"] = next_step_by
        if next_step_by and not (said["next_step"] or activity["next_step"]):
            raise Refused("next_step_needed")
        changes = activity_content.content(
            store, {name: value for name, value in said.items() if value}
        )
        if not activity["held_at"]:
            changes["held_at"] = stamp(store.now())
        after = store.update("activity", activity_id, changes, version=version)
        served = _milestones(store, activity_id)
        for milestone_id in done:
            if milestone_id not in served.values():
                raise Refused("milestone_elsewhere")
            plan.mark_done(store, milestone_id, day)
        if after["next_step"] and after["next_step"] != activity["next_step"]:
            for enrolment_id in served:
                _next_step(store, enrolment_id, after)
        return after


def take_back(store: Store, activity_id: int, *, version: int | None = None) -> Row:
    """Say that an activity was not held after all; returns it as it now is.

    Milestones and tasks stay as they are. Refuses with `headcount_exists` when people have been
    counted at it.
    """
    with store.write("activity.edit"):
        get(store, activity_id)
        _refuse_counted(store, activity_id)
        return store.update("activity", activity_id, {"held_at": None}, version=version)


def count(store: Store, activity_id: int, cells: Cells, *, seen: Cells | None = None) -> int:
    """Enter how many were planned and came, for any number of cells, and return how many changed.

    A cell is (planned, attended), each None when not known; None instead of a cell says that the
    audience is not invited from there. `seen` are the cells as the person saw them: one that
    somebody else has changed since refuses it all with `headcount_changed`. Refuses with
    `activity_cancelled`, `activity_not_begun` (for numbers of those who came), `code_unknown`,
    `municipality_elsewhere` and `headcount_out_of_range`.
    """
    with store.write("headcount.edit"):
        activity = get(store, activity_id)
        _refuse_cancelled(activity)
        if any(cell and cell[1] is not None for cell in cells.values()):
            _refuse_not_begun(store, activity)
        served = _milestones(store, activity_id)
        current = {
            (row["enrolment_id"], row["audience"]): (row["planned"], row["attended"])
            for row in _heads(store, activity_id)
        }
        changed = 0
        for key, cell in cells.items():
            if key[0] not in served:
                raise Refused("municipality_elsewhere")
            stands = current.get(key)
            if stands == cell:
                continue
            if seen is not None and stands != seen.get(key):
                raise Refused("headcount_changed")
            _count(store, activity_id, key, cell)
            changed += 1
        return changed


def get(store: Store, activity_id: int) -> Row:
    """The record of one of the programme's activities. Refuses with `not_found`."""
    activity = store.get("activity", activity_id)
    _refuse_other_kind(activity)
    return activity


def _refuse_other_kind(activity: Row) -> None:
    if activity["kind"] not in KINDS:
        raise NotFound("not_found", table="activity", row_id=activity["id"])


def _refuse_cancelled(activity: Row) -> None:
    if activity["cancelled_at"]:
        raise Refused("activity_cancelled", title=activity["title"])


def _refuse_not_begun(store: Store, activity: Row) -> None:
    starts_at = instant(activity["starts_at"])
    if starts_at > store.now():
        raise Refused("activity_not_begun", at=starts_at)


def _refuse_counted(store: Store, activity_id: int) -> None:
    if any(row["attended"] is not None for row in _heads(store, activity_id)):
        raise Refused("headcount_exists")


def _refuse_elsewhere(
    store: Store, served: Mapping[int, int | None], day: date, *, known: Collection[int] = ()
) -> None:
    """Refuse cases that have left, a day outside their programmes, and milestones of others.

    One that was `known` before it left stays.
    """
    if not served:
        raise Refused("municipality_needed")
    cases = _cases(store, served)
    for enrolment_id, milestone_id in served.items():
        enrolment = store.get("enrolment", enrolment_id)
        name = store.get("municipality", enrolment["municipality_id"])["name"]
        case = cases[enrolment_id]
        if enrolment_id not in known and standing(case, store.today()) in LEFT:
            raise Refused("municipality_left", municipality=name)
        rules.refuse_outside(day, {name: (case.starts_on, case.ends_on)})
        if milestone_id is not None:
            milestone = store.get("milestone", milestone_id)
            if milestone["enrolment_id"] != enrolment_id:
                raise Refused("milestone_elsewhere")


def _cases(store: Store, enrolment_ids: Iterable[int]) -> dict[int, Case]:
    """What says where these cases stand, and others of their initiatives, by enrolment id."""
    homes = {store.get("enrolment", enrolment_id)["cohort_id"] for enrolment_id in enrolment_ids}
    initiatives = {store.get("cohort", home)["initiative_id"] for home in homes}
    return {id_: case for one in initiatives for id_, case in places.cases(store, one).items()}


def _add(store: Store, activity_id: int, enrolment_id: int, milestone_id: int | None) -> None:
    row = {"activity_id": activity_id, "enrolment_id": enrolment_id, "milestone_id": milestone_id}
    store.insert("activity_enrolment", row)


def _leave_out(store: Store, served: Row) -> None:
    heads = [
        row
        for row in _heads(store, served["activity_id"])
        if row["enrolment_id"] == served["enrolment_id"]
    ]
    if any(row["attended"] is not None for row in heads):
        raise Refused("headcount_exists")
    _refuse_anchors(store, served)
    for row in heads:
        store.delete("headcount", row["id"])
    store.delete("activity_enrolment", served["id"])


def _refuse_anchors(store: Store, served: Row) -> None:
    """Refuse while a milestone that applies to the case counts from the activity."""
    where = "anchor_activity_id = ? AND enrolment_id = ? AND NOT not_applicable"
    found = store.rows("milestone", where, [served["activity_id"], served["enrolment_id"]])
    if found:
        enrolment = store.get("enrolment", served["enrolment_id"])
        home = store.get("municipality", enrolment["municipality_id"])["name"]
        raise Refused("activity_anchors", name=found[0]["name"], municipality=home)


def _heads(store: Store, activity_id: int) -> list[Row]:
    return store.rows("headcount", "activity_id = ?", [activity_id])


def _milestones(store: Store, activity_id: int) -> dict[int, int | None]:
    """The cases an activity serves, each with the milestone it fulfils there."""
    rows = store.rows("activity_enrolment", "activity_id = ?", [activity_id])
    return {row["enrolment_id"]: row["milestone_id"] for row in rows}


def _count(store: Store, activity_id: int, key: tuple[int, str], cell: Cell | None) -> None:
    """Put one cell of the head counts as it shall be."""
    enrolment_id, audience = key
    codes.refuse_unknown(store, "audience", audience)
    of = {"activity_id": activity_id, "enrolment_id": enrolment_id, "audience": audience}
    found = store.find("headcount", **of)
    if cell is None:
        if found:
            store.delete("headcount", found["id"])
        return
    planned, attended = cell
    rules.refuse_number(planned)
    rules.refuse_number(attended)
    numbers = {"planned": planned, "attended": attended}
    if found:
        store.update("headcount", found["id"], numbers)
    else:
        store.insert("headcount", of | numbers)


def _next_step(store: Store, enrolment_id: int, activity: Row) -> None:
    due_on = activity["next_step_by"]
    consultant_id = store.get("enrolment", enrolment_id)["consultant_id"]
    journal.add_task(
        store,
        enrolment_id,
        activity["next_step"],
        due_on=date.fromisoformat(due_on) if due_on else None,
        assignee_id=consultant_id,
    )
