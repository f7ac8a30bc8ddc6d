"""Info meetings and webinars: announce, copy, change, move, cancel, and the mails about them."""

import secrets
from datetime import datetime
from string import ascii_lowercase
from typing import Any

from ..domain import calendar
from ..domain import messages as mails
from ..domain import signups as rules
from ..domain.errors import NotFound, Refused
from . import Row, Store, keeping, messages, people, seats, signups
from .instants import instant, stamp

KINDS = rules.MEETINGS
EDITABLE = frozenset(
    {
        *("title", "body", "place", "link", "capacity", "for_whom", "cohort_id"),
        *("organiser", "contact_email", "public", "answer_hours", "keep_months"),
    }
)
IN_THE_CALENDAR = ("title", "place")  # what a calendar entry shows besides the time
OURS = "oprettet i Peerforløb"
LONGEST_TITLE, LONGEST_BODY, MOST_SEATS = 160, 5_000, 10_000


def create(
    store: Store,
    kind: str,
    title: str,
    *,
    starts_at: datetime,
    ends_at: datetime,
    body: str = "",
    place: str | None = None,
    link: str | None = None,
    capacity: int | None = None,
    signup_by: datetime | None = None,
    for_whom: str = "",
    cohort_id: int | None = None,
    organiser: str = "",
    contact_email: str | None = None,
    public: bool = True,
    answer_hours: int = 24,
    keep_months: int = 3,
    source: str = OURS,
    copied_from_id: int | None = None,
) -> int:
    """Announce a meeting with its mail rules, and return its id. Instants are aware.

    Refuses with `code_unknown`, `title_needed`, `text_too_long`, `meeting_ends_before_start`,
    `meeting_too_long`, `signup_closes_after_start`, `link_unreadable`, `email_unreadable`,
    `number_out_of_range`.
    """
    with store.write("activity.edit"):
        if kind not in KINDS:
            raise Refused("code_unknown", code=kind)
        rules.refuse_times(starts_at, ends_at, signup_by)
        _refuse_unknown_cohort(store, cohort_id)
        content = _content(
            {
                "title": title,
                "body": body,
                "place": place,
                "link": link,
                "capacity": capacity,
                "for_whom": for_whom,
                "cohort_id": cohort_id,
                "organiser": organiser,
                "contact_email": contact_email,
                "public": int(public),
                "answer_hours": answer_hours,
                "keep_months": keep_months,
            }
        )
        activity_id = store.insert(
            "activity",
            {
                **content,
                "kind": kind,
                **_times(starts_at, ends_at, signup_by),
                "uid": f"{_letters()}@peerforloeb.example",
                "source": source,
                "copied_from_id": copied_from_id,
            },
        )
        lay_rules(store, activity_id, copied_from_id)
        return activity_id


def copy(store: Store, activity_id: int, *, starts_at: datetime, **different: Any) -> int:
    """Announce a meeting like this one at another time, and return its id.

    Length, closing time as far before the start by the clock, and mail rules come along; people,
    mails, attendance and the link to the old meeting do not. `different` is what is said otherwise,
    as `create` takes it. Refuses as `create`.
    """
    with store.write("activity.edit"):
        old = seats.meeting(store, activity_id)
        shift = starts_at - instant(old["starts_at"])
        by = _closing_as(old, starts_at) if old["signup_by"] else None
        same = {name: old[name] for name in (EDITABLE - {"link", "public"}) | {"kind"}} | {
            "ends_at": instant(old["ends_at"]) + shift,
            "signup_by": by,
            "public": bool(old["public"]),
        }
        options: Row = same | different
        return create(store, starts_at=starts_at, copied_from_id=activity_id, **options)


def edit(store: Store, activity_id: int, changes: Row, *, version: int | None = None) -> Row:
    """Change what a meeting says and allows, and return it as it now is.

    A higher capacity is offered to those waiting. Refuses as `create`, with `field_unknown` and
    with `capacity_too_low` below what has been given.
    """
    with store.write("activity.edit"):
        if unknown := set(changes) - EDITABLE:
            raise Refused("field_unknown", field=", ".join(sorted(unknown)))
        content = _content(changes)
        seats.meeting(store, activity_id)
        before = store.refuse_stale("activity", activity_id, content, version)
        _refuse_cancelled(before)
        _refuse_unknown_cohort(store, changes.get("cohort_id"))
        if content.get("capacity", before["capacity"]) != before["capacity"]:
            signups.lapse(store, before)
            rules.refuse_capacity(content["capacity"], seats.taken(store, activity_id))
        if any(content.get(name, before[name]) != before[name] for name in IN_THE_CALENDAR):
            moved = content.get("place", before["place"]) != before["place"]
            content |= _announced(store, before, moved=moved)
        if content.get("link", before["link"]) != before["link"] and (
            before["link"] or before["link_at"]
        ):  # a first link changes nothing for anybody
            content["link_at"] = stamp(store.now())
        after = store.update("activity", activity_id, content)
        if after["keep_months"] != before["keep_months"]:
            keeping.keep(store, after, longer=False)
        signups.settle(store, activity_id)
        messages.plan(store, activity_id)
        return after


def move(
    store: Store,
    activity_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    signup_by: datetime | None,
    version: int | None = None,
) -> Row:
    """Move a meeting and tell those on the list; returns it as it now is.

    Another closing time alone tells nobody. Refuses with `meeting_in_past`, `meeting_over`,
    `meeting_cancelled` and as `create`.
    """
    with store.write("activity.edit"):
        changes = _times(starts_at, ends_at, signup_by)
        seats.meeting(store, activity_id)
        before = store.refuse_stale("activity", activity_id, changes, version)
        _refuse_cancelled(before)
        if any(changes[name] != before[name] for name in ("starts_at", "ends_at")):
            if instant(before["ends_at"]) <= store.now():
                raise Refused("meeting_over")
            if starts_at <= store.now():
                raise Refused("meeting_in_past")
            changes |= _announced(store, before, moved=True)
        rules.refuse_times(starts_at, ends_at, signup_by)
        after = store.update("activity", activity_id, changes)
        signups.settle(store, activity_id)
        signups.clip_offers(store, after)
        keeping.keep(store, after, longer=True)
        messages.plan(store, activity_id)
        return after


def cancel(store: Store, activity_id: int, reason: str, *, version: int | None = None) -> Row:
    """Cancel a meeting and tell those on the list why; returns it as it now is.

    Refuses with `reason_needed`, `meeting_over` and `meeting_cancelled`.
    """
    with store.write("activity.edit"):
        if not reason.strip():
            raise Refused("reason_needed")
        before = seats.meeting(store, activity_id)
        _refuse_cancelled(before)
        if instant(before["ends_at"]) <= store.now():
            raise Refused("meeting_over")
        changes = {
            "cancelled_at": stamp(store.now()),
            "cancel_reason": reason.strip(),
            "sequence": before["sequence"] + 1,
        }
        after = store.update("activity", activity_id, changes, version=version)
        messages.plan(store, activity_id)
        return after


def edit_rule(store: Store, rule_id: int, changes: Row, *, version: int | None = None) -> Row:
    """Change a mail's words, its time, or whether it goes; returns the rule as it now is.

    What has been sent stays sent. Refuses as `messages.refuse_text` and with `field_unknown`,
    `time_unreadable`, `number_out_of_range`.
    """
    allowed = {"days", "at", "minutes", "active"}
    words = {"subject_da", "body_da", "subject_en", "body_en"}
    with store.write("mail_rule.edit"):
        if unknown := set(changes) - allowed - words:
            raise Refused("field_unknown", field=", ".join(sorted(unknown)))
        rule = store.get("mail_rule", rule_id)
        wanted = {**rule, **changes}
        for language in ("da", "en"):
            mails.refuse_text(wanted[f"subject_{language}"], wanted[f"body_{language}"])
        _refuse_number(wanted["days"], -60, 60)
        _refuse_number(wanted["minutes"], -100_000, 100_000)
        if wanted["at"]:
            changes = {**changes, "at": f"{calendar.parse_time(wanted['at']):%H:%M}"}
        after = store.update("mail_rule", rule_id, changes, version=version)
        messages.plan(store, rule["activity_id"])
        return after


def lay_rules(store: Store, activity_id: int, copied_from_id: int | None = None) -> None:
    """Give a meeting the mail rules of the one it is copied from, else our standard ones.

    Refuses with `mail_templates_missing` in a database made before there were any.
    """
    own = ("kind", "position", "anchor", "days", "at", "minutes")
    words = ("subject_da", "body_da", "subject_en", "body_en")
    if copied_from_id is None:
        models = store.rows("mail_template", order="position")
        if not models:
            raise NotFound("mail_templates_missing")
    else:
        models = store.rows("mail_rule", "activity_id = ?", [copied_from_id])
    for model in models:
        row = {name: model[name] for name in (*own, *words)}
        store.insert(
            "mail_rule", {**row, "activity_id": activity_id, "active": model.get("active", 1)}
        )


def _closing_as(old: Row, starts_at: datetime) -> datetime:
    """When sign-up closes at `starts_at`, as many days and hours of the clock before as at `old`.

    Noon on Friday stays noon on Friday, also where the clocks change over the weekend.
    """
    began, closed, begins = (
        calendar.local(at).replace(tzinfo=None)
        for at in (instant(old["starts_at"]), instant(old["signup_by"]), starts_at)
    )
    by = begins - (began - closed)
    return min(calendar.to_utc(by.date(), by.time()), starts_at)


def _content(given: Row) -> Row:
    """The given fields, tidied and refused where they cannot be used."""
    content = {
        name: value.strip() if isinstance(value, str) else value for name, value in given.items()
    }
    for name in ("place", "link", "contact_email"):
        if name in content:
            content[name] = content[name] or None
    if "title" in content and not content["title"]:
        raise Refused("title_needed")
    for name, limit in (("title", LONGEST_TITLE), ("body", LONGEST_BODY)):
        if len(content.get(name, "")) > limit:
            raise Refused("text_too_long", limit=limit)
    link = content.get("link")
    if link and (not link.startswith("https://") or any(letter.isspace() for letter in link)):
        raise Refused("link_unreadable", link=link)
    if content.get("contact_email"):
        content["contact_email"] = people.address(content["contact_email"])
    for name, lowest, highest in (
        ("capacity", 1, MOST_SEATS),
        ("answer_hours", 1, 24 * 14),
        ("keep_months", 0, 24),
    ):
        if content.get(name) is not None:
            _refuse_number(content[name], lowest, highest)
    return content


def _refuse_number(number: int, lowest: int, highest: int) -> None:
    if not lowest <= number <= highest:
        raise Refused("number_out_of_range", number=number, lowest=lowest, highest=highest)


def _refuse_unknown_cohort(store: Store, cohort_id: int | None) -> None:
    if cohort_id is not None:
        store.get("cohort", cohort_id)


def _refuse_cancelled(activity: Row) -> None:
    if activity["cancelled_at"]:
        raise Refused("meeting_cancelled")


def _letters() -> str:
    """32 letters that nobody else has; digits could look like a CPR number."""
    return "".join(secrets.choice(ascii_lowercase) for _ in range(32))


def _announced(store: Store, before: Row, *, moved: bool) -> Row:
    """A higher number for the meeting's calendar entry; those on the list hear of a move."""
    changes: Row = {"sequence": before["sequence"] + 1}
    return changes | ({"moved_at": stamp(store.now())} if moved else {})


def _times(starts_at: datetime, ends_at: datetime, signup_by: datetime | None) -> Row:
    return {
        "starts_at": stamp(starts_at),
        "ends_at": stamp(ends_at),
        "signup_by": stamp(signup_by) if signup_by else None,
    }
