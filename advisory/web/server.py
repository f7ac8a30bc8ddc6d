"""What is served, to whom: one place to read it.

`/`, `/kommuner`, `/kommune`, `/aktiviteter`, `/aktivitet`, `/flyt`, `/infomoeder`, `/leverancer`
and `/om` are Panel pages, `/filer` the files they need,
`/eksport` the lists as files, `/modtag` where files are handed in, `/bruger` the choice of a demo
user, `/sundhed` whether the site is well.
`/tilmelding` and `/m` are the public pages, which act as `PUBLIC` and can do nothing else, and
`/kalender` the calendars that people's own programs fetch.
"""

import importlib.util
import logging
import secrets
from collections.abc import Callable
from datetime import datetime
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
from ..domain.errors import Refused
from ..settings import Settings
from ..store import Actor, open_store, utc_now
from ..ui import shell
from . import calendar_feed, public_routes
from .activity_uploads import HeadcountReport
from .application_uploads import ApplicationList
from .delivery_sheets import SheetDownload, SheetReply
from .downloads import Download
from .feed import Feed
from .headers import Finish
from .identity import ChooseUser, Door, Identity, People, is_local
from .letter_drafts import LetterDraft
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
    "/om": "about",
}
LARGEST_MESSAGE = 256 * 1024
TOKEN_SECONDS = 300
PUBLIC = Actor("public", "Tilmelding", "public")


def serve(
    settings: Settings,
    *,
    user: str,
    clock: Callable[[], datetime] = utc_now,
    port: int | None = None,
    address: str | None = None,
    start: bool = True,
) -> Server:
    """Serve the site as `user` and return the server; with `start` it runs until stopped.

    Refuses with `address_not_local` on an address others can reach, since there is no sign-in, and
    with `user_unknown`.
    """
    address = address or settings.address
    port = settings.port if port is None else port
    if not is_local(address):
        raise Refused("address_not_local", address=address)
    watched = open_store(settings.db, clock=clock)
    people = People(watched, user)
    if not people.is_user(user):
        watched.close()
        raise Refused("user_unknown", login=user)
    assets = Assets()
    site = shell.Site(
        db=settings.db,
        clock=clock,
        language=settings.language,
        subscribe=Feed(lambda: (watched.version(), watched.today())).subscribe,
        assets=assets.address,
        version=__version__,
    )
    pages = {path: load(settings.apps_dir / f"{name}.py").page for path, name in PAGES.items()}
    shell.warm(pages["/"], site, user)
    server = pn.serve(
        {path: _application(path, page, site, people) for path, page in pages.items()},
        port=port,
        address=address,
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
            (r"/bruger", ChooseUser, {"people": people}),
            (r"/sundhed", Health, {"site": site}),
            *public_routes.routes(
                open_store(settings.db, PUBLIC, clock=clock), assets.address, settings.language
            ),
            *calendar_feed.routes(settings.db, clock, settings.language),
            (r"/components/.*", Nothing),  # Panel's own would import any module by its name
        ],
        auth_provider=Door(people),
        sign_sessions=True,
        secret_key=secrets.token_hex(32),
        session_token_expiration=TOKEN_SECONDS,
        include_cookies=[],
        include_headers=[],
        cross_origin_protection=True,
        websocket_max_message_size=LARGEST_MESSAGE,
        websocket_origin=[f"{address}:{port}", f"localhost:{port}"],
        transforms=[Finish],
    )
    if start:
        server.start()
        server.io_loop.start()
    return server


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
            self.finish({"ok": True, "version": __version__, "history": store.version()})


class Nothing(tornado.web.RequestHandler):
    """There is nothing here."""

    def prepare(self) -> None:
        raise tornado.web.HTTPError(404)
