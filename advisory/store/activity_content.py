"""What may stand in the record of an activity: texts, links, seats, and who holds it."""

from datetime import date, datetime
from typing import Any

from ..domain.errors import Refused
from . import Row, Store

LONGEST_TITLE, LONGEST_PLACE, LONGEST_REASON, LONGEST_TEXT = 160, 200, 1_000, 5_000
MOST_SEATS, MOST_LINKS = 1_000, 20
PROVIDERS = ("agency", "partner")  # kinds of organisation
CONSULTANTS = ("consultant", "office")  # roles
LIMITS = {
    "title": LONGEST_TITLE,
    "place": LONGEST_PLACE,
    "cancel_reason": LONGEST_REASON,
    **dict.fromkeys(("body", "agreed", "next_step", "materials"), LONGEST_TEXT),
}


def content(store: Store, given: Row) -> Row:
    """The given fields, tidied and refused where they cannot be used."""
    content: Row = {
        name: value.strip() if isinstance(value, str) else value for name, value in given.items()
    }
    for name in ("place", "link"):
        if name in content:
            content[name] = content[name] or None
    if "title" in content and not content["title"]:
        raise Refused("title_needed")
    for name, limit in LIMITS.items():
        if len(content.get(name) or "") > limit:
            raise Refused("text_too_long", limit=limit)
    if content.get("link"):
        _refuse_links([content["link"]])
    if "materials" in content:
        content["materials"] = links(content["materials"])
    _refuse_seats(content.get("capacity"))
    if "provider_id" in content:
        content["provider_id"] = content["provider_id"] or _agency(store)
    if content.get("provider_id"):
        _refuse_provider(store, content["provider_id"])
    if content.get("consultant_id"):
        refuse_consultant(store, content["consultant_id"])
    if "next_step_by" in content:
        content["next_step_by"] = _day(content["next_step_by"])
    return content


def _refuse_seats(capacity: Any) -> None:
    if capacity is None:
        return
    if not isinstance(capacity, int):
        raise Refused("number_unreadable", text=str(capacity))
    if not 1 <= capacity <= MOST_SEATS:
        raise Refused("number_out_of_range", number=capacity, lowest=1, highest=MOST_SEATS)


def _day(given: Any) -> str | None:
    """A date, or one as the store keeps it, as the store keeps it; None where there is none."""
    if given is None or given == "":
        return None
    try:
        day = date.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        day = None
    if not isinstance(day, date) or isinstance(day, datetime):
        raise Refused("date_unreadable", text=str(given))
    return day.isoformat()


def links(typed: str) -> str:
    """Addresses as they were typed, one a line.

    Refuses with `link_unreadable` (link) what is not https, and `number_out_of_range`.
    """
    found = typed.split()
    _refuse_links(found)
    return "\n".join(found)


def _refuse_links(links: list[str]) -> None:
    if len(links) > MOST_LINKS:
        raise Refused("number_out_of_range", number=len(links), lowest=0, highest=MOST_LINKS)
    for link in links:
        if not link.startswith("https://") or any(letter.isspace() for letter in link):
            raise Refused("link_unreadable", link=link)


def _refuse_provider(store: Store, provider_id: int) -> None:
    found = store.find("organisation", id=provider_id)
    if found is None or found["kind"] not in PROVIDERS:
        raise Refused("provider_unknown", provider=provider_id)


def refuse_consultant(store: Store, user_id: int) -> None:
    """Refuse with `consultant_unknown` who is no active consultant and not of the office."""
    found = store.find("app_user", id=user_id)
    if found is None or not found["active"] or found["role"] not in CONSULTANTS:
        raise Refused("consultant_unknown", consultant=user_id)


def _agency(store: Store) -> int | None:
    found = store.find("organisation", kind="agency")
    return found["id"] if found else None
