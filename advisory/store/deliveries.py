"""What partners are ordered to deliver, and the sheets of their sessions that they are sent.

What comes back is in `delivery_replies`. A partner reaches only what is its own.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping

from ..domain import calendar
from ..domain import deliveries as rules
from ..domain.errors import Conflict, Forbidden, NotFound, Refused
from . import Row, Store, activities, activity_content
from .instants import instant, stamp

OURS = "rettet i Peerforløb"
MOST_ORDERED, MOST_SEATS = 1_000, 10_000

Values = dict[str, str | None]  # by field: see `domain.deliveries`
Amount = tuple[int | None, int | None]  # sessions and seats that are ordered
NOTHING: Amount = (None, None)


# --- who may see whose ------------------------------------------------------------------------


def own_provider(store: Store) -> int | None:
    """The partner that the person at work speaks for; None for everybody who speaks for none."""
    if store.actor.role != "partner":
        return None
    user = store.present.me()  # today's, on every date
    return user["organisation_id"] if user else None


def refuse_other(store: Store, provider_id: int, action: str = "page.deliveries") -> None:
    """Refuse with `forbidden` a partner what is not its own, whether it is there or not."""
    if store.actor.role == "partner" and own_provider(store) != provider_id:
        raise Forbidden("forbidden", action=action, role=store.actor.role)


def provider(store: Store, provider_id: int) -> Row:
    """The record of a provider. Refuses with `forbidden` and `provider_unknown`."""
    refuse_other(store, provider_id)
    found = store.find("organisation", id=provider_id)
    if found is None or found["kind"] not in activity_content.PROVIDERS:
        raise NotFound("provider_unknown", provider=provider_id)
    return found


# --- orders -----------------------------------------------------------------------------------


def set_order(
    store: Store,
    provider_id: int,
    cohort_id: int,
    sessions: int | None,
    seats: int | None = None,
    *,
    source: str = OURS,
    seen: Amount | None = None,
) -> None:
    """Say how much a provider is ordered to deliver to a cohort; no sessions takes the order away.

    `seen` is the order as the person saw it, `NOTHING` where there was none: what is still that
    is left as it stands, and one that somebody else has changed since is a `Conflict`; its `id`
    is 0 where nothing is ordered any more. Refuses with `provider_unknown`, `not_found` (the
    cohort) and `number_out_of_range`.
    """
    with store.write("order.edit"):
        provider(store, provider_id)
        store.get("cohort", cohort_id)
        for number, highest in ((sessions, MOST_ORDERED), (seats, MOST_SEATS)):
            if number is not None and not 0 <= number <= highest:
                raise Refused("number_out_of_range", number=number, lowest=0, highest=highest)
        of = {"provider_id": provider_id, "cohort_id": cohort_id}
        found = store.find("partner_order", **of)
        stands = (found["sessions"], found["seats"]) if found else NOTHING
        said = NOTHING if sessions is None else (sessions, seats)
        if said in (stands, seen):
            return
        changes = {"sessions": said[0], "seats": said[1], "source": source}
        if seen not in (None, stands):
            current = found or {"id": 0, **of, "sessions": None, "seats": None, "version": 0}
            raise Conflict("conflict", "partner_order", current["id"], current, changes)
        if found is None:
            store.insert("partner_order", of | changes)
        elif said == NOTHING:
            store.delete("partner_order", found["id"])
        else:
            store.update("partner_order", found["id"], changes)


def set_orders(
    store: Store,
    provider_id: int,
    orders: Mapping[int, Amount],
    *,
    seen: Mapping[int, Amount] | None = None,
) -> None:
    """As `set_order`, for several cohorts as one: all of them or none.

    A cohort that is not in `seen` had no order.
    """
    with store.write("order.edit"):
        for cohort_id, (sessions, seats) in orders.items():
            was = None if seen is None else seen.get(cohort_id, NOTHING)
            set_order(store, provider_id, cohort_id, sessions, seats, seen=was)


def orders(store: Store, provider_id: int) -> dict[int, Amount]:
    """What a provider is ordered to deliver now, by cohort; a partner's own only."""
    refuse_other(store, provider_id)
    with store.trusted():
        found = store.rows("partner_order", "provider_id = ?", [provider_id])
    return {row["cohort_id"]: (row["sessions"], row["seats"]) for row in found}


# --- the sheet --------------------------------------------------------------------------------


def sessions(store: Store, provider_id: int | None = None) -> dict[int, Values]:
    """What stands now in every cell that a partner may answer, by activity, by its start.

    Sessions that are planned or held, of one provider or of all; a field for the number of those
    who came from each municipality and invited audience.
    """
    of, args = ("provider_id = ?", [provider_id]) if provider_id else ("provider_id > 0", [])
    kinds = ", ".join(f"'{kind}'" for kind in activities.KINDS)
    found = store.rows(
        "activity",
        f"{of} AND kind IN ({kinds}) AND cancelled_at IS NULL",
        args,
        order="starts_at, id",
    )
    heads = defaultdict(list)
    for head in store.rows("headcount", order="enrolment_id, id"):
        heads[head["activity_id"]].append(head)
    return {row["id"]: values(row, heads[row["id"]]) for row in found}


def now(store: Store, activity_ids: Collection[int]) -> dict[int, Values]:
    """As `sessions`, of these activities, whoever delivers them, and also when cancelled."""
    where = f"IN ({', '.join('?' * len(activity_ids))})"
    heads = defaultdict(list)
    for head in store.rows("headcount", f"activity_id {where}", [*activity_ids]):
        heads[head["activity_id"]].append(head)
    rows = store.rows("activity", f"id {where}", [*activity_ids])
    return {row["id"]: values(row, heads[row["id"]]) for row in rows}


def values(activity: Row, heads: list[Row]) -> Values:
    """What one activity has in the cells of a sheet."""
    starts = calendar.local(instant(activity["starts_at"]))
    ends = calendar.local(instant(activity["ends_at"]))
    seats = activity["capacity"]
    return {
        "day": starts.date().isoformat(),
        "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "place": " ".join((activity["place"] or "").split()) or None,
        "seats": None if seats is None else str(seats),
        "held": rules.YES if activity["held_at"] else rules.NO,
        **{
            rules.head_field(head["enrolment_id"], head["audience"]): (
                None if head["attended"] is None else str(head["attended"])
            )
            for head in heads
        },
    }


def make_sheet(store: Store, provider_id: int) -> int:
    """Make a sheet of a provider's sessions as they are now, and return its number.

    Refuses with `forbidden` (a partner for another), `provider_unknown` and `sheet_no_sessions`.
    """
    with store.write("sheet.make"):
        refuse_other(store, provider_id, "sheet.make")
        name = provider(store, provider_id)["name"]
        rows = sessions(store, provider_id)
        if not rows:
            raise Refused("sheet_no_sessions", provider=name)
        row = {
            "provider_id": provider_id,
            "made_at": stamp(store.now()),
            "rows": json.dumps(rows, ensure_ascii=False),
        }
        return store.insert("delivery_sheet", row)


def sheet(store: Store, sheet_id: int) -> Row:
    """The record of a sheet. Refuses with `not_found`, also a partner somebody else's."""
    store.require("sheet.make")
    with store.trusted():
        found = store.find("delivery_sheet", id=sheet_id)
    mine = store.actor.role != "partner" or (found and own_provider(store) == found["provider_id"])
    if found is None or not mine:
        raise NotFound("not_found", table="delivery_sheet", row_id=sheet_id)
    return found


def last_sheets(store: Store, provider_id: int, most: int) -> list[tuple[Row, list[Row]]]:
    """The last sheets of a provider, the newest first, each with the replies that came to it.

    Refuses with `forbidden` who may not have a sheet made, and a partner another's.
    """
    store.require("sheet.make")
    refuse_other(store, provider_id, "sheet.make")
    with store.trusted():
        made = store.rows("delivery_sheet", "provider_id = ?", [provider_id], order="id DESC")
        return [
            (row, store.rows("delivery_reply", "sheet_id = ?", [row["id"]])) for row in made[:most]
        ]


def base(sheet: Row) -> dict[int, Values]:
    """What stood in a sheet when it was made, by activity."""
    return {int(activity_id): row for activity_id, row in json.loads(sheet["rows"]).items()}


def mark(sheet: Row) -> str:
    """Twelve digits that belong to one sheet only, for finding out that a reply is of it."""
    said = json.dumps([sheet[name] for name in ("id", "provider_id", "made_at", "rows")])
    return hashlib.sha256(said.encode()).hexdigest()[:12]
