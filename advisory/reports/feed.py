"""A person's activities as one calendar, to be fetched again and again by their own program."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import pandas as pd
from icalendar import Calendar, Event, vDuration, vText

from .. import frames
from ..domain import calendar
from ..domain.signups import MEETINGS
from ..store import Row, Store, feeds
from ..texts import Text, translator
from .ics import ZONE, clock_times, plain, zone

PRODUCT = "-//Peerforloeb//Kalender//DA"
END = b"END:VCALENDAR\r\n"
MONTHS_BACK, MONTHS_AHEAD = 6, 24
FETCH_EVERY = timedelta(hours=1)
SEES_ALL = frozenset({"office", "leadership", "system"})
# The others are told the title, the place and whom it is for.
TOLD_MORE = frozenset({"consultant", "office", "system"})
NAMES = {"consultant": "feed.calendar_own", "partner": "feed.calendar_partner"}


@dataclass(frozen=True)
class Entry:
    """What one event says; a time without a clock is a whole day."""

    uid: str
    sequence: int
    changed_at: datetime
    begins: date
    ends: date
    summary: str
    category: str
    location: str = ""
    description: str = ""
    url: str = ""
    is_off: bool = False
    is_busy: bool = False


def feed_bytes(store: Store, user: Row, language: str) -> bytes:
    """The calendar of `user`, in UTF-8 with CRLF and folded lines.

    The same data give the same bytes on the same day. An activity keeps its `uid` for good; its
    `sequence` grows with every change. One that is cancelled stays and says so. Nothing tells who
    signed up, how many came, or what was written down afterwards.
    """
    text = translator(language)
    rows, cohorts = shown(store, user), deadlines(store, user)
    uids, changed = feeds.uids(store), feeds.changes(store)
    entries = [
        _entry(text, user, row, uids[row.activity_id], changed["activity", row.activity_id])
        for row in rows.itertuples(index=False)
    ]
    entries += [_deadline(text, cohort, changed["cohort", cohort["id"]]) for cohort in cohorts]
    around = _calendar(store, text, user, entries).to_ical()
    end = len(around) - len(END)
    return b"".join([around[:end], *map(_written, entries), around[end:]])


def _calendar(store: Store, text: Text, user: Row, entries: list[Entry]) -> Calendar:
    """The calendar around these entries."""
    name = text(NAMES.get(user["role"], "feed.calendar_all"))
    name = vText(text("feed.calendar_demo", name=name) if store.is_demo else name)
    found = Calendar()
    found.add("prodid", PRODUCT)
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", "PUBLISH")
    found.add("name", name)
    found.add("x-wr-calname", name)
    # Some readers tell by it what is in UTC, and lose which of the two hours was meant.
    if not any(getattr(entry.begins, "tzinfo", None) is UTC for entry in entries):
        found.add("x-wr-timezone", vText(ZONE))
    found.add("refresh-interval", vDuration(FETCH_EVERY), {"VALUE": "DURATION"})
    found.add("x-published-ttl", vDuration(FETCH_EVERY))
    found.add_component(zone())
    return found


def shown(store: Store, user: Row) -> pd.DataFrame:
    """The rows of `frames.activities` that the calendar of `user` holds, by start.

    A consultant's own, those of the municipalities they follow, and the info meetings; a partner's
    own; the office and the leadership see all. From half a year back to two years ahead.
    """
    found = frames.activities(store)
    first, last = _window(store)
    found = found[(found["day"] >= first) & (found["day"] <= last)]
    if user["role"] in SEES_ALL:
        return found
    if user["role"] == "consultant":
        followed = {row["id"] for row in store.rows("enrolment", "consultant_id = ?", [user["id"]])}
        serves = found["enrolments"].map(lambda served: not followed.isdisjoint(served))
        own = _is(found["consultant_id"], user["id"])
        return found[own | serves.astype(bool) | found["kind"].isin(MEETINGS)]
    if user["role"] == "partner":
        return found[_is(found["provider_id"], user["organisation_id"])]
    return found.iloc[:0]


def deadlines(store: Store, user: Row) -> list[Row]:
    """The cohorts whose application deadline the calendar of `user` holds; a partner's none."""
    if user["role"] not in SEES_ALL | TOLD_MORE:
        return []
    first, last = (day.date().isoformat() for day in _window(store))
    return store.rows("cohort", "apply_by BETWEEN ? AND ?", [first, last], order="apply_by, id")


def _is(column: pd.Series, number: int | None) -> pd.Series:
    """Which cells are this number; a missing one is none, and None is in no cell."""
    return (column == (number or 0)).fillna(False).astype(bool)


def _window(store: Store) -> tuple[pd.Timestamp, pd.Timestamp]:
    today = store.today()
    return (
        pd.Timestamp(calendar.add_months(today, -MONTHS_BACK)),
        pd.Timestamp(calendar.add_months(today, MONTHS_AHEAD)),
    )


def _entry(text: Text, user: Row, row: Any, uid: str, changed_at: datetime) -> Entry:
    off, more = row.state == "cancelled", user["role"] in TOLD_MORE
    summary = " – ".join(filter(None, [row.title, ", ".join(row.municipalities)]))
    begins, ends = clock_times(row.starts_at.to_pydatetime(), row.ends_at.to_pydatetime())
    return Entry(
        uid=uid,
        sequence=row.version,
        changed_at=changed_at,
        begins=begins,
        ends=ends,
        summary=_line(text("feed.cancelled", title=summary) if off else summary),
        category=text(f"activity_kind.{row.kind}"),
        location=_line(row.place or (text("mail.online") if row.link else "")),
        description=plain("\n\n".join(_details(text, row))) if more else "",
        url=_line(row.link) if more else "",
        is_off=off,
        # Only what a person leads themself takes up their time.
        is_busy=not off and not pd.isna(row.consultant_id) and row.consultant_id == user["id"],
    )


def _details(text: Text, row: Any) -> list[str]:
    """What it is, who provides and leads it, what was announced about it, and the link to it."""
    by = {"feed.provider": row.provider, "feed.consultant": row.consultant}
    head = [text(f"activity_kind.{row.kind}")]
    head += [text(key, name=name) for key, name in by.items() if name]
    return [part for part in ("\n".join(head), row.body, row.link) if part]


def _deadline(text: Text, cohort: Row, changed_at: datetime) -> Entry:
    """The last day to apply for a place in a cohort."""
    day = date.fromisoformat(cohort["apply_by"])
    starts_on = date.fromisoformat(cohort["starts_on"])
    return Entry(
        uid=f"frist-{cohort['code']}@peerforloeb.example",
        sequence=cohort["version"],
        changed_at=changed_at,
        begins=day,
        ends=day + timedelta(days=1),
        summary=_line(text("feed.apply_by", cohort=text.month_year(starts_on))),
        category=text("feed.deadline"),
    )


@lru_cache(maxsize=4096)
def _written(entry: Entry) -> bytes:
    """An entry as its lines; kept, because to write 2,000 of them takes half a second."""
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    for stamp in ("dtstamp", "last-modified"):
        event.add(stamp, entry.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", entry.begins)
    event.add("dtend", entry.ends)
    for name in ("summary", "location", "description", "url"):
        if value := getattr(entry, name):
            event.add(name, value)
    event.add("categories", [entry.category])
    event.add("status", "CANCELLED" if entry.is_off else "CONFIRMED")
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE" if entry.is_busy else "TRANSPARENT")
    return event.to_ical()


def _line(text: str) -> str:
    return " ".join(plain(text).split())
