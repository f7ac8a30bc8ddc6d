"""Files that nobody should send, and files that people do send: each with what must come of it."""

from datetime import UTC, datetime

from .texts import TEXTS
from .workbooks import WORKBOOKS

MEETING = datetime(2024, 6, 13, 12, 30, tzinfo=UTC)
CORPUS = (*WORKBOOKS, *TEXTS)
