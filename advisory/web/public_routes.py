"""The addresses of the public pages."""

from collections.abc import Callable
from typing import Any

from ..store import Store
from . import personal, public, signup_page
from .desk import Desk
from .signing import Signer, key_beside

NUMBER = r"(\d{1,18})"
TOKEN = r"([\w-]{1,100})"

PATTERNS = (
    (r"/tilmelding/?", public.Meetings),
    (rf"/tilmelding/{NUMBER}", signup_page.SignUp),
    (rf"/tilmelding/{NUMBER}/kvittering", public.Receipt),
    (rf"/tilmelding/{NUMBER}\.ics", public.MeetingCalendar),
    (r"/tilmelding/.*", public.Unknown),
    (rf"/m/{TOKEN}", personal.Personal),
    (rf"/m/{TOKEN}\.ics", personal.PersonalCalendar),
    (rf"/m/{TOKEN}/oplysninger", personal.Details),
    (rf"/m/{TOKEN}/afbud", personal.Cancel),
    (rf"/m/{TOKEN}/skift", personal.Switch),
    (rf"/m/{TOKEN}/(ja|nej)", personal.Reply),
    (r"/m/.*", personal.Nowhere),
)


def open_desk(store: Store, asset: Callable[[str], str], language: str) -> Desk:
    """What the public pages share, on `store`, which belongs to the public alone."""
    return Desk(store, asset, language, Signer(key_beside(store.path)))


def routes(desk: Desk) -> list[tuple[str, type[public.Public], dict[str, Any]]]:
    """The handlers of the public pages."""
    return [(pattern, handler, {"desk": desk}) for pattern, handler in PATTERNS]
