"""The frame around every page: who is looking, on which date, in which language; and its session.

`show` makes one page for one visit: the document with its whole first view, and behind it the
connection over which the page goes on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bokeh.document import Document
from markupsafe import Markup

from ..domain import calendar, roles
from ..domain.errors import AdvisoryError, Forbidden, NotFound
from ..settings import LANGUAGES
from ..store import Clock, Store, open_store, sessions, users
from ..store.sessions import SignedIn
from ..texts import Text, translator
from .live import Channel, Live, report
from .quick_contact import QuickContact
from .safe import environment
from .search import Search
from .view import View

OK, BAD, FORBIDDEN, NOT_FOUND, DEFECT, UNAVAILABLE = 200, 400, 403, 404, 500, 503


@dataclass(frozen=True)
class Page:
    """What a page consists of.

    `title` is the name of the browser's tab; `template` extends `frame.html` and places each part
    with `{{ region("name") }}`. Parts named `dialog` and `toast` fill the frame's own places.
    `active` is the menu entry the page belongs to. `values` are further names for the template.
    """

    title: str
    template: str
    parts: Mapping[str, Live] = field(default_factory=dict)
    active: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


PageFunction = Callable[[Store, Text, Mapping[str, str]], Page]


@dataclass(frozen=True)
class Site:
    """What all visits of one server share.

    `subscribe` calls a function after every change of the data, and returns what ends that;
    `assets` tells the address of a file.
    """

    db: Path
    clock: Clock
    language: str
    subscribe: Callable[[Callable[[], object]], Callable[[], None]]
    assets: Callable[[str], str]
    version: str


@dataclass(frozen=True)
class Entry:
    """One line of the menu: the page, its name in the texts, its icon."""

    slug: str
    name: str
    icon: str


MENU = (
    Entry("", "overview", "home"),
    Entry("kommuner", "municipalities", "municipality"),
    Entry("optag", "intake", "intake"),
    Entry("aktiviteter", "activities", "calendar"),
    Entry("infomoeder", "meetings", "megaphone"),
    Entry("leverancer", "deliveries", "people"),
    Entry("historik", "history", "history"),
    Entry("om", "about", "note"),
)
ACCESS = {
    "": "page.overview",
    "kommuner": "page.municipalities",
    "kommune": "page.case",
    "optag": "page.intake",
    "aktiviteter": "page.activities",
    "aktivitet": "page.activity",
    "flyt": "page.replan",
    "infomoeder": "page.meetings",
    "leverancer": "page.deliveries",
    "historik": "page.history",
    "om": "page.about",
}


class Visit:
    """One person with an address: their own store, on the date and in the language it asks for.

    `base` is the store of today, to be closed when the visit ends; `alert` is what could not be
    read in the address. Refuses as `open_store` and with `user_unknown`.
    """

    def __init__(
        self, site: Site, login: str, query: Mapping[str, str], session_id: int | None = None
    ):
        self.site, self.session_id = site, session_id
        self.text = translator(language(query, site.language))
        self.alert = ""
        self.base = open_store(site.db, clock=site.clock)
        try:
            self.base.actor = users.actor_for(self.base, login)
            store = self._on_date(query.get("date", ""))
        except Exception:
            self.base.close()
            raise
        kept = {**query, "date": store.as_of.isoformat() if store.as_of else ""}
        self.view = View(store, self.text, {name: value for name, value in kept.items() if value})

    def _on_date(self, asked: str) -> Store:
        """The store on a date as typed; today's and a sentence if that cannot be read."""
        if not asked:
            return self.base
        try:
            return self.base.at(calendar.parse_date(asked, self.base.today()))
        except AdvisoryError as error:
            self.alert = self.text.error(error)
        return self.base

    def goes_on(self, used: bool) -> bool:
        """Whether the person may go on as who they were when the page was made.

        `used` says that they did something, which keeps their session from ending.
        """
        if self.session_id is None:
            return True
        signed = sessions.by_id(self.base, self.session_id)
        if signed is None or signed.role != self.base.actor.role:
            return False
        if used:
            sessions.use(self.base, signed)
        return True

    @property
    def session(self) -> SignedIn | None:
        """The session it belongs to, None without one."""
        return sessions.by_id(self.base, self.session_id) if self.session_id else None

    @property
    def past(self) -> bool:
        """Whether it shows a day gone by, where nothing changes any more."""
        day = self.view.store.as_of
        return day is not None and day < self.base.today()


def language(query: Mapping[str, str], otherwise: str) -> str:
    """The language the address chooses, else the site's own: Danish unless it is set to another."""
    asked = query.get("lang", "")
    return asked if asked in LANGUAGES else otherwise


def home(role: str) -> str:
    """The address of the first page in the menu of a role."""
    return "/" + next((entry.slug for entry in MENU if roles.allowed(ACCESS[entry.slug], role)), "")


def show(
    doc: Document,
    page_function: PageFunction,
    slug: str,
    site: Site,
    login: str,
    query: Mapping[str, str],
    session_id: int | None = None,
) -> int:
    """Fill `doc` with a page and return the HTTP status it has.

    It lives as long as the session does, for ever without one. Whatever goes wrong becomes a page
    with one sentence, never an exception.
    """
    try:
        visit = Visit(site, login, query, session_id)
    except Exception as error:
        text = translator(language(query, site.language))
        doc.title = text("app.name")
        doc.template = environment().get_template("missing.html")
        sentence = _sentence(text, error)
        status = FORBIDDEN if isinstance(error, Forbidden) else UNAVAILABLE
        doc.template_variables.update(t=text, status=status, sentence=sentence)
        return status
    doc.on_session_destroyed(lambda _: visit.base.close())
    try:
        visit.view.store.require(ACCESS.get(slug, slug))
        page = page_function(visit.view.store, visit.text, visit.view.query)
        _lay_out(doc, visit, slug, page, _go_live(doc, visit, page))
    except Exception as error:
        doc.clear()
        sentence = _sentence(visit.text, error)
        title = visit.text("frame.refused")
        page = Page(title, "page_refused.html", values={"sentence": sentence})
        _lay_out(doc, visit, slug, page, {})
        return _status(error)
    return OK


def warm(page_function: PageFunction, site: Site) -> None:
    """Make a page once for nobody, so that the first visitor does not wait for what is kept."""
    with open_store(site.db, clock=site.clock) as store:
        text = translator(site.language)
        page = page_function(store, text, {})
        Channel(page.parts.values(), text, store).first_views()


def _go_live(doc: Document, visit: Visit, page: Page) -> Mapping[str, Markup]:
    """Connect the page's regions with the browser, and return their first views."""
    store = visit.view.store
    lives = [*page.parts.values()]
    if visit.view.may_see("page.municipalities"):
        lives.append(Search(visit.view).live)
    if visit.view.may("contact.register"):
        lives.append(QuickContact(visit.view).live)
    channel = Channel(lives, visit.text, store, goes_on=visit.goes_on)
    views = channel.first_views()
    channel.join(doc)
    # The first view has been sent with the page; kept, it would fill the memory of each session.
    doc.on_event("document_ready", lambda _: doc.template_variables.clear())
    end = visit.site.subscribe(lambda: doc.add_next_tick_callback(channel.refresh))
    doc.on_session_destroyed(lambda _: end())
    return views


def _lay_out(
    doc: Document, visit: Visit, slug: str, page: Page, views: Mapping[str, Markup]
) -> None:
    view = visit.view
    doc.title = f"{page.title} · {visit.text('app.name')}"
    doc.template = environment().get_template(page.template)
    doc.template_variables.update(
        page.values,
        t=visit.text,
        view=view,
        links=view.links,
        today=view.today,
        region=lambda name: _region(page.parts[name].region, views),
        views=views,
        frame=_frame(visit, slug, page.active),
    )


def _frame(visit: Visit, slug: str, active: str) -> dict[str, Any]:
    """What the frame shows around the page."""
    base, store = visit.base, visit.view.store
    role, present, first = base.actor.role, base.today(), base.first_day()
    demo = base.is_demo
    signed = visit.session
    menu = [entry for entry in MENU if roles.allowed(ACCESS[entry.slug], role)]
    saved_at = base.last_written()
    return {
        "asset": visit.site.assets,
        "version": visit.site.version,
        "slug": slug,
        "active": active,
        "menu": menu,
        "home": menu[0] if menu else MENU[0],
        "user": base.me(),
        "role": role,
        "method": signed.method if signed else "",
        "seconds_left": int((signed.ends_at - base.now()).total_seconds()) if signed else 0,
        "users": users.to_try(base),
        "demo": demo,
        "alert": visit.alert,
        "as_of": store.as_of,
        "past": visit.past,
        "read_only": store.read_only,
        "before": first if first and store.today() < first else None,
        "present": present,
        "dates": _dates(base),
        "languages": [(one, translator(one)("app.language")) for one in LANGUAGES],
        "saved": _saved(visit.text, saved_at, present) if saved_at else "",
    }


def _saved(text: Text, at: datetime, today: date) -> str:
    """When this person last saved: the time, and the day if it was another."""
    if calendar.local_date(at) == today:
        return text("frame.saved", at=text.time(at))
    return text("frame.saved_on", at=text.instant(at))


def _dates(store: Store) -> list[tuple[date, str]]:
    """The days gone by on which cohorts began, each with its cohort's code."""
    rows = store.rows("cohort", "starts_on < ?", [store.today().isoformat()], order="starts_on")
    return [(date.fromisoformat(row["starts_on"]), row["code"]) for row in rows]


def _region(name: str, views: Mapping[str, Markup]) -> Markup:
    return Markup('<div data-region="{}">{}</div>').format(name, views[name])


def _sentence(text: Text, error: Exception) -> str:
    if isinstance(error, AdvisoryError):
        return text.error(error)
    return text("error.unexpected", reference=report(error, "page"))


def _status(error: Exception) -> int:
    match error:
        case NotFound():
            return NOT_FOUND
        case Forbidden():
            return FORBIDDEN
        case AdvisoryError():
            return BAD
        case _:
            return DEFECT
