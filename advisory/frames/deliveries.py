"""What the providers are ordered to deliver, what they have delivered, and what they answer."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import pandas as pd

from ..domain import deliveries as rules
from ..domain import roles
from ..domain.activities import KINDS
from ..store import Row, Store
from ..store import deliveries as sheets
from .activities import counted_activities, headcounts
from .typed import DATE, INSTANT, frame, instants_of, reads

DELIVERIES = {
    "provider_id": "int64",
    "provider": "str",
    "kind": "str",
    "ordered": "Int64",
    "planned": "int64",
    "due": "int64",
    "held": "int64",
    "cancelled": "int64",
    "remaining": "Int64",
    "missing": "Int64",
    "seats_ordered": "Int64",
    "seats": "int64",
    "seats_used": "Int64",
    "uncounted": "int64",
    "sheet_id": "Int64",
    "sheet_at": INSTANT,
    "reply_at": INSTANT,
    "open": "int64",
}
COHORTS = {
    "provider_id": "int64",
    "provider": "str",
    "cohort": "str",
    "ordered": "Int64",
    "planned": "int64",
    "due": "int64",
    "held": "int64",
    "cancelled": "int64",
    "missing": "Int64",
    "seats_ordered": "Int64",
    "attended": "Int64",
    "version": "Int64",
}
CELLS = {
    "cell_id": "int64",
    "reply_id": "int64",
    "sheet_id": "int64",
    "provider_id": "int64",
    "provider": "str",
    "activity_id": "int64",
    "title": "str",
    "day": DATE,
    "state": "str",
    "still_theirs": "bool",
    "field": "str",
    "municipality": "str",
    "audience": "str",
    "base": "str",
    "theirs": "str",
    "ours": "str",
    "both_changed": "bool",
    "decision": "str",
    "sheet_at": INSTANT,
    "reply_at": INSTANT,
    "file_name": "str",
}
SESSIONS = {
    "provider_id": "int64",
    "activity_id": "int64",
    "title": "str",
    "day": DATE,
    "starts_at": INSTANT,
    "ends_at": INSTANT,
    "place": "str",
    "municipalities": "object",
    "state": "str",
    "attended": "Int64",
    "capacity": "Int64",
    "uncounted": "int64",
}
SHEET_SESSIONS = {"activity_id": "int64", "title": "str", "municipalities": "object"}
PROVIDER_KINDS = ("partner", "agency")  # in this order


@reads("read.providers")
def deliveries(store: Store) -> pd.DataFrame:
    """One row per provider, the partners first: what it is ordered to hold, and has held.

    Columns: see `DELIVERIES`. Sessions: `ordered` is missing where nothing is; `planned` are
    those to come and those that are `due`: over, and not said to be held. `remaining` of the
    ordered are not held, `missing` not even planned; neither is below 0, so that `planned`,
    `held` and `missing` add up to `ordered`, or to more where more is planned than was ordered.
    `seats` are those of the sessions held, `seats_used` the people counted at them: missing where
    nobody has counted. `uncounted` is how many of the sessions held lack a number. `open` are the
    cells of their sheets that nobody has decided and that still differ from ours. A partner gets
    its own row only; who may not read the deliveries themselves gets no `seats_used`.
    """
    found = _sessions(store)
    orders, made, replies = _orders(store), _last_sheets(store), _last_replies(store)
    answers = _cells(store)
    waiting = Counter(answers[_undecided(answers)]["provider_id"])
    counted = roles.allowed("read.deliveries", store.actor.role)
    rows = []
    for row in _providers(store):
        own = found[found["provider_id"] == row["id"]]
        held = own[own["state"] == "held"]
        ordered, seats = _sums(orders[row["id"]])
        rows.append(
            {
                **{"provider_id": row["id"], "provider": row["name"], "kind": row["kind"]},
                **_counts(own["state"], ordered),
                "seats_ordered": seats,
                "seats": int(held["capacity"].sum()),
                "seats_used": _total(held["attended"]) if counted else None,
                "uncounted": int((held["uncounted"] > 0).sum()),
                "sheet_id": made.get(row["id"], {}).get("id"),
                "sheet_at": made.get(row["id"], {}).get("made_at"),
                "reply_at": replies.get(row["id"]),
                "open": waiting[row["id"]],
            }
        )
    return _frame(DELIVERIES, rows)


@reads("read.deliveries")
def delivery_cohorts(store: Store) -> pd.DataFrame:
    """One row per provider and cohort with an order or a session, by provider and cohort.

    Columns: see `COHORTS`; as in `deliveries`. A session for two cohorts counts in both, so the
    rows may add up to more than the provider holds. `attended` are the people from the cohort at
    sessions held; `version` is that of the order. A partner gets its own rows only.
    """
    found, heads = _sessions(store), headcounts(store)
    heads = heads[heads["state"] == "held"]
    orders = _orders(store)
    rows = []
    for provider in _providers(store):
        own = found[found["provider_id"] == provider["id"]]
        ordered = {row["cohort"]: row for row in orders[provider["id"]]}
        codes = ordered.keys() | {code for one in own["cohorts"] for code in one}
        for code in sorted(codes):
            states = own.loc[[code in one for one in own["cohorts"]], "state"]
            came = heads[(heads["provider_id"] == provider["id"]) & (heads["cohort"] == code)]
            order = ordered.get(code, {})
            rows.append(
                {
                    **{"provider_id": provider["id"], "provider": provider["name"]},
                    **{"cohort": code, **_counts(states, order.get("sessions"))},
                    "seats_ordered": order.get("seats"),
                    "attended": _total(came["attended"]),
                    "version": order.get("version"),
                }
            )
    return _frame(COHORTS, rows)


@reads("read.deliveries")
def delivery_sessions(store: Store, provider_id: int) -> pd.DataFrame:
    """The sessions of one provider by their start: when, where, with whom, how many came.

    Columns: see `SESSIONS`, as in `activities`; nothing of what was agreed, and no names of people.
    Refuses with `forbidden` a partner what is not its own.
    """
    sheets.refuse_other(store, provider_id)
    found = _sessions(store)
    own = found[found["provider_id"] == provider_id].reset_index(drop=True)
    return own[list(SESSIONS)].astype(SESSIONS)


@reads("read.deliveries")
def sheet_sessions(store: Store, sheet_id: int) -> pd.DataFrame:
    """What the sessions of a sheet are called and whom they serve, whoever delivers them now.

    Columns: see `SHEET_SESSIONS`. Refuses as `store.deliveries.sheet`.
    """
    asked = sheets.base(sheets.sheet(store, sheet_id))
    found = counted_activities(store)
    found = found[found["activity_id"].isin(list(asked))].reset_index(drop=True)
    return found[list(SHEET_SESSIONS)]


@reads("read.deliveries")
def homes(store: Store) -> dict[int, str]:
    """The name of the municipality of each case, by its enrolment id."""
    names = {row["id"]: row["name"] for row in store.rows("municipality")}
    return {row["id"]: names[row["municipality_id"]] for row in store.rows("enrolment")}


@reads("read.deliveries")
def delivery_cells(store: Store) -> pd.DataFrame:
    """One row per cell of a sheet that came back otherwise than it was sent, the newest first.

    Columns: see `CELLS`. `base` is what was sent, `theirs` what they answer, `ours` what stands
    now; empty where there is nothing. `both_changed` when ours is no longer what was sent: then
    neither is suggested. `field` is one of `domain.deliveries.SESSION_FIELDS`, or attended with
    a `municipality` and an `audience`. `still_theirs` unless another has got the session since.
    A partner gets the cells of its own sheets only, and of a session that has become another's
    nothing of how that stands now.
    """
    found = _cells(store)
    if store.actor.role == "partner":
        elsewhere = ~found["still_theirs"]
        found.loc[elsewhere, ["state", "ours"]] = ""
        found.loc[elsewhere, "day"] = pd.NaT
        found.loc[elsewhere, "both_changed"] = False
    return found


def _cells(store: Store) -> pd.DataFrame:
    made = {row["id"]: row for row in store.rows("delivery_sheet")}
    replies = {row["id"]: row for row in store.rows("delivery_reply")}
    cells = store.rows("delivery_cell", order="reply_id DESC, id")
    asked = {cell["activity_id"] for cell in cells}
    found = counted_activities(store)[["activity_id", "title", "day", "state", "provider_id"]]
    known = found[found["activity_id"].isin(asked)].set_index("activity_id").to_dict("index")
    now = sheets.now(store, asked)
    places, names = homes(store), {row["id"]: row["name"] for row in _providers(store)}
    rows = []
    for cell in cells:
        reply, session = replies[cell["reply_id"]], known[cell["activity_id"]]
        sheet = made[reply["sheet_id"]]
        if sheet["provider_id"] not in names:
            continue
        ours = now[cell["activity_id"]].get(cell["field"])
        head = rules.of_head(cell["field"])
        rows.append(
            {
                **{name: cell[name] for name in ("reply_id", "activity_id", "decision")},
                **{"cell_id": cell["id"], "sheet_id": sheet["id"], "title": session["title"]},
                "provider_id": sheet["provider_id"],
                "provider": names[sheet["provider_id"]],
                **{"day": session["day"], "state": session["state"]},
                "still_theirs": session["provider_id"] == sheet["provider_id"],
                "field": rules.ATTENDED if head else cell["field"],
                "municipality": places.get(head[0], "") if head else "",
                "audience": head[1] if head else "",
                **{"base": cell["base"] or "", "theirs": cell["theirs"] or "", "ours": ours or ""},
                "both_changed": ours != cell["base"],
                "sheet_at": sheet["made_at"],
                "reply_at": reply["received_at"],
                "file_name": reply["file_name"],
            }
        )
    return _frame(CELLS, rows)


def _undecided(cells: pd.DataFrame) -> pd.Series:
    return (cells["decision"] == "open") & (cells["theirs"] != cells["ours"])


def _sessions(store: Store) -> pd.DataFrame:
    """The programme's activities that have a provider."""
    found = counted_activities(store)
    return found[found["kind"].isin(KINDS) & found["provider_id"].notna()]


def _providers(store: Store) -> list[Row]:
    """The providers whose deliveries the person at work may see: a partner's user its own."""
    rows = store.rows("organisation", "kind IN ('partner', 'agency')", order="name")
    if store.actor.role == "partner":
        own = sheets.own_provider(store)
        rows = [row for row in rows if row["id"] == own]
    return sorted(rows, key=lambda row: PROVIDER_KINDS.index(row["kind"]))


def _orders(store: Store) -> defaultdict[int, list[Row]]:
    codes = {row["id"]: row["code"] for row in store.rows("cohort")}
    found = defaultdict(list)
    for row in store.rows("partner_order"):
        found[row["provider_id"]].append({**row, "cohort": codes[row["cohort_id"]]})
    return found


def _sums(orders: list[Row]) -> tuple[int | None, int | None]:
    """Sessions and seats ordered; None where none are."""
    seats = [order["seats"] for order in orders if order["seats"] is not None]
    sessions = [order["sessions"] for order in orders]
    return (sum(sessions) if sessions else None), (sum(seats) if seats else None)


def _counts(states: Iterable[str], ordered: int | None) -> Row:
    """Sessions by how they stand, and what is left of those ordered."""
    found = Counter(states)
    planned, held = found["planned"] + found["due"], found["held"]
    return {
        **{"ordered": ordered, "planned": planned, "due": found["due"], "held": held},
        "cancelled": found["cancelled"],
        "remaining": None if ordered is None else max(ordered - held, 0),
        "missing": None if ordered is None else max(ordered - planned - held, 0),
    }


def _total(counted: pd.Series) -> int | None:
    known = counted.dropna()
    return None if known.empty else int(known.sum())


def _last_sheets(store: Store) -> dict[int, Row]:
    return {row["provider_id"]: row for row in store.rows("delivery_sheet")}


def _last_replies(store: Store) -> dict[int, str]:
    of = {row["id"]: row["provider_id"] for row in store.rows("delivery_sheet")}
    replies = store.rows("delivery_reply", order="received_at, id")
    return {of[row["sheet_id"]]: row["received_at"] for row in replies}


def _frame(columns: dict[str, str], rows: list[dict[str, Any]]) -> pd.DataFrame:
    data = {name: [row[name] for row in rows] for name in columns}
    for name, dtype in columns.items():
        if dtype == INSTANT:
            data[name] = instants_of(data[name])
    return frame(columns, data)
