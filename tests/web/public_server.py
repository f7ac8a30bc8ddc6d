"""Serves the public pages of a database on a port: `public_server.py DB PORT [deferred]`.

With `deferred` a transaction takes the write lock at its first write, and not before it reads: the
way not to do it.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import tornado.web

from advisory.store import Actor, open_store
from advisory.store.records import Records
from advisory.web import public_routes
from advisory.web.headers import Finish

NOON = datetime(2025, 3, 13, 11, tzinfo=UTC)


@contextmanager
def deferred(records: Records) -> Iterator[None]:
    records.db.execute("BEGIN")
    try:
        yield
        records.db.execute("COMMIT")
    except BaseException:
        records.db.rollback()
        raise


async def main(db: Path, port: int) -> None:
    store = open_store(db, Actor("public", "Tilmelding", "public"), clock=lambda: NOON)
    routes = public_routes.routes(public_routes.open_desk(store, str, "da"))
    app = tornado.web.Application(routes, transforms=[Finish], cross_origin_protection=True)
    app.listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    if "deferred" in sys.argv:
        Records._locked = deferred
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
