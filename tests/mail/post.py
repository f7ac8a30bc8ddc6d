"""A mail server on loopback that does what it is told to do wrong."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from ssl import SSLContext

from aiosmtpd.smtp import SMTP, AuthResult

DROP, STALL, DROP_AFTER, STALL_AFTER = "drop", "stall", "drop after", "stall after"


@dataclass(frozen=True)
class Delivery:
    """A mail that the server has taken over."""

    recipient: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def message_id(self) -> str:
        return self.message["Message-ID"]


class Post:
    """The server and what it has taken over, in the order in which it came.

    `fault(stage, recipient)` says what goes wrong at `connect`, `reset`, `mail`, `rcpt`, `data`
    (before the server asks for the mail) and `end` (when it has it): an answer, DROP or STALL; at
    `end` also those two after the mail has been taken over. None is all well. Unless told otherwise
    it does what stands in `script` as (stage, fault), each once.
    """

    def __init__(self, *, tls: SSLContext | None = None, user: tuple[str, str] | None = None):
        self.delivered: list[Delivery] = []
        self.connections = 0
        self.script: list[tuple[str, str]] = []
        self.fault: Callable[[str, str], str | None] = self._scripted
        self.user = user
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        listening = self._loop.create_server(lambda: self._conversation(tls), "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _conversation(self, tls: SSLContext | None) -> "_Conversation":
        return _Conversation(
            self,
            hostname="localhost",
            tls_context=tls,
            authenticator=self._let_in if self.user else None,
            auth_required=self.user is not None,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
            loop=self._loop,
        )

    def _scripted(self, stage: str, recipient: str) -> str | None:
        for number, (wanted, fault) in enumerate(self.script):
            if wanted == stage:
                del self.script[number]
                return fault
        return None

    def _let_in(self, server, session, envelope, mechanism, data) -> AuthResult:
        told = (data.login.decode(), data.password.decode())
        return AuthResult(success=told == self.user, handled=False)

    async def handle_DATA(self, server, session, envelope) -> str:
        recipient = envelope.rcpt_tos[0]
        fault = self.fault("end", recipient)
        if fault in (None, DROP_AFTER, STALL_AFTER):
            self.delivered.append(Delivery(recipient, envelope.content))
        return await server.go_wrong(fault) or "250 OK"


class _Conversation(SMTP):
    """One connection, which asks before each step whether it is to go wrong."""

    async def _handle_client(self) -> None:
        post = self.event_handler
        post.connections += 1
        if told := await self.go_wrong(post.fault("connect", "")):
            await self.push(told)
            self.transport.close()
            return
        await super()._handle_client()

    async def smtp_MAIL(self, arg: str | None) -> None:
        await self._unless_wrong("mail", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        await self._unless_wrong("rcpt", super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg: str) -> None:
        await self._unless_wrong("data", super().smtp_DATA, arg)

    async def smtp_RSET(self, arg: str | None) -> None:
        await self._unless_wrong("reset", super().smtp_RSET, arg)

    async def _unless_wrong(self, stage: str, step: Callable, arg: str | None) -> None:
        told = await self.go_wrong(self.event_handler.fault(stage, arg or ""))
        await (self.push(told) if told else step(arg))

    async def go_wrong(self, fault: str | None) -> str | None:
        """The answer instead of yes, when there is one; the line may be gone by then."""
        if fault in (DROP, DROP_AFTER):
            self.transport.abort()
        if fault in (STALL, STALL_AFTER):
            await asyncio.sleep(60)
        return "421 gone" if fault in (DROP, STALL, DROP_AFTER, STALL_AFTER) else fault
