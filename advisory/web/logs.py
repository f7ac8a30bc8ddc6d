"""What is written down about requests: that there was one, of what kind, how it ended, how long.

Never an address that was asked for, nor what was sent, nor who asked: an address can be a person's
own, and a query or an error can hold what somebody typed. Of what other packages and Python itself
report only the place in the code is kept, and of an error its kind and where it arose. A reference,
which the answer carries as well, ties the lines of a request together.
"""

import logging
import secrets
import sys
import threading
import time
import traceback
from contextvars import ContextVar
from pathlib import PurePath
from types import TracebackType
from typing import Any

import tornado.web
from param.parameterized import get_logger

from ..domain.errors import AdvisoryError

HEADER = "X-Request-Id"
OURS = "advisory"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

reference: ContextVar[str] = ContextVar("reference", default="-")
_requests = logging.getLogger(f"{OURS}.requests")


def begin() -> None:
    """Let this process write its log to stderr, and nothing of it in any other way."""
    handler = logging.StreamHandler()
    handler.setFormatter(Plain())
    get_logger()  # param gives its logger a handler at the first call
    for name in [None, *logging.root.manager.loggerDict]:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(logging.INFO)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # it would show the arguments of a line that cannot be written
    sys.excepthook = _stopped
    threading.excepthook = lambda args: _stopped(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _stopped(args.exc_type, args.exc_value, args.exc_traceback)


def new_reference() -> str:
    """A reference for the request that begins here: 16 letters and digits that mean nothing."""
    made = secrets.token_hex(8)
    reference.set(made)
    return made


def request(handler: tornado.web.RequestHandler) -> None:
    """Write the line of a request that has been answered; what Tornado calls a `log_function`."""
    asked = handler.request
    method = asked.method if asked.method in METHODS else "?"
    took = round(1000 * asked.request_time())
    level = logging.ERROR if handler.get_status() >= 500 else logging.INFO
    _requests.log(level, "%s %s %d %dms", method, route(handler), handler.get_status(), took)


def route(handler: tornado.web.RequestHandler) -> str:
    """What was asked for, by the name that it has in the code: `SignUp`, `DocHandler /kommune`."""
    context: Any = getattr(handler, "application_context", None)
    kind = type(handler).__name__
    return f"{kind} {context.url}" if context is not None else kind


class Plain(logging.Formatter):
    """One line: time, level, reference, where it comes from, what is so; then where it arose."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        head = f"{at}.{int(record.msecs):03}Z {record.levelname} {reference.get()}"
        error = record.exc_info[1] if record.exc_info else None
        lines = [f"{head} {record.name} {_said(record)}", *(_arose(error) if error else ())]
        return "\n".join(lines)


def _said(record: logging.LogRecord) -> str:
    """The words of our own loggers, which quote nobody; of others only the place."""
    ours = record.name.split(".")[0] == OURS
    return record.getMessage() if ours else f"{record.module}:{record.lineno}"


def _arose(error: BaseException) -> list[str]:
    """The kind of an error and the calls it came through, without what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    calls = [f"  {PurePath(one.filename).name}:{one.lineno} {one.name}" for one in frames]
    key = f" {error.key}" if isinstance(error, AdvisoryError) else ""
    return [*calls, f"  {type(error).__name__}{key}"]


def _stopped(
    kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
) -> None:
    """What Python calls with an error that nobody caught."""
    if error is not None:
        logging.getLogger(OURS).critical(
            "stopped by an error", exc_info=(type(error), error, trace)
        )
