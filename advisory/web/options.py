"""What the server is told when it is made, so far as it guards: one place, read by the checks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from ..settings import Settings
from . import logs
from .headers import Finish
from .signing import derived

LARGEST_MESSAGE = 256 * 1024
TOKEN_SECONDS = 300


def options(settings: Settings, address: str, port: int, key: bytes) -> Mapping[str, Any]:
    """The arguments for `panel.serve` that decide who comes in and what goes out.

    `key` is the one that all processes on this database share (`signing.key_beside`).
    """
    return MappingProxyType(
        {
            "address": address,
            "port": port,
            "sign_sessions": True,
            "secret_key": derived(key, "pages"),
            "session_token_expiration": TOKEN_SECONDS,
            "include_cookies": [],
            "include_headers": [],
            "cross_origin_protection": True,
            "websocket_max_message_size": LARGEST_MESSAGE,
            "websocket_origin": origins(settings, address, port),
            "transforms": [Finish],
            "log_function": logs.request,
            "proxies": settings.proxies,
        }
    )


def origins(settings: Settings, address: str, port: int) -> list[str]:
    """The hosts whose pages may open a websocket: this machine's, and the names of the site."""
    public = urlsplit(settings.public_url).netloc.lower()
    return [f"{address}:{port}", f"localhost:{port}", *sorted({public, *settings.hosts})]
