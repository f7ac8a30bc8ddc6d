"""What is served, to whom: one place to read it.

`/`, `/kommuner`, `/kommune`, `/aktiviteter`, `/aktivitet`, `/flyt`, `/infomoeder`, `/leverancer`,
`/historik` and `/om` are Panel pages, `/filer` the files they need,
`/eksport` the lists as files, `/modtag` where files are handed in, `/sundhed` whether the site is
well. `/log-ind`, `/log-ud`, `/session` and `/adgangskode` are the door.
`/tilmelding` and `/m` are the public pages, which act as `PUBLIC` and can do nothing else, and
`/kalender` the calendars that people's own programs fetch.
"""

import importlib.util
import logging
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import panel as pn
import tornado.web
from bokeh.application import Application
from bokeh.application.handlers import FunctionHandler
from bokeh.document import Document
from bokeh.server.server import Server
from panel.io.application import Application as PanelApplication

from .. import __version__
from ..domain.errors import AdvisoryError
from ..settings import Settings
from ..store import Actor, Clock, Store, heads, open_store, utc_now
from ..ui import shell
from . import auth, calendar_feed, gate, logs, oidc, public_routes
from .activity_uploads import HeadcountReport
from .application_uploads import ApplicationList
from .delivery_sheets import SheetDownload, SheetReply
from .deploy import require_safe
from .downloads import Download
from .feed import Feed
from .identity import Door, Identity, People
from .letter_drafts import LetterDraft
from .options import options
from .signing import key_beside
from .static import AssetHandler, Assets
from .uploads import AttendanceReport

log = logging.getLogger(__name__)

PAGES = {
    "/": "overview",
    "/kommuner": "municipalities",
    "/kommune": "case",
    "/optag": "intake",
    "/aktiviteter": "activities",
    "/aktivitet": "activity",
    "/flyt": "replan",
    "/infomoeder": "meetings",
    "/leverancer": "deliveries",
    "/historik": "history",
    "/om": "about",
}
LOOK_AGAIN = 15  # seconds after which every open page asks whether its session still goes on
PUBLIC = Actor("public", "Tilmelding", "public")


def serve(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    port: int | None = None,
    address: str | None = None,
    start: bool = True,
) -> Server:
    """Serve the site and return the server; with `start` it runs until stopped.

    Refuses with `deploy_unsafe` on an address that others can reach while something is not as it
    should be, and with `demo_not_local` to show a demo there.
    """
    address = address or settings.address
    port = settings.port if port is None else port
    watched = open_store(settings.db, clock=clock)
    try:
        require_safe(settings, watched, address, port)
    except BaseException:
        watched.close()
        raise
    people = People(watched)
    keep_head(watched)
    assets = Assets()
    site = shell.Site(
        db=settings.db,
        clock=clock,
        language=settings.language,
        subscribe=Feed(
            lambda: (watched.version(), watched.today(), time.monotonic() // LOOK_AGAIN)
        ).subscribe,
        assets=assets.address,
        version=__version__,
    )
    pages = {path: load(settings.apps_dir / f"{name}.py").page for path, name in PAGES.items()}
    shell.warm(pages["/"], site)
    desk = public_routes.open_desk(
        open_store(settings.db, PUBLIC, clock=clock), assets.address, settings.language
    )
    account = oidc.configured(settings, desk.signer, clock)
    server = pn.serve(
        {path: _application(path, page, site, people) for path, page in pages.items()},
        show=False,
        start=False,
        verbose=False,
        index=None,
        extra_patterns=[
            (r"/filer/([0-9a-f]+)/([\w.-]+)", AssetHandler, {"assets": assets}),
            (r"/eksport/(\w+)\.(xlsx|csv)", Download, {"site": site, "people": people}),
            (r"/modtag/fremmoede", AttendanceReport, {"site": site, "people": people}),
            (r"/ark/([0-9]{1,9})\.xlsx", SheetDownload, {"site": site, "people": people}),
            (r"/modtag/ark", SheetReply, {"site": site, "people": people}),
            (r"/brev/([0-9]{1,9})/([a-z]+)\.eml", LetterDraft, {"site": site, "people": people}),
            (r"/modtag/antal", HeadcountReport, {"site": site, "people": people}),
            (r"/modtag/ansoegninger", ApplicationList, {"site": site, "people": people}),
            *auth.routes(desk, people, account, desk.signer),
            *oidc.routes(people, account),
            (r"/sundhed", Health, {"site": site}),
            *public_routes.routes(desk),
            *calendar_feed.routes(settings.db, clock, settings.language),
            (r"/components/.*", Nothing),  # Panel's own would import any module by its name
        ],
        auth_provider=Door(people),
        **options(settings, address, port, key_beside(settings.db)),
    )
    # Bokeh asks its own pages before ours, and this has to be asked before both.
    server._tornado.add_handlers(".*", gate.rules(settings, demo=people.demo))
    if start:
        run(server)
    return server


def keep_head(store: Store) -> None:
    """Note once a day where the history ends; where that cannot be written the site opens still."""
    try:
        heads.keep_head(store, once_a_day=True)
    except AdvisoryError as error:
        log.warning("where the history ends could not be noted: %s", error.key)


def run(server: Server) -> None:
    """Answer until stopped; from here on the process writes its own log and no other."""
    logs.begin()
    server.start()
    server.io_loop.start()


def _application(
    path: str, page: shell.PageFunction, site: shell.Site, people: People
) -> Application:
    """The Panel application of one page: `page` is called for every visit."""

    def visit(doc: Document) -> None:
        session: Any = doc.session_context
        request = session.request
        query = {
            name: found[-1].decode(errors="replace") for name, found in request.arguments.items()
        }
        request.answer.status = shell.show(
            doc,
            page,
            path.strip("/"),
            site,
            session.token_payload["uid"],
            query,
            session.token_payload["sid"],
        )

    application = PanelApplication(FunctionHandler(visit))
    application.add(Identity(people, path))
    return application


def load(path: Path) -> ModuleType:
    """The module in a page file."""
    spec = importlib.util.spec_from_file_location(f"apps_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no page")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Health(tornado.web.RequestHandler):
    """Whether the database answers, for whoever watches the server."""

    def initialize(self, site: shell.Site) -> None:
        self._site = site

    def get(self) -> None:
        with open_store(self._site.db, read_only=True) as store:
            store.version()
        self.finish({"ok": True})


class Nothing(tornado.web.RequestHandler):
    """There is nothing here."""

    def prepare(self) -> None:
        raise tornado.web.HTTPError(404)
