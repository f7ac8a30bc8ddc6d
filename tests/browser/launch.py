"""Serves a database on a port as if it were the instant given: `launch.py DB PORT INSTANT`."""

import os
import sys
from datetime import UTC, datetime

from advisory.settings import read
from advisory.web.server import serve

db, port, now = sys.argv[1:]
ahead = datetime.fromisoformat(now) - datetime.now(UTC)
serve(
    read({**os.environ, "ADVISORY_DB": db}),
    clock=lambda: datetime.now(UTC) + ahead,
    port=int(port),
)
