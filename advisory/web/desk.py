"""What the public pages of one server process share: the data, the limits, and the pen.

Waiting for the disk is most of what a sign-up costs. Forms that arrive at the same moment are
therefore written together, in the order in which they came: each is a decision of its own, and
nobody is answered before the disk has them all.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..domain import municipalities as rules
from ..store import Store, municipalities, signups
from .signing import Signer
from .signup_form import Tickets
from .throttle import Throttle

NAMES_SECONDS = 60
MOST_TOGETHER = 50  # how long another process may have to wait for the lock: some 50 ms

Job = Callable[[], signups.Placed]


@dataclass
class Desk:
    """One of them for a server process; the store is the public's own."""

    store: Store
    asset: Callable[[str], str]
    language: str
    signer: Signer
    throttle: Throttle = field(default_factory=Throttle)
    _names: tuple[float, tuple[rules.Known, ...]] = (0.0, ())
    _waiting: list[tuple[asyncio.Future[signups.Placed], Job]] = field(default_factory=list)

    @property
    def tickets(self) -> Tickets:
        return Tickets(self.signer)

    @property
    def known(self) -> tuple[rules.Known, ...]:
        """The municipalities; a new name for one counts within a minute."""
        read_at, names = self._names
        if not names or time.monotonic() - read_at > NAMES_SECONDS:
            names = municipalities.known(self.store)
            self._names = (time.monotonic(), names)
        return names

    async def write(self, job: Job) -> signups.Placed:
        """Do `job`, together with what else has arrived, and return what it came to.

        What it refuses is raised here, and leaves the others alone.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[signups.Placed] = loop.create_future()
        self._waiting.append((done, job))
        if len(self._waiting) == 1:
            loop.call_soon(self._write_all)
        return await done

    def _write_all(self) -> None:
        now, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._write_all)
        found: list[signups.Placed | Exception] = []
        try:
            with self.store.together():
                for _, job in now:
                    found.append(_outcome(job))
        except Exception as error:  # nothing of it has reached the disk
            found = [error] * len(now)
        for (done, _), outcome in zip(now, found, strict=True):
            if done.cancelled():
                continue
            if isinstance(outcome, Exception):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)


def _outcome(job: Job) -> signups.Placed | Exception:
    try:
        return job()
    except Exception as error:  # one that fails must not take the others with it
        return error
