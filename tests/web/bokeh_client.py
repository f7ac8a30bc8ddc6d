"""What a browser says to a page over its websocket, without a browser: open, pull, ask, listen.

Everything that a page or its websocket ever sent is kept as bytes, to be searched.
"""

import asyncio
import json
import re
import secrets
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Self

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

LONG = 20.0  # seconds that an answer may take; nothing waits that long when all is well


class Loop:
    """An event loop in a thread of its own: what is asked of it is waited for."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any], seconds: float = LONG) -> Any:
        """What `work` returns, or a TimeoutError."""
        waiting: Future[Any] = asyncio.run_coroutine_threadsafe(
            asyncio.wait_for(work, seconds), self._loop
        )
        return waiting.result(seconds + 5)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass
class Wire:
    """One websocket of a page. `status` is what the knock was answered with: 101 when it opened."""

    loop: Loop
    url: str
    status: int = 0
    received: list[bytes] = field(default_factory=list)
    _socket: WebSocketClientConnection | None = None
    _channel: str = ""
    _number: int = 0

    @classmethod
    def knock(cls, loop: Loop, url: str, token: str, **headers: str) -> Self:
        """Try to open a websocket with a token; `_` in a header's name stands for `-`."""
        wire = cls(loop, url)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        loop.run(wire._open(["bokeh", token], sent))
        return wire

    async def _open(self, protocols: list[str], headers: dict[str, str]) -> None:
        try:
            asked = HTTPRequest(self.url, headers=headers, connect_timeout=LONG)
            self._socket = await websocket_connect(asked, subprotocols=protocols)
        except HTTPClientError as refused:
            self.status = refused.code
            if refused.response is not None:
                self.received.append(refused.response.body or b"")
            return
        self.status = 101
        first = await self._message()
        if first is None or first[0]["msgtype"] != "ACK":
            self._socket = None

    @property
    def is_open(self) -> bool:
        """Whether the server let it in and greeted it."""
        return self._socket is not None

    def pull(self) -> dict[str, Any]:
        """The document of the page as JSON."""
        content = self.loop.run(self._ask("PULL-DOC-REQ", {}))
        document: dict[str, Any] = content.get("doc", {})
        self._channel = next((root["id"] for root in document.get("roots", [])), "")
        return document

    def say(
        self, region: str, do: str, /, number: int | None = None, **values: Any
    ) -> dict[str, Any]:
        """Send an event and return the page's answer to it, {} where none comes."""
        if not self._channel:
            self.pull()
            self.loop.run(self._heard({"n": 0, "region": "", "do": "", "values": {}}))
        self._number += 1
        event = {"n": number or self._number, "region": region, "do": do, "values": values}
        return self.loop.run(self._heard(event))

    def patch(self, *events: dict[str, Any]) -> dict[str, Any]:
        """Send changes of the document as they are; `CHANNEL` as an id is the page's own."""
        if not self._channel:
            self.pull()
        made = json.loads(json.dumps(events).replace('"CHANNEL"', json.dumps(self._channel)))
        return self.loop.run(self._ask("PATCH-DOC", {"events": made}))

    def ask(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Send a message of any kind and return the content of the reply."""
        return self.loop.run(self._ask(kind, content))

    def listen(self, seconds: float) -> list[dict[str, Any]]:
        """What the page says by itself within that time."""
        return self.loop.run(self._listen(seconds), seconds + LONG)

    def close(self) -> None:
        if self._socket is not None:
            self.loop.run(self._close())

    async def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # --- the protocol -----------------------------------------------------------------------

    async def _heard(self, event: dict[str, Any]) -> dict[str, Any]:
        change = {"kind": "ModelChanged", "model": {"id": self._channel}, "attr": "heard"}
        sent = await self._send("PATCH-DOC", {"events": [{**change, "new": json.dumps(event)}]})
        answer: dict[str, Any] = {}
        while True:
            message = await self._message()
            if message is None:
                self._socket = None
                return answer
            header, content = message
            for said in _said(content):
                if said.get("left") or said.get("n") == event["n"]:
                    answer = said
            if header.get("reqid") == sent:
                return answer

    async def _ask(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        sent = await self._send(kind, content)
        while True:
            message = await self._message()
            if message is None:
                self._socket = None
                return {}
            if message[0].get("reqid") == sent:
                return {**message[1], "msgtype": message[0]["msgtype"]}

    async def _listen(self, seconds: float) -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = []
        end = asyncio.get_running_loop().time() + seconds
        while (left := end - asyncio.get_running_loop().time()) > 0:
            try:
                message = await asyncio.wait_for(self._message(), left)
            except TimeoutError:
                break
            if message is None:
                self._socket = None
                break
            heard += _said(message[1])
        return heard

    async def _send(self, kind: str, content: dict[str, Any]) -> str:
        if self._socket is None:
            raise ConnectionError("the websocket is closed")
        number = secrets.token_hex(8)
        for part in ({"msgid": number, "msgtype": kind}, {}, content):
            await self._socket.write_message(json.dumps(part))
        return number

    async def _message(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Header and content of the next message; None when the server has hung up."""
        parts: list[Any] = []
        while len(parts) < 3:
            part = await self._part()
            if part is None:
                return None
            parts.append(json.loads(part))
        for _ in range(2 * parts[0].get("num_buffers", 0)):
            await self._part()
        return parts[0], parts[2]

    async def _part(self) -> str | bytes | None:
        assert self._socket is not None
        part = await self._socket.read_message()
        if part is not None:
            self.received.append(part.encode() if isinstance(part, str) else part)
        return part


def _said(content: dict[str, Any]) -> list[dict[str, Any]]:
    """What a change of the document says to the browser."""
    return [
        json.loads(event["new"])
        for event in content.get("events", [])
        if event.get("attr") == "said" and event["new"]
    ]


def token_in(page: str) -> str:
    """The signed token in a page, empty when there is none."""
    found = re.search(r'"token":\s*"([^"]+)"', page)
    return found[1] if found else ""
