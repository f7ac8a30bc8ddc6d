"""The sign-up form: what was typed, what is wrong with it, and whether a person sent it."""

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from ..domain import municipalities, personal
from ..domain.errors import Refused
from ..store import guests, people
from ..texts import Text
from .signing import Signer

FIELDS = ("name", "email", "municipality", "workplace", "role", "question")
ELSEWHERE = "Anden organisation"  # as it is kept; on screen also in English
TRAP = "more"  # no name that a browser fills in by itself
LEAST_SECONDS = 3  # nobody fills in three fields faster
MOST_SECONDS = 24 * 3600
MOST_FIELDS = 40
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Known = tuple[municipalities.Known, ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong with a field, in a sentence, and names that may have been meant."""

    sentence: str
    suggestions: tuple[str, ...] = ()


@dataclass
class Form:
    """What a form holds: `values` by field, the chosen meeting, and the ticket it was given."""

    values: dict[str, str] = field(default_factory=lambda: dict.fromkeys(FIELDS, ""))
    meeting: str = ""
    ticket: str = ""
    trap: str = ""
    fill: str = ""


def read(body: bytes) -> Form:
    """The form in the body of a post; what nobody asked for is left out.

    More fields than a form has gives an empty form.
    """
    try:
        pairs = parse_qsl(
            body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError:
        pairs = []
    sent = {name: _CONTROLS.sub("", text).replace("\r\n", "\n") for name, text in pairs}
    values = {name: sent.get(name, "").strip() for name in FIELDS}
    names = ("meeting", "ticket", "fill")
    return Form(values, trap=sent.get(TRAP, ""), **{name: sent.get(name, "") for name in names})


def problems(form: Form, known: Known, text: Text) -> dict[str, Problem]:
    """What must be mended before the form can be taken, by field in the order of the form."""
    found = {}
    for name in FIELDS:
        problem = _problem(name, form.values[name], known, text)
        if problem is not None:
            found[name] = problem
    return found


def _problem(name: str, typed: str, known: Known, text: Text) -> Problem | None:
    limit = guests.LONGEST_QUESTION if name == "question" else guests.LONGEST[name]
    if personal.contains_cpr(typed):
        return Problem(text("public_error.cpr"))
    if len(typed) > limit:
        return Problem(text("public_error.too_long", limit=limit))
    if name == "name" and not typed:
        return Problem(text("public_error.name_needed"))
    if name == "name" and guests.is_address(typed):
        return Problem(text("public_error.name_is_address"))
    if name == "email":
        return _email_problem(typed, text)
    return _municipality_problem(typed, known, text) if name == "municipality" else None


def _email_problem(typed: str, text: Text) -> Problem | None:
    try:
        people.address(typed)
    except Refused as refused:
        return Problem(text(f"public_error.{refused.key}"))
    return None


def _municipality_problem(typed: str, known: Known, text: Text) -> Problem | None:
    if not typed:
        return Problem(text("public_error.municipality_needed"))
    if is_elsewhere(typed):
        return None
    found = municipalities.match(typed, known)
    if found.exact:
        return None
    if not found.suggestions:
        return Problem(text("public_error.municipality_unknown", text=typed))
    names = tuple(one.names[0] for one in known if one.code in found.suggestions)
    meant = text("public.or").join(names)
    return Problem(text("public_error.municipality_near", text=typed, names=meant), names)


def is_elsewhere(typed: str) -> bool:
    """Whether somebody said that they come from no municipality, in one of our languages."""
    return " ".join(typed.split()).casefold() in ("anden organisation", "another organisation")


def kept(values: Mapping[str, str]) -> dict[str, str]:
    """The values as the store keeps them."""
    elsewhere = is_elsewhere(values["municipality"])
    return {**values, "municipality": ELSEWHERE if elsewhere else values["municipality"]}


class Tickets:
    """A ticket stands in each form that goes out: which form it is, since when, and our mark."""

    def __init__(self, signer: Signer):
        self._signer = signer

    def new(self) -> str:
        return self._made(secrets.token_urlsafe(12), int(time.time()))

    def is_in_time(self, ticket: str) -> bool:
        """Whether the form was open as long as a person needs, and no longer than a day."""
        since = self._since(ticket)
        return since is not None and LEAST_SECONDS <= time.time() - since <= MOST_SECONDS

    def again(self, ticket: str) -> str:
        """The ticket for a form that is shown again: the same, a new one for one out of use."""
        since = self._since(ticket)
        fits = since is not None and time.time() - since <= MOST_SECONDS
        return ticket if fits else self.new()

    def key(self, ticket: str, activity_id: int, email: str) -> str:
        """What tells a form sent twice from two: the same for the same form, meeting and address.

        Who goes back and signs a colleague up in the same form has sent another one.
        """
        return self._signer.mark("form", ticket, str(activity_id), email.lower())

    def _made(self, name: str, since: int) -> str:
        return f"{name}.{since}.{self._signer.mark('ticket', name, str(since))}"

    def _since(self, ticket: str) -> int | None:
        name, _, rest = ticket.partition(".")
        since, _, mark = rest.partition(".")
        if not self._signer.is_ours(mark, "ticket", name, since):
            return None
        return int(since)
