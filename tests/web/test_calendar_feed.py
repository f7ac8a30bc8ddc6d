"""The calendar as a program fetches it: whose, headers, what has not changed, what is refused."""

import asyncio
import http.client
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
import tornado.web
from icalendar import Calendar

from advisory import __version__
from advisory.store import Actor, feeds, meetings, open_store, users
from advisory.web import calendar_feed
from advisory.web.headers import Finish

UNKNOWN = "Kalenderen findes ikke, eller adressen er lukket. Lav en ny adresse på siden Om."
POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
START = datetime(2025, 3, 20, 9, tzinfo=UTC)
EVERYWHERE = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
}

Answer = tuple[int, dict[str, str], str]


@dataclass
class Site:
    """The calendars on a port of their own; each request comes from another place."""

    port: int
    places: Iterator[int] = field(default_factory=lambda: count(1))

    def ask(self, method: str, path: str, body: str | bytes = "", **headers: str) -> Answer:
        """Status, headers and content; `_` in a header's name stands for `-`."""
        number = next(self.places)
        sent = {"X-Forwarded-For": f"10.0.{number // 250}.{number % 250}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read().decode()
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)


@pytest.fixture
def site(facts, clock) -> Iterator[Site]:
    """The calendars as the server has them, on the store's file and clock, in a thread."""
    started: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    ports: list[int] = []
    ready = threading.Event()

    async def serve() -> None:
        routes = calendar_feed.routes(facts.path, clock, "da")
        app = tornado.web.Application(routes, transforms=[Finish], cross_origin_protection=True)
        server = app.listen(0, "127.0.0.1")
        ports.append(next(iter(server._sockets.values())).getsockname()[1])
        started.append((asyncio.get_running_loop(), asyncio.Event()))
        ready.set()
        await started[0][1].wait()
        server.stop()
        await server.close_all_connections()
        routes[0][2]["store"].close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    yield Site(ports[0])
    loop, end = started[0]
    loop.call_soon_threadsafe(end.set)
    thread.join(10)


@pytest.fixture
def give(facts, clock) -> Callable[..., str]:
    """`give("jonas")` makes an address for that user, who is added when there is none."""

    def make(name: str, role: str = "consultant") -> str:
        login = f"{name}@styrelsen.example"
        user = facts.find("app_user", login=login)
        own = 2 if role == "partner" else None
        user_id = (
            user["id"]
            if user
            else users.add(facts, login, name.title(), name[:2].upper(), role, organisation_id=own)
        )
        with open_store(facts.path, Actor(login, name.title(), role), clock=clock) as store:
            return feeds.make(store, user_id)

    return make


@pytest.fixture
def meet(facts) -> Callable[..., int]:
    def make(title: str = "Infomøde", start: datetime = START) -> int:
        ends_at = start + timedelta(minutes=45)
        return meetings.create(facts, "info_meeting", title, starts_at=start, ends_at=ends_at)

    return make


def path_of(token: str) -> str:
    return f"/kalender/{token}.ics"


def titles(content: str) -> set[str]:
    return {str(event["summary"]) for event in Calendar.from_ical(content).walk("VEVENT")}


def test_an_address_answers_with_the_calendar_and_asks_for_no_cookie(site, give, meet):
    meet()
    token = give("jonas")

    status, headers, content = site.get(path_of(token))

    assert status == 200
    assert titles(content) == {"Infomøde", "Ansøgningsfrist: hold januar 2025"}
    told = {
        name: headers.get(name)
        for name in ("Content-Type", "Content-Disposition", "Cache-Control", "Set-Cookie")
    }
    assert told == {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'inline; filename="peerforloeb.ics"',
        "Cache-Control": "private, no-cache",
        "Set-Cookie": None,
    }
    assert {name: headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert headers["Etag"].startswith(f'"{__version__}.')
    assert token not in str(headers)


def test_head_gives_the_headers_only(site, give, meet):
    meet()
    path = path_of(give("jonas"))

    status, headers, content = site.ask("HEAD", path)
    full = site.get(path)

    assert (status, content) == (200, "")
    differ = {"Date", "X-Request-Id"}
    assert {k: v for k, v in headers.items() if k not in differ} == {
        k: v for k, v in full[1].items() if k not in differ
    }
    assert int(headers["Content-Length"]) == len(full[2].encode()) > 1000
    assert site.ask("HEAD", path_of("ukendt"))[::2] == (404, "")


def test_each_address_has_the_calendar_of_its_own_person(site, give, meet):
    meet()
    seen = {
        role: titles(site.get(path_of(give(role, role)))[2])
        for role in ("consultant", "office", "leadership", "partner")
    }

    every = {"Infomøde", "Ansøgningsfrist: hold januar 2025"}
    assert seen == {"consultant": every, "office": every, "leadership": every, "partner": set()}


def test_what_has_not_changed_is_not_sent_again(site, give, meet, facts, clock):
    meeting, path = meet(), path_of(give("jonas"))
    first = site.get(path)[1]["Etag"]

    again = site.get(path, If_None_Match=first)
    weak = site.get(path, If_None_Match=f'"x", W/{first}')
    meetings.edit(facts, meeting, {"title": "Nyt navn"})
    changed = site.get(path, If_None_Match=first)
    clock.on(date(2025, 3, 14))
    tomorrow = site.get(path, If_None_Match=changed[1]["Etag"])

    assert (again[0], again[2], again[1]["Etag"]) == (304, "", first)
    assert again[1]["Cache-Control"] == "private, no-cache"
    assert weak[0] == 304
    assert (changed[0], "Nyt navn" in changed[2]) == (200, True)
    assert tomorrow[0] == 200
    assert len({first, changed[1]["Etag"], tomorrow[1]["Etag"]}) == 3


def test_the_mark_of_one_person_is_not_anothers(site, give):
    jonas, sofie = path_of(give("jonas")), path_of(give("sofie"))
    mark = site.get(jonas)[1]["Etag"]

    assert site.get(sofie, If_None_Match=mark)[0] == 200
    assert site.get(jonas, If_None_Match=mark)[0] == 304, "control"


def test_what_leads_nowhere_is_answered_alike(site, give, facts, clock):
    replaced, closed = give("jonas"), give("sofie")
    give("jonas")
    gone = give("amalie")
    live = [site.get(path_of(token))[0] for token in (replaced, closed, gone)]
    sofie = facts.find("app_user", login="sofie@styrelsen.example")["id"]
    with open_store(
        facts.path, Actor("sofie@styrelsen.example", "Sofie", "consultant"), clock=clock
    ) as store:
        feeds.revoke(store, sofie)
    with facts.write("user.edit"):
        user = facts.find("app_user", login="amalie@styrelsen.example")
        facts.update("app_user", user["id"], {"active": 0})

    answers = [site.get(path_of(token)) for token in (replaced, closed, gone, "ukendt", "x" * 43)]
    answers += [site.get(path) for path in ("/kalender", "/kalender/", f"/kalender/{closed}")]
    answers += [site.get(f"/kalender/{closed}.ics/x"), site.get(f"/kalender/{'x' * 101}.ics")]

    assert live == [404, 200, 200]
    assert {(status, content) for status, _, content in answers} == {(404, UNKNOWN)}
    kept = {
        frozenset((k, v) for k, v in headers.items() if k not in ("Date", "X-Request-Id"))
        for _, headers, _ in answers
    }
    assert len(kept) == 1
    headers = dict(next(iter(kept)))
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert {name: headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "Etag" not in headers


def test_a_closed_address_is_closed_also_for_one_who_has_fetched_it(site, give, facts):
    token = give("jonas")
    mark = site.get(path_of(token))[1]["Etag"]
    give("jonas")

    assert site.get(path_of(token), If_None_Match=mark)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
def test_nothing_but_reading_is_possible(site, give, facts, method):
    path = path_of(give("jonas"))
    version = facts.version()

    status, headers, content = site.ask(method, path, "BEGIN:VCALENDAR")

    refused = (405, "Kalenderen kan kun hentes. Ret aktiviteterne i Peerforløb.")
    assert (status, content, headers["Allow"]) == (*refused, "GET, HEAD")
    assert facts.version() == version
    assert site.get(path)[0] == 200


def test_what_is_sent_along_is_not_kept(site, give):
    path = path_of(give("jonas"))

    assert site.ask("GET", path, b"x" * 900_000)[0] == 200
    assert site.ask("POST", path, b"x" * 900_000)[0] == 405
    for method in ("GET", "POST"):
        with suppress(ConnectionError):  # it may hang up before all of it has been sent
            assert site.ask(method, path, b"x" * 2_000_000)[0] == 413
    assert site.get(path)[0] == 200


# --- too often ------------------------------------------------------------------------------------


def test_unknown_addresses_are_counted_by_place(site, give):
    path, near = path_of(give("jonas")), {"X_Forwarded_For": "198.51.100.4"}
    statuses = [site.get(path_of(f"ukendt{n}"), **near)[0] for n in range(60)]

    status, headers, content = site.get(path_of("ukendt"), **near)

    assert set(statuses) == {404}
    assert status == 429
    assert content.startswith("Kalenderen er hentet for mange gange på kort tid. Prøv igen om ")
    assert 60 <= int(headers["Retry-After"]) <= 600
    assert headers["Cache-Control"] == "no-store"
    assert site.get(path_of("ukendt"))[0] == 404, "another place"
    assert site.get(path, **near)[0] == 200, "a colleague at the same place has their calendar"


def test_one_calendar_is_counted_by_itself_and_what_has_not_changed_is_free(site, give):
    jonas, sofie = path_of(give("jonas")), path_of(give("sofie"))
    mark = site.get(jonas)[1]["Etag"]
    unchanged = [site.get(jonas, If_None_Match=mark)[0] for _ in range(70)]
    statuses = [site.get(jonas)[0] for _ in range(59)]

    status, headers, _ = site.get(jonas)

    assert (set(unchanged), set(statuses)) == ({304}, {200})
    assert (status, headers["Content-Type"]) == (429, "text/plain; charset=utf-8")
    assert "Etag" not in headers
    assert site.get(sofie)[0] == 200


# --- what is told to nobody -----------------------------------------------------------------------


def test_no_key_is_in_the_logs(site, give, caplog):
    token = give("jonas")
    with caplog.at_level(logging.DEBUG):
        site.get(path_of(token))
        site.get(f"/kalender/{token}")
        site.get(f"/kalender/{token}.ics/x?y={token}")
        site.ask("POST", path_of(token), "x")
        site.ask("PROPFIND", path_of(token))
        site.ask("POST", path_of(token), "x", Origin="https://evil.example")

    lines = [record.getMessage() for record in caplog.records]
    assert any("200 GET /kalender/…" in line for line in lines)
    assert any("404 GET /kalender/…" in line for line in lines)
    assert [line for line in lines if token in line] == []
    assert token not in caplog.text


def test_a_failure_is_told_without_the_key_and_without_what_went_wrong(
    site, give, caplog, monkeypatch
):
    def fail(*_: object) -> None:
        raise RuntimeError("a defect")

    token = give("jonas")
    monkeypatch.setattr(calendar_feed, "feed_bytes", fail)
    status, headers, content = site.get(path_of(token))

    assert (status, content) == (500, "Kalenderen kunne ikke hentes. Prøv igen om lidt.")
    assert headers["Cache-Control"] == "no-store"
    assert "Etag" not in headers
    assert token not in caplog.text
    assert "a defect" in caplog.text


# --- the server itself ----------------------------------------------------------------------------


def test_the_server_has_the_calendars_beside_the_pages_and_asks_nobody_who_they_are(make_site):
    server = make_site()
    now = datetime(2025, 3, 13, 10, tzinfo=UTC)
    actor = Actor("lene@styrelsen.example", "Lene", "office")
    with open_store(server.db, actor, clock=lambda: now) as store:
        user = store.find("app_user", login=actor.login)
        token = feeds.make(store, user["id"])

    status, headers, content = server.get(path_of(token), Cookie="")

    assert (status, headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert "Peerforløb – alle aktiviteter (opdigtede data)" in content.decode()
    assert server.get("/tilmelding", Cookie="")[0] == 200, "as the public pages"
    assert server.get("/om", Cookie="")[0] == 302, "control: a page does ask"
    assert server.get(path_of(token), If_None_Match=headers["Etag"])[0] == 304
    assert server.ask("POST", path_of(token), "x")[0] == 405
    assert server.get(f"/kalender/{token}")[0] == 404
    log = server.log.read_text()
    assert token not in log
    assert " GET Calendar" in log
