"""Which mails a person should get about a meeting, when, and why not.

A meeting has one `Rule` per kind of mail. `wanted` answers, for one person as things stand, the
mail of one rule: its occasion (which tells two of a kind apart), when it is due, and the reason
when it is not to be sent after all.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from . import calendar
from .errors import Refused
from .signups import ON_THE_LIST, State

FIELDS = frozenset(
    {
        *("name", "title", "date", "time", "where", "link", "answer_by", "number"),
        *("manage", "organiser", "contact", "reason", "closes", "keep_until"),
    }
)
SUBJECT_FIELDS = frozenset({"date", "time", "number", "answer_by", "closes"})
TELLING = ("peer", "psyk", "recovery", "sindslid", "diagnos", "mental")  # what others may read
THANKS_WITHIN = timedelta(days=14)
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))


class Kind(StrEnum):
    CONFIRMATION = "confirmation"
    WAITING = "waiting"
    OFFER = "offer"
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    CANCELLED = "cancelled"
    LINK = "link"
    REMINDER = "reminder"
    NO_SEAT = "no_seat"
    THANKS = "thanks"


@dataclass(frozen=True)
class Rule:
    """When a kind of mail is due: at once (`event`), or relative to the start or the end.

    With `at`, on the day `days` after the anchor's at that time in Copenhagen; without, `days` and
    `minutes` after the anchor's instant. Both may be negative.
    """

    kind: Kind
    anchor: str
    days: int = 0
    at: time | None = None
    minutes: int = 0
    active: bool = True


@dataclass(frozen=True)
class Meeting:
    """What the mails need to know of a meeting; instants are aware."""

    starts_at: datetime
    ends_at: datetime
    signup_by: datetime | None = None
    moved_at: datetime | None = None
    cancelled_at: datetime | None = None
    sequence: int = 0
    has_link: bool = False
    link_at: datetime | None = None


@dataclass(frozen=True)
class Guest:
    """What the mails need to know of one person at a meeting.

    `since` is when `state` began, `created_at` when the person signed up, `asked_at` when they last
    signed up again and so asked where they stand. `present` is None until attendance is known.
    """

    state: State
    since: datetime
    created_at: datetime
    asked_at: datetime | None = None
    has_address: bool = True
    no_mail: bool = False
    present: bool | None = None


@dataclass(frozen=True)
class Intent:
    """One mail that should go at `due_at`, or should not, for `reason`."""

    kind: Kind
    occasion: str
    due_at: datetime
    reason: str | None = None


Wanted = Callable[[Rule, Meeting, Guest, datetime], Intent | None]


def rule_time(rule: Rule, meeting: Meeting) -> datetime:
    """When a timed rule falls due, from the meeting alone."""
    anchor = meeting.ends_at if rule.anchor == "end" else meeting.starts_at
    if rule.at is None:
        return anchor + timedelta(days=rule.days, minutes=rule.minutes)
    day = calendar.local_date(anchor) + timedelta(days=rule.days)
    return calendar.to_utc(day, rule.at)


def wanted(rules: Sequence[Rule], meeting: Meeting, guest: Guest, now: datetime) -> list[Intent]:
    """The mails this person should have got or is to get, in the order of `rules`."""
    found = []
    for rule in rules:
        intent = _FOR[rule.kind](rule, meeting, guest, now)
        if intent is None:
            continue
        reason = _never(rule, guest) or intent.reason
        found.append(Intent(rule.kind, intent.occasion, intent.due_at, reason))
    return found


def _never(rule: Rule, guest: Guest) -> str | None:
    """What stops every mail to this person, or every mail of this rule."""
    if not guest.has_address:
        return "no_address"
    if guest.no_mail:
        return "no_mail"
    return None if rule.active else "rule_stopped"


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def _on_state(state: State) -> Wanted:
    """At once when the person gets into `state`; pointless once the meeting has begun."""

    def intent(rule: Rule, meeting: Meeting, guest: Guest, now: datetime) -> Intent | None:
        if guest.state != state or meeting.cancelled_at:
            return None
        told = max(guest.since, guest.asked_at or guest.since)
        late = "meeting_begun" if now >= meeting.starts_at else None
        return Intent(rule.kind, _stamp(told), told, late)

    return intent


def _confirmation(rule: Rule, meeting: Meeting, guest: Guest, now: datetime) -> Intent | None:
    """Also after the start: a late one who was let in still gets the facts until the end."""
    if guest.state != State.SEAT or meeting.cancelled_at:
        return None
    told = max(guest.since, guest.asked_at or guest.since)
    late = "meeting_over" if now >= meeting.ends_at else None
    return Intent(rule.kind, _stamp(told), told, late)


def _link(rule: Rule, meeting: Meeting, guest: Guest, now: datetime) -> Intent | None:
    """After sign-up has closed, so that the last to sign up is among those it goes to.

    Who gets a seat, or asks again, later than that gets it at once, everyone gets another link when
    it changes, and it is of use until the meeting ends.
    """
    if guest.state != State.SEAT or meeting.cancelled_at:
        return None
    told = max(guest.since, guest.asked_at or guest.since)
    closing = [meeting.signup_by] if meeting.signup_by else []
    due = max(rule_time(rule, meeting), told, *closing)
    reason = None if meeting.has_link else "link_missing"
    if now >= meeting.ends_at:
        reason = "meeting_over"
    changed = [_stamp(meeting.link_at)] if meeting.link_at else []
    return Intent(rule.kind, " ".join([_stamp(told), *changed]), due, reason)


def _reminder(rule: Rule, meeting: Meeting, guest: Guest, now: datetime) -> Intent | None:
    """One per date of the meeting; not to one who has just heard of that date."""
    if guest.state != State.SEAT or meeting.cancelled_at:
        return None
    due = rule_time(rule, meeting)
    heard = max(guest.since, meeting.moved_at or guest.since)
    late = "too_late" if heard >= due or now >= meeting.starts_at else None
    return Intent(rule.kind, _stamp(meeting.starts_at), due, late)


def _no_seat(rule: Rule, meeting: Meeting, guest: Guest, now: datetime) -> Intent | None:
    if guest.state != State.WAITING or meeting.cancelled_at:
        return None
    due = max(rule_time(rule, meeting), guest.since)
    late = "meeting_begun" if now >= meeting.starts_at else None
    return Intent(rule.kind, _stamp(meeting.starts_at), due, late)


def _moved(rule: Rule, meeting: Meeting, guest: Guest, now: datetime) -> Intent | None:
    """To those who were on the list when the meeting was moved."""
    if meeting.moved_at is None or meeting.cancelled_at or guest.state not in ON_THE_LIST:
        return None
    if guest.created_at >= meeting.moved_at:
        return None
    late = "meeting_begun" if now >= meeting.starts_at else None
    return Intent(rule.kind, _stamp(meeting.moved_at), meeting.moved_at, late)


def _cancelled(rule: Rule, meeting: Meeting, guest: Guest, now: datetime) -> Intent | None:
    if meeting.cancelled_at is None or guest.state not in ON_THE_LIST:
        return None
    late = "meeting_begun" if now >= meeting.starts_at else None
    return Intent(rule.kind, _stamp(meeting.cancelled_at), meeting.cancelled_at, late)


def _thanks(rule: Rule, meeting: Meeting, guest: Guest, now: datetime) -> Intent | None:
    """To those who were there, once that is known; not weeks afterwards."""
    if guest.present is None or meeting.cancelled_at:
        return None
    due = rule_time(rule, meeting)
    late = "too_late" if now > due + THANKS_WITHIN else None
    return Intent(rule.kind, "", due, late if guest.present else "not_present")


_FOR: Mapping[Kind, Wanted] = {
    Kind.CONFIRMATION: _confirmation,
    Kind.WAITING: _on_state(State.WAITING),
    Kind.OFFER: _on_state(State.OFFERED),
    Kind.WITHDRAWN: _on_state(State.WITHDRAWN),
    Kind.MOVED: _moved,
    Kind.CANCELLED: _cancelled,
    Kind.LINK: _link,
    Kind.REMINDER: _reminder,
    Kind.NO_SEAT: _no_seat,
    Kind.THANKS: _thanks,
}


def retry_at(now: datetime, attempts: int) -> datetime | None:
    """When to try again after `attempts` refusals for the time being; None is to give up."""
    return now + BACKOFF[attempts - 1] if attempts <= len(BACKOFF) else None


_FIELD = re.compile(r"\{([^{}]*)\}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """`template` with every `{name}` replaced; nothing but names can stand in the braces."""
    return _FIELD.sub(lambda found: values[found[1]], template)


def refuse_text(subject: str, body: str) -> None:
    """Refuse a mail's words that cannot be sent.

    With `mail_text_needed` when one is empty, `mail_field_unknown` (field) for a name nobody knows,
    `subject_telling` (word) when the subject shows others what the meeting is about, and
    `subject_one_line`, and `mail_brace_alone` when a brace has no partner.
    """
    if not subject.strip() or not body.strip():
        raise Refused("mail_text_needed")
    if "\n" in subject or "\r" in subject:
        raise Refused("subject_one_line")
    for field in _FIELD.findall(subject + body):
        if field not in FIELDS:
            raise Refused("mail_field_unknown", field=field)
    for field in _FIELD.findall(subject):
        if field not in SUBJECT_FIELDS:
            raise Refused("subject_telling", word=f"{{{field}}}")
    for word in TELLING:
        if word in subject.casefold():
            raise Refused("subject_telling", word=word)
    if {"{", "}"} & set(_FIELD.sub("", subject + body)):
        raise Refused("mail_brace_alone")
