"""A meeting as a calendar file: to keep, to be asked to, and to be told that it is off."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from unicodedata import category

from icalendar import (
    Calendar,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vCalAddress,
    vRecur,
)

from ..domain import calendar
from ..store import Row
from ..store.instants import instant
from ..texts import translator

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]
Person = tuple[str, str]  # name, address

PRODUCT = "-//Peerforloeb//Moeder//DA"
ZONE = "Europe/Copenhagen"


def calendar_bytes(
    activity: Row,
    *,
    method: Method,
    now: datetime,
    language: str,
    organiser_email: str | None,
    attendee: Person | None = None,
    link: bool = False,
) -> bytes:
    """A record of `activity` as one calendar event, in UTF-8 with CRLF and folded lines.

    `PUBLISH` is a file to keep and names no attendee; `REQUEST` puts the meeting in the calendar
    of `attendee` or corrects it there, and `CANCEL` takes it out. What belongs together has the
    activity's `uid`, and what goes before has the higher `sequence`. The summary says only what
    kind of meeting it is and whose: colleagues may see a calendar. `link` puts the link in.
    """
    found = Calendar()
    found.add("prodid", PRODUCT)
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", method)
    found.add_component(zone())
    event = _event(activity, language, link=link)
    event.add("status", "CANCELLED" if _is_off(activity, method) else "CONFIRMED")
    for stamp in ("dtstamp", "last-modified"):
        event.add(stamp, now.astimezone(UTC).replace(microsecond=0))
    if organiser_email:
        event.add("organizer", _address((activity["organiser"], organiser_email)))
    if attendee and method != "PUBLISH":
        event.add("attendee", _attendee(attendee))
    found.add_component(event)
    return found.to_ical()


def zone() -> Timezone:
    """Copenhagen's time as rules that hold every year, which is how Outlook reads a zone."""
    found = Timezone()
    found.add("tzid", ZONE)
    for part, begins, month, name, frm, to in (
        (TimezoneDaylight(), datetime(1970, 3, 29, 2), 3, "CEST", 1, 2),
        (TimezoneStandard(), datetime(1970, 10, 25, 3), 10, "CET", 2, 1),
    ):
        part.add("dtstart", begins)
        part.add("rrule", vRecur(freq="YEARLY", bymonth=month, byday="-1SU"))
        part.add("tzoffsetfrom", timedelta(hours=frm))
        part.add("tzoffsetto", timedelta(hours=to))
        part.add("tzname", name)
        found.add_component(part)
    return found


def clock_times(starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
    """When something begins and ends, on Copenhagen's clocks.

    Both are in UTC when one of them is in the hour that comes twice, the second time: by the clocks
    it would be the first, and with only one of the two in UTC some readers get the length wrong.
    """
    found = calendar.local(starts_at), calendar.local(ends_at)
    if any(there.fold for there in found):
        return starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    return found


def plain(text: str) -> str:
    """`text` without the signs that are not for print, some of which other readers break at.

    A blank of another kind, such as the one that holds a date together, becomes an ordinary one.
    """
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(" " if category(one) == "Zs" else one for one in text)
    return "".join(one for one in text if one.isprintable() or one == "\n")


def _event(activity: Row, language: str, *, link: bool) -> Event:
    text = translator(language)
    event = Event()
    event.add("uid", activity["uid"])
    event.add("sequence", activity["sequence"])
    begins, ends = clock_times(instant(activity["starts_at"]), instant(activity["ends_at"]))
    event.add("dtstart", begins)
    event.add("dtend", ends)
    kind = text(f"activity_kind.{activity['kind']}")
    event.add("summary", plain(" – ".join(filter(None, [kind, activity["organiser"]]))))
    shown = [activity["title"], activity["link"] if link else None, activity["contact_email"]]
    event.add("description", plain("\n\n".join(filter(None, shown))))
    event.add("location", plain(activity["place"] or text("mail.online")))
    if link and activity["link"]:
        event.add("url", activity["link"])
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    return event


def _is_off(activity: Row, method: Method) -> bool:
    return method == "CANCEL" or activity["cancelled_at"] is not None


def _address(person: Person) -> vCalAddress:
    name, address = person
    found = vCalAddress(f"mailto:{address}")
    if name:
        found.params["CN"] = " ".join(plain(name).split())
    return found


def _attendee(person: Person) -> vCalAddress:
    """Somebody who has already said yes, so that no calendar asks for an answer."""
    found = _address(person)
    found.params |= {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    return found
