"""The mails of a meeting in words: when each goes, where it stands, why it did not go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from ..domain import calendar
from .view import View

MINUTES_A_DAY = 24 * 60
ICONS = {
    "due": "soon",
    "sending": "soon",
    "sent": "done",
    "failed": "over",
    "skipped": "no",
    "uncertain": "part",
}
TONES = {"soon": "soon", "done": "done", "over": "over", "no": "plan", "part": "soon"}


@dataclass(frozen=True)
class Mark:
    """An icon with the words beside it, and the class that colours them."""

    icon: str
    words: str

    @property
    def tone(self) -> str:
        return TONES.get(self.icon, "plan")


def clock(view: View, at: datetime) -> str:
    """An instant as lists say it: `i dag kl. 15.00`, `14. mar. kl. 09.00`, else with its year."""
    text, day = view.text, calendar.local_date(at)
    days = (day - view.today).days
    if abs(days) <= 1:
        return text("mails.clock", day=text.relative(days), time=text.time(at))
    if day.year != view.today.year:
        return text.instant(at)
    return text("mails.clock", day=text.day_month(day), time=text.time(at))


def when(view: View, rule: Any) -> str:
    """When a mail goes, in short: the event, or the day and the time."""
    if rule.anchor == "event":
        return view.text(f"mails_when.{rule.kind}")
    if pd.isna(rule.due_at):
        return view.text("mails.meeting_off")
    return clock(view, rule.due_at)


def timing(view: View, rule: Any) -> str:
    """The rule: `1 dag før mødet kl. 12.30`, `2 timer efter mødets slutning`."""
    text = view.text
    if rule.anchor == "event":
        return text(f"mails_when.{rule.kind}")
    if rule.at:
        side = "on" if rule.days == 0 else "before" if rule.days < 0 else "after"
        return text(f"mails.day_{side}", days=abs(rule.days), time=time_of_day(view, rule.at))
    minutes = rule.days * MINUTES_A_DAY + rule.minutes
    if minutes == 0:
        return text(f"mails.at_{rule.anchor}")
    side = "before" if minutes < 0 else "after"
    return text(f"mails.{side}_{rule.anchor}", span=span(view, abs(minutes)))


def span(view: View, minutes: int) -> str:
    """A number of minutes in days, hours and minutes, those that are not 0."""
    days, rest = divmod(minutes, MINUTES_A_DAY)
    hours, rest = divmod(rest, 60)
    parts = (("count.days", days), ("mails.hours", hours), ("mails.minutes", rest))
    return " ".join(view.text.count(key, n) for key, n in parts if n)


def counts(view: View, rule: Any) -> list[tuple[str, str]]:
    """How many were sent, refused, set aside and wait: (class, words) of each that is not 0."""
    waiting = rule.due + rule.sending
    coming = not pd.isna(rule.due_at) and rule.due_at > view.store.moment()
    found = (
        ("", "sent", rule.sent),
        ("st over", "failed", rule.failed),
        ("st soon", "uncertain", rule.uncertain),
        ("", "skipped", rule.skipped),
        ("", "recipients" if coming else "waiting", waiting),
    )
    return [(look, view.text.count(f"mails.{name}", n)) for look, name, n in found if n]


def standing(view: View, rule: Any, next_id: int | None) -> Mark:
    """Where a rule stands; `next_id` is the rule that is the next to come."""
    words = {"part": "uncertain", "over": "failed"}
    icon = _icon(rule, view.store.moment(), next_id)
    if icon == "soon":
        key = "next" if rule.rule_id == next_id else "going"
    elif icon == "no":
        key = "nobody" if rule.active else "stopped"
    elif icon == "plan":
        key = "coming" if not pd.isna(rule.due_at) and rule.due_at > view.store.moment() else "none"
    else:
        key = words.get(icon, "done")
    return Mark(icon, view.text(f"mails_standing.{key}"))


def _icon(rule: Any, now: datetime, next_id: int | None) -> str:
    if rule.failed:
        return "over"
    if rule.uncertain:
        return "part"
    if not rule.active:
        return "no"
    if not pd.isna(rule.due_at) and rule.due_at > now:
        return "soon" if rule.rule_id == next_id else "plan"
    if rule.due + rule.sending:
        return "soon"
    return "done" if rule.sent else "no" if rule.skipped else "plan"


def mark(view: View, message: Any) -> Mark:
    """Where one mail to one person stands."""
    return Mark(ICONS[message.state], view.text(f"mail_state.{message.state}"))


def told(view: View, message: Any) -> str:
    """When one mail went or is to go, and why it did not; empty when there is nothing to say."""
    if message.state == "sent":
        return clock(view, message.sent_at)
    why = [reason(view, message)]
    if message.state == "due" and message.reason != "not_allowed":
        at = message.due_at if pd.isna(message.next_at) else message.next_at
        now = "mails.demo" if view.store.is_demo else "mails.goes_now"
        goes = "mails.goes" if at > view.store.moment() else now
        why.append(view.text(goes, at=clock(view, at)))
    return " ".join(filter(None, why))


def reason(view: View, message: Any) -> str:
    """Why a mail has not gone, or may not have; empty where there is no reason."""
    return view.text(f"mail_reason.{message.reason}") if message.reason else ""


def time_of_day(view: View, at: str) -> str:
    """A time as the rules keep it, `12:30`, in the way of the language."""
    return view.text.time(datetime.strptime(at, "%H:%M").time())
