"""Delivery sheets: taken out as a workbook, and handed in again with a partner's answers."""

import asyncio
import hashlib
from functools import partial

import tornado.web
from markupsafe import Markup

from .. import imports
from ..domain.errors import AdvisoryError, NotFound
from ..reports import deliveries as workbooks
from ..store import deliveries, delivery_replies
from ..texts import translator
from ..ui import delivery_preview as views
from ..ui import shell
from .downloads import KINDS, _status
from .identity import People
from .uploads import AttendanceReport, _readers


class SheetDownload(tornado.web.RequestHandler):
    """The sheet with a number as a workbook; a partner gets its own, others are not there."""

    def initialize(self, site: shell.Site, people: People) -> None:
        self._site, self._people = site, people

    def get(self, number: str) -> None:
        query = {key: self.get_query_argument(key) for key in self.request.query_arguments}
        query.pop("date", None)  # a sheet is what it was when it was made
        try:
            visit = shell.Visit(self._site, self._people.login_of(self.request), query)
        except AdvisoryError as error:
            self._refuse(503, translator(shell.language(query, self._site.language)).error(error))
            return
        try:
            content = workbooks.sheet(visit.base, int(number), visit.text)
            name = workbooks.file_name(visit.base, int(number), visit.text)
        except AdvisoryError as error:
            self._refuse(_status(error), visit.text.error(error))
            return
        finally:
            visit.base.close()
        self.set_header("Content-Type", KINDS["xlsx"])
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.set_header("Cache-Control", "no-store")
        self.finish(content)

    def _refuse(self, status: int, sentence: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(sentence)


class SheetReply(AttendanceReport):
    """Reads a sheet that came back from the provider `udbyder`; keeps it only without `proev`."""

    action = "sheet.receive"

    async def _read(self, visit: shell.Visit, query: dict[str, str]) -> Markup:
        store, content = visit.base, bytes(self._content)
        asked, name = query.get("udbyder", ""), query.get("navn", "")
        if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
            raise NotFound("provider_unknown", provider=asked)
        provider_id = deliveries.provider(store, int(asked))["id"]  # before anything is read
        read = partial(imports.read_sheet_safely, content, name)
        reply = await asyncio.get_running_loop().run_in_executor(_readers, read)
        sha256 = hashlib.sha256(content).hexdigest()
        if query.get("proev"):
            return views.preview(visit.view, provider_id, reply, sha256)
        came = delivery_replies.receive(store, provider_id, reply, file_name=name, sha256=sha256)
        return views.received(visit.view, came)
