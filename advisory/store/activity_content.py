"""What may stand in the record of an activity: texts, links, seats, and who holds it."""

from collections.abc import Iterable
from datetime import date

from ..domain.errors import Refused
from . import Row, Store

LONGEST_TITLE, LONGEST_TEXT, MOST_SEATS, MOST_LINKS = 160, 5_000, 1_000, 20
PROVIDERS = ("agency", "partner")  # kinds of organisation


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
    limits = {"title": LONGEST_TITLE} | dict.fromkeys(
        ("body", "agreed", "next_step", "materials"), LONGEST_TEXT
    )
    for name, limit in limits.items():
        if len(content.get(name, "")) > limit:
            raise Refused("text_too_long", limit=limit)
    if content.get("link"):
        _refuse_links([content["link"]])
    if "materials" in content:
        links = content["materials"].split()
        _refuse_links(links)
        content["materials"] = "\n".join(links)
    capacity = content.get("capacity")
    if capacity is not None and not 1 <= capacity <= MOST_SEATS:
        raise Refused("number_out_of_range", number=capacity, lowest=1, highest=MOST_SEATS)
    if "provider_id" in content:
        content["provider_id"] = content["provider_id"] or _agency(store)
    if content.get("provider_id"):
        _refuse_provider(store, content["provider_id"])
    if content.get("consultant_id"):
        store.get("app_user", content["consultant_id"])
    if isinstance(content.get("next_step_by"), date):
        content["next_step_by"] = content["next_step_by"].isoformat()
    return content


def _refuse_links(links: Iterable[str]) -> None:
    links = list(links)
    if len(links) > MOST_LINKS:
        raise Refused("number_out_of_range", number=len(links), lowest=0, highest=MOST_LINKS)
    for link in links:
        if not link.startswith("https://") or any(letter.isspace() for letter in link):
            raise Refused("link_unreadable", link=link)


def _refuse_provider(store: Store, provider_id: int) -> None:
    found = store.find("organisation", id=provider_id)
    if found is None or found["kind"] not in PROVIDERS:
        raise Refused("provider_unknown", provider=provider_id)


def _agency(store: Store) -> int | None:
    found = store.find("organisation", kind="agency")
    return found["id"] if found else None
