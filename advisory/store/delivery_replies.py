"""What partners answer in their sheets: read as questions, decided by somebody at the agency.

A sheet that comes back changes nothing by itself: each cell that is otherwise than it was sent
becomes a question.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ..domain import calendar
from ..domain import deliveries as rules
from ..domain.errors import Refused
from . import Row, Store, activities, deliveries
from .deliveries import Values
from .instants import instant, stamp


@dataclass(frozen=True)
class Difference:
    """A cell that came back otherwise than it was sent, and is not what we have already."""

    activity_id: int
    field: str
    base: str | None
    theirs: str | None
    ours: str | None


@dataclass(frozen=True)
class Received:
    """What a sheet that came back brought. `changed` is False for a file that was here already."""

    reply_id: int
    open: int
    changed: bool


def compare(store: Store, provider_id: int, reply: rules.Reply) -> list[Difference]:
    """What a sheet of this provider that came back asks to have changed; writes nothing.

    Only cells that are otherwise than they were sent, and not what we have ourselves by now: a
    row that was taken out says nothing. Refuses with `forbidden`, `provider_unknown`,
    `sheet_number_unknown` (number), `sheet_of_another_provider` (number, provider),
    `sheet_key_changed` (tab, row, value), `sheet_session_elsewhere` (tab, row), and as
    `domain.deliveries.value`.
    """
    store.require("sheet.receive")
    deliveries.refuse_other(store, provider_id, "sheet.receive")
    with store.trusted():
        sheet = _sheet_of(store, deliveries.provider(store, provider_id), reply)
        sent, asked = deliveries.base(sheet), []
        now = deliveries.now(store, sent.keys() & _of_provider(store, provider_id))
    for cell in reply.cells:
        activity_id, field = _place(cell, sent)
        before = sent[activity_id][field]
        if cell.text == (before or "") or (theirs := rules.value(cell, store.today())) == before:
            continue
        if activity_id not in now:
            raise Refused("sheet_session_elsewhere", tab=cell.tab, row=cell.row)
        ours = now[activity_id].get(field)
        if theirs != ours:
            asked.append(Difference(activity_id, field, before, theirs, ours))
    return asked


def came_before(store: Store, provider_id: int, reply: rules.Reply, *, sha256: str) -> bool:
    """Whether the same file of this provider's is here already. Refuses with `forbidden`."""
    store.require("sheet.receive")
    deliveries.refuse_other(store, provider_id, "sheet.receive")
    with store.trusted():
        return store.find("delivery_reply", sheet_id=reply.number, sha256=sha256) is not None


def receive(store: Store, provider_id: int, reply: rules.Reply, *, sha256: str) -> Received:
    """Keep what a partner asks to have changed as open questions; no session is changed by it.

    The same file again changes nothing. What the same sheet asked before, and an older question
    about the same cell, is closed as ours: the newest answer is the one that is asked about.
    The file keeps a name of ours: what it was called could be the name of a person. Refuses as
    `compare`.
    """
    with store.write("sheet.receive"):
        deliveries.refuse_other(store, provider_id, "sheet.receive")
        sheet = _sheet_of(store, deliveries.provider(store, provider_id), reply)
        same = store.find("delivery_reply", sheet_id=sheet["id"], sha256=sha256)
        if same is not None:
            waiting = store.rows(
                "delivery_cell", "reply_id = ? AND decision = 'open'", [same["id"]]
            )
            return Received(same["id"], len(waiting), changed=False)
        asked = compare(store, provider_id, reply)
        _close_older(store, provider_id, reply, asked)
        reply_id = store.insert(
            "delivery_reply",
            {
                "sheet_id": reply.number,
                "file_name": f"ark-{reply.number}.xlsx",
                "sha256": sha256,
                "received_at": stamp(store.now()),
            },
        )
        for one in asked:
            store.insert(
                "delivery_cell",
                {
                    **{"reply_id": reply_id, "activity_id": one.activity_id, "field": one.field},
                    **{"base": one.base, "theirs": one.theirs, "decision": "open"},
                },
            )
        return Received(reply_id, len(asked), changed=True)


def decide(
    store: Store,
    decisions: Mapping[int, str],
    *,
    seen: Mapping[int, str | None] | None = None,
) -> int:
    """Decide open questions, by their ids: `theirs` changes the session, `ours` leaves it.

    All of it is one operation, or nothing of it happens; returns how many were decided. `seen` is
    what the person saw as ours: if that has changed since, `sheet_ours_changed`. Refuses with
    `not_found`, `sheet_decided`, `code_unknown`, `sheet_session_moved` (theirs, of a session that
    another provider has got since), and as the verbs of `activities` do.
    """
    with store.write("sheet.decide"):
        taken: dict[int, Values] = defaultdict(dict)
        for cell_id, decision in decisions.items():
            cell = _open_cell(store, cell_id, decision, seen)
            if decision == "theirs":
                _refuse_moved(store, cell)
                taken[cell["activity_id"]][cell["field"]] = cell["theirs"]
            store.update("delivery_cell", cell_id, {"decision": decision})
        for activity_id, fields in taken.items():
            try:
                _take(store, activity_id, fields)
            except Refused as error:  # says which session it is about, among many
                raise Refused(error.key, **error.values, activity_id=activity_id) from error
        return len(decisions)


def _open_cell(
    store: Store, cell_id: int, decision: str, seen: Mapping[int, str | None] | None
) -> Row:
    if decision not in rules.DECISIONS:
        raise Refused("code_unknown", code=decision)
    cell = store.get("delivery_cell", cell_id)
    if cell["decision"] != "open":
        raise Refused("sheet_decided")
    if seen is not None and cell_id in seen:
        ours = deliveries.now(store, {cell["activity_id"]})[cell["activity_id"]].get(cell["field"])
        if ours != seen[cell_id]:
            raise Refused("sheet_ours_changed")
    return cell


def _refuse_moved(store: Store, cell: Row) -> None:
    """Refuse a provider's answer about a session that is no longer that provider's."""
    reply = store.get("delivery_reply", cell["reply_id"])
    asked = store.get("delivery_sheet", reply["sheet_id"])["provider_id"]
    session = activities.get(store, cell["activity_id"])
    if session["provider_id"] != asked:
        raise Refused("sheet_session_moved", session=session["title"])


def _take(store: Store, activity_id: int, fields: Values) -> None:
    """Change one session as its partner asks, through the same verbs as by hand."""
    activity = activities.get(store, activity_id)
    changes: dict[str, Any] = {}
    if "place" in fields:
        changes["place"] = fields["place"]
    if "seats" in fields:
        changes["capacity"] = int(fields["seats"]) if fields["seats"] else None
    if changes:
        activities.edit(store, activity_id, changes)
    if not fields.keys().isdisjoint(("day", "starts", "ends")):
        _move(store, activity, fields)
    if fields.get("held") == rules.YES and not activity["held_at"]:
        activities.hold(store, activity_id)
    _count(store, activity_id, fields)
    if fields.get("held") == rules.NO and activity["held_at"]:
        activities.take_back(store, activity_id)


def _move(store: Store, activity: Row, fields: Values) -> None:
    """Move a session; one over several days keeps how many."""
    starts = calendar.local(instant(activity["starts_at"]))
    ends = calendar.local(instant(activity["ends_at"]))
    stands = deliveries.values(activity, [])
    day = date.fromisoformat(fields.get("day") or starts.date().isoformat())
    last = day + timedelta(days=(ends.date() - starts.date()).days)
    at = {
        name: calendar.parse_time(fields.get(name) or stands[name] or "")
        for name in ("starts", "ends")
    }
    activities.move(
        store,
        activity["id"],
        starts_at=calendar.to_utc(day, at["starts"]),
        ends_at=calendar.to_utc(last, at["ends"]),
    )


def _count(store: Store, activity_id: int, fields: Values) -> None:
    """Enter the numbers of those who came; what was planned stays."""
    planned = {
        (head["enrolment_id"], head["audience"]): head["planned"]
        for head in store.rows("headcount", "activity_id = ?", [activity_id])
    }
    cells = {
        head: (planned.get(head), None if came is None else int(came))
        for field, came in fields.items()
        if (head := rules.of_head(field))
    }
    if cells:
        activities.count(store, activity_id, cells)


def _sheet_of(store: Store, provider: Row, reply: rules.Reply) -> Row:
    """The sheet that a reply is of; refuses what no sheet, or another provider's, says it is."""
    found = store.find("delivery_sheet", id=reply.number)
    if found is None or deliveries.mark(found) != reply.mark:
        raise Refused("sheet_number_unknown", number=reply.number)
    if found["provider_id"] != provider["id"]:
        raise Refused("sheet_of_another_provider", number=reply.number, provider=provider["name"])
    return found


def _place(cell: rules.Cell, sent: Mapping[int, Values]) -> tuple[int, str]:
    """The activity and the field of a cell; refuses a key that did not stand in the sheet."""
    place = rules.place_of(cell)
    if place is None or place[1] not in sent.get(place[0], {}):
        raise Refused("sheet_key_changed", tab=cell.tab, row=cell.row, value=cell.key)
    return place


def _of_provider(store: Store, provider_id: int) -> set[int]:
    return {row["id"] for row in store.rows("activity", "provider_id = ?", [provider_id])}


def _close_older(
    store: Store, provider_id: int, reply: rules.Reply, asked: list[Difference]
) -> None:
    """Close the questions that this reply takes the place of; see `receive`."""
    mentioned = {rules.place_of(cell) for cell in reply.cells}
    again = {(one.activity_id, one.field) for one in asked}
    waiting = store.rows(
        "delivery_cell",
        "decision = 'open' AND reply_id IN (SELECT id FROM delivery_reply WHERE sheet_id IN"
        " (SELECT id FROM delivery_sheet WHERE provider_id = ?))",
        [provider_id],
    )
    same = {row["id"] for row in store.rows("delivery_reply", "sheet_id = ?", [reply.number])}
    for cell in waiting:
        place = (cell["activity_id"], cell["field"])
        if place in again or (cell["reply_id"] in same and place in mentioned):
            store.update("delivery_cell", cell["id"], {"decision": "ours"})
