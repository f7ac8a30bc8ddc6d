"""Files that people hand in: read in a process of their own, shown, and taken in when they say so.

The browser sends the same file twice, first to see what it would bring; so nothing of it is kept
between, and the raw file not at all.
"""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import tornado.web
from markupsafe import Markup

from .. import imports
from ..domain.errors import AdvisoryError, Forbidden
from ..imports.limits import MAX_BYTES
from ..store import attendance, seats
from ..store.instants import instant
from ..texts import translator
from ..ui import attendance_preview as views
from ..ui import shell
from .identity import People

Found = TypeVar("Found")

# A file may take half a gigabyte and half a minute; more than two at a time wait for each other.
_readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="report")


async def read_apart(read: Callable[[], Found]) -> Found:
    """What `read` returns or refuses; the other requests go on meanwhile."""
    return await asyncio.get_running_loop().run_in_executor(_readers, read)


@tornado.web.stream_request_body
class AttendanceReport(tornado.web.RequestHandler):
    """Reads a report for `moede`; writes it only without `proev`."""

    action = "attendance.import"  # what one must be allowed to do to hand a file in

    def initialize(self, site: shell.Site, people: People) -> None:
        self._site, self._people = site, people
        self._content = bytearray()

    def prepare(self) -> None:
        login = self._people.login_of(self.request)
        if login is None:
            self.set_status(401)
            text = translator(self._site.language)
            self.finish(str(views.refused(text, Forbidden("sign_in_needed"))))
            return
        self._login = login
        self.request.connection.set_max_body_size(MAX_BYTES + 1)  # type: ignore[union-attr]

    def data_received(self, chunk: bytes) -> None:
        self._content.extend(chunk)

    async def post(self) -> None:
        query = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        visit = shell.Visit(self._site, self._login, query)
        try:
            visit.view.store.require(self.action)
            html = await self._read(visit, query)
        except AdvisoryError as error:
            self.set_status(400)
            html = views.refused(visit.text, error)
        finally:
            visit.base.close()
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(str(html))

    async def _apart(self, read: Callable[[], Found]) -> Found:
        """What `read` gives, which may take half a minute.

        Refuses with `sign_in_needed` whose session has ended meanwhile; a new role ends it too.
        """
        found = await read_apart(read)
        if self._people.signed_in(self.request) is None:
            raise Forbidden("sign_in_needed")
        return found

    async def _read(self, visit: shell.Visit, query: dict[str, str]) -> Markup:
        store, content = visit.base, bytes(self._content)
        asked = query.get("moede", "")
        activity = seats.meeting(store, int(asked) if asked.isascii() and asked.isdigit() else 0)
        name, near = query.get("navn", ""), instant(activity["starts_at"])
        read = partial(imports.read_safely, content, name, near=near)
        report = await self._apart(read)
        sha256 = hashlib.sha256(content).hexdigest()
        if query.get("proev"):
            return views.preview(store, visit.text, activity, report, sha256)
        came = attendance.take_in(store, activity["id"], report, file_name=name, sha256=sha256)
        return views.taken(visit.text, report, came)
