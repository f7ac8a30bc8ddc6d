"""What every part of a page is made from: the data, the words, the addresses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from markupsafe import Markup

from ..domain import roles
from ..store import Store
from ..texts import Text
from .links import Links
from .safe import render

KEPT = 64

_kept: dict[tuple, Markup] = {}


@dataclass(frozen=True)
class View:
    """One person's look at one store: `query` is what stands in the address."""

    store: Store
    text: Text
    query: Mapping[str, str]

    @cached_property
    def links(self) -> Links:
        return Links(self.query)

    @property
    def today(self) -> date:
        return self.store.today()

    def may(self, action: str) -> bool:
        """Whether this person may do `action` here; never on another date than today."""
        return not self.store.read_only and roles.allowed(action, self.store.actor.role)

    def may_see(self, page: str) -> bool:
        """Whether this person's role may open a page."""
        return roles.allowed(page, self.store.actor.role)

    def render(self, template: str, **values: object) -> Markup:
        """The template with the words, the addresses and the date at hand."""
        return render(
            template,
            self.text,
            view=self,
            links=self.links,
            today=self.today,
            **values,
        )

    def kept(self, name: str, draw: Callable[[], Markup]) -> Markup:
        """What `draw` makes, kept for everyone until what it depends on changes.

        That is the data, the date, the role, the language and what the addresses in it take along;
        `name` tells the drawings apart. Nothing else may go into
        `draw`, above all nothing of one person or one organisation.
        """
        store = self.store
        key = (
            name,
            str(store.path),
            store.version(),
            self.today,
            store.as_of,
            store.present.era(),
            store.actor.role,
            self.text.language,
            self.links(),
        )
        if key not in _kept:
            while len(_kept) >= KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[key] = draw()
        return _kept[key]

    def name(self, danish: str, english: str) -> str:
        """A name that the data hold in both languages."""
        return english if self.text.language == "en" and english else danish

    def code(self, list_: str, code: str) -> str:
        """The word that the data have for a code, in the language of the page."""
        item = self.store.find("code_item", list=list_, code=code)
        return self.name(item["da"], item["en"]) if item else code

    def codes(self, list_: str) -> list[tuple[str, str]]:
        """A code list as (code, word), in its order."""
        rows = self.store.rows("code_item", "list = ?", [list_], order="position")
        return [(row["code"], self.name(row["da"], row["en"])) for row in rows]

    def cohort(self, code: str) -> str:
        """A cohort's name, `februar 2024`, from its code."""
        return self.text.cohort(code)

    @staticmethod
    def day(text: str) -> date:
        """A date as the store keeps it."""
        return date.fromisoformat(text)

    def days_since(self, day: date) -> int:
        """Days from `day` to the date shown."""
        return (self.today - date(day.year, day.month, day.day)).days

    def user_id(self) -> int | None:
        """The id of the person at work, None for one who is not a user."""
        user = self.store.me()
        return user["id"] if user else None
