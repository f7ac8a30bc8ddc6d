"""How often one may send the sign-up form: from one place, and for one mail address.

The windows move and are kept in the memory of a server process: with n processes the limits are up
to n times as high, which still stops a flood, and nothing about who visited is written down.
"""

import ipaddress
import math
import time
from collections.abc import Collection

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage  # the other one starts a thread for every hit
from limits.aio.strategies import MovingWindowRateLimiter
from tornado.httputil import HTTPServerRequest

# A town hall has one address for all who work there, and a team signs up after a meeting: sixty in
# ten minutes is more than the seats of an info meeting.
FROM_ONE_PLACE = RateLimitItemPerMinute(60, 10)
# A person needs one for each meeting. The same form again, however often it is clicked, is not
# counted: who is impatient gets their receipt.
FOR_ONE_ADDRESS = RateLimitItemPerHour(5)
ONCE = RateLimitItemPerHour(1)


class Throttle:
    """Counts, and says how long to wait."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def place(self, place: str) -> int:
        """Count a form from a place; the minutes to wait, 0 to go on."""
        return await self._minutes(FROM_ONE_PLACE, "place", place)

    async def address(self, email: str, form: str) -> int:
        """Count a form for a mail address in any case; the minutes to wait, 0 to go on."""
        if not await self._limiter.test(ONCE, "form", form):
            return 0
        wait = await self._minutes(FOR_ONE_ADDRESS, "address", email.lower())
        if not wait:
            await self._limiter.hit(ONCE, "form", form)
        return wait

    async def _minutes(self, item: RateLimitItem, kind: str, who: str) -> int:
        if await self._limiter.hit(item, kind, who):
            return 0
        window = await self._limiter.get_window_stats(item, kind, who)
        return max(math.ceil((window.reset_time - time.time()) / 60), 1)


def place_of(request: HTTPServerRequest, proxies: Collection[str] = ()) -> str:
    """Where a request comes from: an IPv4 address, or the /64 network of an IPv6 address.

    Only a proxy on this machine, or one of `proxies`, is believed when it says who it asks for, and
    only the last name it says, which is the one it has seen itself. What stands before that,
    anybody can write.
    """
    near = _address(request.remote_ip or "")
    said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    if near is not None and (near.is_loopback or str(near) in proxies):
        near = _address(said) or near
    if isinstance(near, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((near, 64), strict=False))
    return str(near)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
