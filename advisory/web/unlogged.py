"""What is asked for without an account: read to a limit, and not written down where it is asked.

The address can be a person's own, or the key to something of theirs.
"""

from types import TracebackType

import tornado.web
from tornado.log import app_log

from ..domain.errors import AdvisoryError
from .throttle import place_of

LARGEST_READ = 1024 * 1024  # what is too large is read to here, so that the answer can be heard


@tornado.web.stream_request_body
class Unlogged(tornado.web.RequestHandler):
    """Drops what is sent along, refuses more than a megabyte of it, and keeps addresses quiet.

    Whoever inherits from it says in `_request_summary` what the log may call a request.
    """

    size = 0  # how much was sent, in bytes

    @property
    def place(self) -> str:
        """Where the request comes from, as `place_of`."""
        return place_of(self.request, self.settings.get("proxies", ()))

    def prepare(self) -> None:
        said = self.request.headers.get("Content-Length", "0").split(",")[0].strip()
        if not said.isdigit() or int(said) > LARGEST_READ:
            raise tornado.web.HTTPError(413)

    def data_received(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > LARGEST_READ:
            raise tornado.web.HTTPError(413)

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """As Tornado does, without the request."""
        if isinstance(value, AdvisoryError):
            app_log.warning("%s: %s", self._request_summary(), value.key)
        elif not isinstance(value, tornado.web.HTTPError):
            app_log.error("Uncaught %s", self._request_summary(), exc_info=(typ, value, tb))  # type: ignore[arg-type]
