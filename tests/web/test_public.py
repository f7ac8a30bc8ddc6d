"""The public pages: every answer, what is kept, and what a sender must not be able to tell."""

import asyncio
import http.client
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import count
from urllib.parse import urlencode

import brotli
import pytest
import tornado.web
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from advisory.domain.errors import Refused
from advisory.store import Actor, meetings, open_store, signups
from advisory.web import public_routes
from advisory.web.desk import Desk
from advisory.web.headers import Finish
from advisory.web.signing import Signer, key_beside
from advisory.web.signup_form import FIELDS, Tickets
from advisory.web.static import AssetHandler, Assets
from advisory.web.throttle import place_of

from .apart import apart

PUBLIC = Actor("public", "Tilmelding", "public")
ASSETS = Assets()
TITLE = "Informationsmøde om peers"
CAMILLA = {
    "name": "Camilla Friis",
    "email": "camilla@struer.example",
    "municipality": "Struer",
    "workplace": "",
    "role": "",
    "question": "",
}
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
NBSP = "\u00a0"

Answer = tuple[int, dict[str, str], str]


@dataclass
class Site:
    """The public pages on a port of their own; each request comes from another place."""

    port: int
    signer: Signer
    places: Iterator[int] = field(default_factory=lambda: count(1))

    def ask(self, method: str, path: str, body: str | bytes = "", **headers: str) -> Answer:
        """Status, headers and content; `_` in a header's name stands for `-`."""
        number = next(self.places)
        sent = {"X-Forwarded-For": f"10.0.{number // 250}.{number % 250}"}
        if method == "POST":
            sent["Content-Type"] = "application/x-www-form-urlencoded"
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

    def post(self, path: str, typed: dict[str, object] | None = None, **headers: str) -> Answer:
        return self.ask("POST", path, urlencode(typed or {}), **headers)

    def ticket(self, name: str = "a", seconds: float = 60) -> str:
        """The ticket of a form that went out some seconds ago."""
        since = str(int(time.time() - seconds))
        return f"{name}.{since}.{self.signer.mark('ticket', name, since)}"

    def sign_up(self, number: int, ticket: str | None = None, **typed: object) -> Answer:
        """Send the form of a meeting, each time a form of its own unless a ticket is given."""
        ticket = ticket or self.ticket(f"form{next(self.places)}")
        return self.post(f"/tilmelding/{number}", {**CAMILLA, "ticket": ticket, **typed})


@pytest.fixture
def site(facts, clock) -> Iterator[Site]:
    """The public pages as the server has them, on the store's file and clock, in a thread."""
    started: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    ports: list[int] = []
    ready = threading.Event()

    async def serve() -> None:
        with open_store(facts.path, PUBLIC, clock=clock) as store:
            app = tornado.web.Application(
                [
                    (r"/filer/([0-9a-f]+)/([\w.-]+)", AssetHandler, {"assets": ASSETS}),
                    *public_routes.routes(public_routes.open_desk(store, ASSETS.address, "da")),
                ],
                transforms=[Finish],
                cross_origin_protection=True,
            )
            server = app.listen(0, "127.0.0.1")
            ports.append(next(iter(server._sockets.values())).getsockname()[1])
            started.append((asyncio.get_running_loop(), asyncio.Event()))
            ready.set()
            await started[0][1].wait()
            server.stop()
            await server.close_all_connections()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    yield Site(ports[0], Signer(key_beside(facts.path)))
    loop, end = started[0]
    loop.call_soon_threadsafe(end.set)
    thread.join(10)


@pytest.fixture
def meet(facts) -> Callable[..., int]:
    """`meet(20)` announces a meeting on 20 March 2025 at 14.30 in Copenhagen; returns its id."""

    def make(day: int = 20, hour: int = 14, month: int = 3, **content: object) -> int:
        starts_at = datetime(2025, month, day, hour - 1, 30, tzinfo=UTC)
        options: dict[str, object] = {
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=45),
            "signup_by": starts_at - timedelta(days=1, hours=2, minutes=30),
            "capacity": 24,
            "organiser": "Social- og Boligstyrelsen",
            "contact_email": "moeder@styrelsen.example",
            "link": "https://moede.example/hemmelig",
            **content,
        }
        kind, title = options.pop("kind", "info_meeting"), options.pop("title", TITLE)
        return meetings.create(facts, kind, title, **options)

    return make


def fill(store, number: int, people: int) -> list[str]:
    """Sign others up, and return the tokens of their links."""
    for who in range(people):
        signups.sign_up(store, number, name=f"Person {who}", email=f"p{who}@vejle.example")
    return [row["token"] for row in store.rows("signup", "activity_id = ?", [number])]


def words(page: str) -> list[str]:
    """What the page says inside `main`, line by line, without no-break spaces."""
    main = page[page.index("<main") : page.index("</main>")]
    main = re.sub(r"<datalist.*?</datalist>", "", main, flags=re.DOTALL)
    lines = re.sub(r"<(?!/?(b|a|span)\b)[^>]*>", "\n", main)
    plain = unescape(re.sub(r"<[^>]*>", "", lines)).replace(NBSP, " ").replace("\u2060", "")
    return [" ".join(line.split()) for line in plain.split("\n") if line.strip()]


def kept(store, number: int) -> list[tuple[object, ...]]:
    """The sign-ups of a meeting as name, address, state, number."""
    rows = store.rows("signup", "activity_id = ?", [number], order="queue")
    people = [store.get("person", row["person_id"]) for row in rows]
    return [
        (person["name"], person["email"], row["state"], row["queue"])
        for row, person in zip(rows, people, strict=True)
    ]


def token(store, email: str = CAMILLA["email"]) -> str:
    return store.rows("signup", "email_key = ?", [email], order="id DESC")[0]["token"]


# --- the list -----------------------------------------------------------------------------------


def test_the_list_shows_what_is_open_and_names_what_has_closed(site, meet, facts):
    first, full = meet(20), meet(25, 10, kind="webinar", title="Om recovery", capacity=1)
    meet(14, 10, title="Lukket møde")
    meet(26, title="Kun for indbudte", public=False)
    meetings.cancel(facts, meet(27, title="Aflyst"), "Sygdom")
    meet(1, title="Holdt")
    fill(facts, full, 1)

    status, _, page = site.get("/tilmelding")

    assert status == 200
    assert words(page) == [
        "Møder, du kan tilmelde dig",
        "Alle møder er gratis. Du behøver ingen konto.",
        "Informationsmøde om peers",
        "Torsdag den 20. marts 2025",
        "kl. 14.30–15.15 · Online",
        "Mindst 20 ledige pladser",
        "Tilmeld dig senest 19. mar. 2025 kl. 12.00",
        "Tilmeld dig: Informationsmøde om peers, Torsdag den 20. marts 2025",
        "Om recovery",
        "Tirsdag den 25. marts 2025",
        "kl. 10.30–11.15 · Online",
        "Fyldt – skriv dig på venteliste",
        "Tilmeld dig senest 24. mar. 2025 kl. 08.00",
        "Skriv dig på venteliste: Om recovery, Tirsdag den 25. marts 2025",
        "Møder, hvor tilmeldingen er lukket",
        "Lukket møde",
        "Fredag den 14. marts 2025 kl. 10.30–11.15",
        "Tilmeldingen lukkede 13. mar. 2025 kl. 08.00.",
    ]
    assert re.findall(r'href="(/tilmelding/\d+)"', page) == [
        f"/tilmelding/{first}",
        f"/tilmelding/{full}",
    ]


def test_without_meetings_the_list_says_what_to_do(site, meet):
    nothing = site.get("/tilmelding")
    meet(14, 10, title="Lukket møde")
    closed = site.get("/tilmelding")

    assert words(nothing[2]) == [
        "Der er ingen møder lige nu",
        "Nye møder bliver vist på denne side. Kig her igen om nogle uger.",
    ]
    assert words(closed[2])[:4] == [
        "Der er ingen møder lige nu",
        "Nye møder bliver vist på denne side. Kig her igen om nogle uger."
        " Har du et spørgsmål nu, så skriv til moeder@styrelsen.example.",
        "Møder, hvor tilmeldingen er lukket",
        "Lukket møde",
    ]


@pytest.mark.parametrize(
    ("capacity", "taken", "said"),
    [
        (None, 3, "Der er plads til alle"),
        (24, 0, "Mindst 20 ledige pladser"),
        (24, 4, "Mindst 20 ledige pladser"),
        (24, 5, "Mindst 10 ledige pladser"),
        (12, 3, "Under 10 ledige pladser"),
        (3, 2, "Under 10 ledige pladser"),
        (3, 3, "Fyldt – skriv dig på venteliste"),
        (3, 4, "Fyldt – skriv dig på venteliste"),
    ],
)
def test_free_seats_are_told_in_tens(site, meet, facts, capacity, taken, said):
    fill(facts, meet(20, capacity=capacity), taken)

    assert words(site.get("/tilmelding")[2])[5] == said


# --- the form -----------------------------------------------------------------------------------


def test_the_form_asks_for_what_is_needed_and_says_what_it_is_for(site, meet):
    number = meet(20, body="Hør, hvad et forløb går ud på.", for_whom="Ledere i kommuner")

    status, _, page = site.get(f"/tilmelding/{number}")

    assert status == 200
    assert words(page) == [
        "Informationsmøde om peers",
        "Hør, hvad et forløb går ud på.",
        "For: Ledere i kommuner.",
        "Tilmeld mig",  # what the Enter key presses
        "Tid",
        "Torsdag den 20. marts 2025",
        "kl. 14.30–15.15 · Mindst 20 ledige pladser",
        "Sted",
        "Online",
        "Tilmeld dig senest 19. mar. 2025 kl. 12.00",
        "Dine oplysninger",
        "Navn",
        "E-mail",
        "Her sender vi kvittering og link.",
        "Kommune",
        "Vælg på listen, eller skriv Anden organisation.",
        "Arbejdssted valgfrit",
        "Din rolle valgfrit",
        "Fx leder eller medarbejder. Du behøver ikke skrive den.",
        "Spørgsmål til mødet valgfrit",
        "Skriv ikke om helbred, og brug ikke CPR-numre.",
        "Lad feltet stå tomt",
        "Tilmeld mig",
        "Du kan melde afbud med linket i kvitteringen.",
        "Sådan bruger vi dine oplysninger",
        "Vi bruger dem til at holde mødet og til at sende dig praktiske mails om det.",
        "Kun de medarbejdere, der holder mødet, kan se dem.",
        "Vi sletter dem efter 20. juni 2025.",
        "Du kan se dine oplysninger med linket i kvitteringen. Du har ret til at få dem rettet"
        " eller slettet og til at klage til Datatilsynet.",
        "Dataansvarlig er Social- og Boligstyrelsen. Skriv til moeder@styrelsen.example.",
    ]
    assert len(re.findall("<option", page)) == 99
    assert '<option value="Aabenraa"></option><option value="Aalborg"></option>' in page
    assert '<option value="Anden organisation"></option></datalist>' in page
    assert re.search(r'class="trap" aria-hidden="true">.*tabindex="-1" autocomplete="off"', page)
    assert '<input type="hidden" name="meeting" value="' in page


def test_meetings_of_a_kind_are_chosen_between_and_the_one_opened_is_chosen(site, meet, facts):
    first, second = meet(20), meet(25, title="For sundhedsfolk", capacity=3)
    meet(21, kind="webinar")
    meet(14, 10)

    page = site.get(f"/tilmelding/{second}")[2]

    assert words(page)[2:9] == [
        "Vælg møde",
        "Torsdag den 20. marts 2025 kl. 14.30–15.15 · Mindst 20 ledige pladser Informationsmøde om"
        " peers Tilmeld dig senest 19. mar. 2025 kl. 12.00",
        "Tirsdag den 25. marts 2025 kl. 14.30–15.15 · Under 10 ledige pladser Tilmeld dig senest"
        " 24. mar. 2025 kl. 12.00",
        "Dine oplysninger",
        "Navn",
        "E-mail",
        "Her sender vi kvittering og link.",
    ]
    assert re.findall(r'name="meeting" value="(\d+)"( checked)?>', page) == [
        (str(first), ""),
        (str(second), " checked"),
    ]
    assert "Vi sletter dem 3 måneder efter mødet." in words(page)


def test_the_meeting_that_was_chosen_is_the_one_signed_up_for(site, meet, facts):
    first, second = meet(20), meet(25)

    _, headers, _ = site.sign_up(first, meeting=second)

    assert headers["Location"].startswith(f"/tilmelding/{second}/kvittering?k=plads.")
    assert (kept(facts, first), len(kept(facts, second))) == ([], 1)


def test_a_full_meeting_offers_the_waiting_list(site, meet, facts):
    number = meet(20, capacity=1)
    fill(facts, number, 1)

    said = words(site.get(f"/tilmelding/{number}")[2])

    assert "kl. 14.30–15.15 · Fyldt – skriv dig på venteliste" in said
    assert "Skriv mig på venteliste" in said


def test_a_closed_meeting_names_the_next(site, meet):
    closed, ahead = meet(14, 10), meet(25)

    status, _, page = site.get(f"/tilmelding/{closed}")
    answer = site.sign_up(closed)

    said = [
        "Informationsmøde om peers",
        "Tilmeldingen lukkede 13. mar. 2025 kl. 08.00.",
        "Næste møde er tirsdag den 25. marts 2025 kl. 14.30–15.15.",
        "Tid",
        "Fredag den 14. marts 2025",
        "kl. 10.30–11.15",
        "Sted",
        "Online",
        "Andre møder",
        "Tirsdag den 25. marts 2025",
        "kl. 14.30–15.15 · Mindst 20 ledige pladser",
        "Informationsmøde om peers",
        "Gå til mødet: Informationsmøde om peers, Tirsdag den 25. marts 2025 kl. 14.30–15.15",
        "Se alle møder",
    ]
    assert (status, words(page)) == (200, said)
    assert (answer[0], words(answer[2])) == (409, said)
    assert f'href="/tilmelding/{ahead}"' in page


def test_sign_up_is_open_up_to_its_last_instant(site, meet, facts, clock):
    number = meet(20)
    clock.now = datetime(2025, 3, 19, 11, 0, 0, tzinfo=UTC)
    in_time = site.sign_up(number)
    clock.tick(microseconds=1)
    late = site.sign_up(number, email="sen@struer.example")

    assert (in_time[0], late[0]) == (303, 409)
    assert [row[1] for row in kept(facts, number)] == ["camilla@struer.example"]


def test_a_cancelled_meeting_says_so(site, meet, facts):
    number = meet(20)
    meetings.cancel(facts, number, "Oplægsholderen er syg")

    status, _, page = site.get(f"/tilmelding/{number}")

    assert (status, words(page)[:3]) == (
        200,
        [
            "Informationsmøde om peers",
            "Mødet er aflyst",
            "Nye møder bliver vist på denne side. Kig her igen om nogle uger.",
        ],
    )
    assert site.sign_up(number)[0] == 409


@pytest.mark.parametrize("path", ["999", "999999999999999999", "x", "1/kvittering", "999.ics", ""])
def test_a_meeting_that_is_not_there_is_not_found(site, meet, path):
    meet(20)
    path = path and f"/{path}"

    status, headers, page = site.get(f"/tilmelding{path}" if path else "/tilmelding/nix")

    assert (status, headers["Content-Security-Policy"]) == (404, POLICY)
    assert words(page) == [
        "Siden findes ikke",
        "Mødet findes ikke, eller adressen er skrevet forkert.",
        "Se alle møder",
    ]


def test_a_meeting_that_is_not_public_is_not_found(site, meet):
    number = meet(20, public=False)

    assert [
        site.get(f"/tilmelding/{number}")[0],
        site.get(f"/tilmelding/{number}.ics")[0],
        site.sign_up(number)[0],
        site.sign_up(meet(21), meeting=number)[0],
    ] == [404] * 4


# --- signing up ---------------------------------------------------------------------------------


def test_signing_up_keeps_what_was_typed_and_shows_a_receipt(site, meet, facts):
    number = meet(20)
    typed = {
        "name": "  Camilla   Friis ",
        "email": "Camilla@Struer.example",
        "municipality": "struer kommune",
        "workplace": "Socialpsykiatrien",
        "role": "Leder",
        "question": "Hvad koster det?\r\nOg hvornår?",
    }

    status, headers, _ = site.sign_up(number, **typed)
    row = facts.find("signup", activity_id=number)
    person = facts.get("person", row["person_id"])
    receipt = site.get(headers["Location"])

    assert status == 303
    assert (person["name"], person["email"], person["delete_after"]) == (
        "Camilla Friis",
        "Camilla@Struer.example",
        "2025-06-20",
    )
    names = ("email_key", "state", "queue", "municipality_text", "workplace", "role", "question")
    assert [row[name] for name in (*names, "language", "source")] == [
        "camilla@struer.example",
        "seat",
        1,
        "struer kommune",
        "Socialpsykiatrien",
        "Leder",
        "Hvad koster det?\nOg hvornår?",
        "da",
        "public",
    ]
    assert facts.get("municipality", row["municipality_id"])["name"] == "Struer"
    assert (receipt[0], words(receipt[2])) == (
        200,
        [
            "Du er tilmeldt",
            "Kvitteringen er på vej til din mail. Kig i uønsket mail, hvis den ikke er kommet om"
            " 10 minutter.",
            "Informationsmøde om peers",
            "Tid",
            "Torsdag den 20. marts 2025",
            "kl. 14.30–15.15",
            "Sted",
            "Online",
            "Læg i kalender",
            "Det sker der nu",
            "I dag Du får en kvittering på mail.",
            "Onsdag den 19. marts 2025 kl. 12.30 Du får linket til mødet på mail.",
            "Torsdag den 20. marts 2025 kl. 08.00 Du får en påmindelse på mail.",
            "Torsdag den 20. marts 2025 kl. 14.30 Mødet begynder.",
            "Tilmeld en kollega",
            "Kan du ikke alligevel, så meld afbud med linket i mailen. Dér kan du også se dine"
            " oplysninger. Vi sletter dem efter 20. juni 2025.",
        ],
    )


def test_who_waits_is_told_so_and_shown_where_there_are_seats(site, meet, facts):
    full, other = meet(20, capacity=1), meet(25)
    fill(facts, full, 1)

    _, headers, _ = site.sign_up(full)
    _, _, receipt = site.get(headers["Location"])

    assert headers["Location"].startswith(f"/tilmelding/{full}/kvittering?k=venteliste.")
    assert kept(facts, full)[1] == ("Camilla Friis", "camilla@struer.example", "waiting", 2)
    assert words(receipt) == [
        "Mødet er fyldt",
        "Du står på ventelisten. Har du allerede en plads, beholder du den. Mailen fra os siger,"
        " hvad der gælder.",
        "Informationsmøde om peers",
        "Tid",
        "Torsdag den 20. marts 2025",
        "kl. 14.30–15.15",
        "Sted",
        "Online",
        "Andre møder",
        "Tirsdag den 25. marts 2025",
        "kl. 14.30–15.15 · Mindst 20 ledige pladser",
        "Informationsmøde om peers",
        "Gå til mødet: Informationsmøde om peers, Tirsdag den 25. marts 2025 kl. 14.30–15.15",
        "Hvis du bliver på ventelisten",
        "Bliver der en plads Du får en mail og har 24 timer til at sige ja. Derefter går pladsen"
        " videre.",
        "Senest onsdag den 19. marts 2025 kl. 16.00 Du får besked, også hvis der ikke blev plads.",
        "Tilmeld en kollega",
        "Kan du ikke alligevel, så meld afbud med linket i mailen. Dér kan du også se dine"
        " oplysninger. Vi sletter dem efter 20. juni 2025.",
    ]
    assert f'href="/tilmelding/{other}"' in receipt


@pytest.mark.parametrize("changed", ["", "plads.", "plads.AAAA", "venteliste.{mark}", "nix.{mark}"])
def test_a_receipt_nobody_was_given_is_not_found(site, meet, changed):
    number = meet(20)
    mark = site.signer.mark("receipt", str(number), "plads")

    assert site.get(f"/tilmelding/{number}/kvittering?k=plads.{mark}")[0] == 200
    answer = site.get(f"/tilmelding/{number}/kvittering?k=" + changed.format(mark=mark))
    assert answer[0] == 404


def test_the_same_form_twice_is_one_row_and_the_same_receipt(site, meet, facts):
    number = meet(20, capacity=1)
    ticket = site.ticket()

    answers = [site.sign_up(number, ticket)[:2] for _ in range(3)]

    assert [(status, headers["Location"]) for status, headers in answers] == [
        (303, answers[0][1]["Location"])
    ] * 3
    assert "k=plads." in answers[0][1]["Location"]
    assert kept(facts, number) == [("Camilla Friis", "camilla@struer.example", "seat", 1)]


def test_clicks_at_the_same_moment_are_one_row(site, meet, facts):
    number = meet(20)
    ticket = site.ticket()

    with ThreadPoolExecutor(8) as clicks:
        answers = list(clicks.map(lambda _: site.sign_up(number, ticket)[0], range(8)))

    assert (answers, len(kept(facts, number))) == ([303] * 8, 1)


def test_who_goes_back_and_writes_a_colleague_in_the_same_form_signs_up_two(site, meet, facts):
    number, other = meet(20), meet(25)
    ticket = site.ticket()

    site.sign_up(number, ticket)
    site.sign_up(number, ticket, name="Mona Lund", email="mona@struer.example")
    site.sign_up(number, ticket, meeting=other)

    assert [row[0] for row in kept(facts, number)] == ["Camilla Friis", "Mona Lund"]
    assert [row[0] for row in kept(facts, other)] == ["Camilla Friis"]


# --- what a sender must not be able to tell -----------------------------------------------------


def seen(site: Site, number: int, email: str, **typed: object) -> list[object]:
    """All that somebody sees who sends a form for an address, without what is new every time."""
    status, headers, body = site.sign_up(number, email=email, **typed)
    answers: list[object] = [(status, headers, body)]
    if "Location" in headers:
        answers.append(site.get(headers["Location"]))
    for path in ("", f"/{number}"):
        answers.append(site.get(f"/tilmelding{path}"))
    text = re.sub(r'name="ticket" value="[^"]+"', "", repr(answers))
    text = re.sub(r"'(Date|Etag|Content-Length|X-Request-Id)': '[^']*'", "", text)
    return text.replace(email, "…").split("\\n")


@pytest.mark.parametrize(
    ("capacity", "others", "typed"),
    [
        (24, 0, {}),
        (None, 3, {}),
        (2, 2, {}),
        (2, 4, {}),
        (24, 0, {"question": "Mit nummer er 010101-1234"}),
        (24, 0, {"name": ""}),
        (24, 0, {"name": "x" * 121}),
        (24, 0, {"municipality": "Nix"}),
        (24, 0, {"more": "filled in by a robot"}),
    ],
)
def test_a_known_address_gets_the_same_answer_as_a_new_one(
    site, meet, facts, capacity, others, typed
):
    number = meet(20, capacity=capacity)
    site.sign_up(number, email="kendt@struer.example")
    fill(facts, number, others)

    known = seen(site, number, "kendt@struer.example", **typed)
    new = seen(site, number, "ukendt@struer.example", **typed)

    assert known == new


def test_control_the_pages_differ_where_something_is_different(site, meet, facts):
    number = meet(20, capacity=2)

    before = seen(site, number, "en@struer.example")
    site.sign_up(number, email="to@struer.example")
    after = seen(site, number, "tre@struer.example")

    assert before != after


def test_one_who_left_comes_back_as_a_new_one_does(site, meet, facts):
    number = meet(20)
    site.sign_up(number, email="var@struer.example")
    signups.withdraw(facts, facts.find("signup", activity_id=number)["id"])

    assert seen(site, number, "var@struer.example") == seen(site, number, "ny@struer.example")
    assert [row[2] for row in kept(facts, number)] == ["seat", "seat"]


def test_the_time_an_answer_takes_is_printed_and_not_judged(site, meet):
    number = meet(20, capacity=None)
    site.sign_up(number, email="kendt0@struer.example")
    taken: dict[str, list[float]] = {"known": [], "new": []}
    for who in range(10):
        for kind, email in (("known", "kendt0"), ("new", f"ny{who}")):
            if kind == "known" and who > 3:
                continue  # an address may be sent five times
            started = time.monotonic()
            assert site.sign_up(number, email=f"{email}@struer.example")[0] == 303
            taken[kind].append(time.monotonic() - started)

    print({kind: [round(1000 * one) for one in sorted(found)] for kind, found in taken.items()})


# --- what is wrong with a form ------------------------------------------------------------------


def test_what_is_to_be_mended_is_listed_and_said_at_the_field_and_nothing_is_lost(
    site, meet, facts
):
    number = meet(20)
    typed = {
        "name": "",
        "email": "camilla.struer.dk",
        "municipality": "Høje Tastrup",
        "workplace": '"><script>alert(1)</script>',
        "role": "Leder",
        "question": "010101-1234\nog mere",
    }

    status, _, page = site.sign_up(number, site.ticket("same"), **typed)

    sentences = {
        "name": "Skriv dit navn.",
        "email": "Skriv en mailadresse med @, fx navn@kommune.example.",
        "municipality": "Vi fandt ikke ”Høje Tastrup”. Mente du Høje-Taastrup?",
        "question": "Det ligner et CPR-nummer. Fjern det, før du sender.",
    }
    labels = ("Navn", "E-mail", "Kommune", "Spørgsmål til mødet")
    said = words(page)
    assert status == 422
    assert page.startswith("<!doctype html>")
    assert "<title>Fejl: Informationsmøde om peers · " in page
    assert said[1:6] == [
        "Ret 4 felter, før du kan tilmelde dig",
        *(f"{label}: {text}" for label, text in zip(labels, sentences.values(), strict=True)),
    ]
    assert re.findall(r'<a href="#(\w+)">', page) == list(sentences)
    for name, sentence in sentences.items():
        box = page[page.index(f'id="{name}"') :]
        about = re.search(r'aria-describedby="([^"]+)" aria-invalid="true"', box)[1]
        assert about.split()[0] == f"{name}-problem"
        assert unescape(re.search(rf'id="{name}-problem">.*?<span>(.*?)</span>', page)[1]) == (
            sentence
        )
    values = dict(re.findall(r'id="(\w+)" name="\w+" type="\w+" value="([^"]*)"', page))
    assert {name: unescape(values[name]) for name in values} == {
        name: typed[name] for name in FIELDS if name != "question"
    }
    assert "010101-1234\nog mere</textarea>" in page
    assert "<script" not in page
    assert 'name="ticket" value="same.' in page
    assert kept(facts, number) == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            {"name": "Vind nu: https://x.example"},
            "Skriv dit navn og ikke en adresse på en hjemmeside.",
        ),
        ({"email": ""}, "Skriv din mailadresse, fx navn@kommune.example."),
        ({"email": "a b@c.dk"}, "Skriv en mailadresse med @, fx navn@kommune.example."),
        ({"municipality": ""}, "Vælg en kommune på listen, eller skriv Anden organisation."),
        (
            {"municipality": "Atlantis"},
            "Vi fandt ikke ”Atlantis”. Vælg kommunen på listen, eller skriv Anden organisation.",
        ),
        ({"municipality": "Faxø"}, "Vi fandt ikke ”Faxø”. Mente du Faxe eller Fanø?"),
        ({"name": "x" * 121}, "Teksten er for lang. Skriv højst 120 tegn."),
        ({"question": "x" * 1001}, "Teksten er for lang. Skriv højst 1.000 tegn."),
        ({"name": "0101011234"}, "Det ligner et CPR-nummer. Fjern det, før du sender."),
        ({"email": "010101-1234@x.dk"}, "Det ligner et CPR-nummer. Fjern det, før du sender."),
        ({"workplace": "010101 1234"}, "Det ligner et CPR-nummer. Fjern det, før du sender."),
        ({"role": "010101-1234"}, "Det ligner et CPR-nummer. Fjern det, før du sender."),
        ({"municipality": "010101-1234"}, "Det ligner et CPR-nummer. Fjern det, før du sender."),
    ],
)
def test_a_field_that_cannot_be_used_says_what_to_write(site, meet, facts, typed, sentence):
    number = meet(20)

    status, _, page = site.sign_up(number, **typed)

    (name,) = typed
    found = re.search(rf'id="{name}-problem">.*?<span>(.*?)</span>', page)[1]
    assert (status, unescape(found).replace(NBSP, " ")) == (422, sentence)
    assert words(page)[1] == "Ret 1 felt, før du kan tilmelde dig"
    assert facts.rows("signup") == []


@pytest.mark.parametrize(
    ("typed", "name", "written"),
    [
        ("Struer", "Struer", "Struer"),
        (" høje tåstrup ", "Høje-Taastrup", "høje tåstrup"),
        ("Aabenraa Kommune", "Aabenraa", "Aabenraa Kommune"),
        ("anden  ORGANISATION", None, "Anden organisation"),
        ("Another organisation", None, "Anden organisation"),
    ],
)
def test_a_municipality_is_known_by_its_names_and_another_organisation_is_none(
    site, meet, facts, typed, name, written
):
    number = meet(20)

    site.sign_up(number, municipality=typed)
    row = facts.find("signup", activity_id=number)

    known = row["municipality_id"] and facts.get("municipality", row["municipality_id"])["name"]
    assert (known, row["municipality_text"]) == (name, written)


def test_a_name_that_may_have_been_meant_is_filled_in_by_its_button_only(site, meet, facts):
    number = meet(20)
    page = site.sign_up(number, municipality="Høje Tastrup")[2]
    button = re.search(r'name="fill" value="([^"]+)" formaction="([^"]+)"', page)

    status, _, filled = site.sign_up(number, municipality="Høje Tastrup", fill=button[1], email="")

    assert button.groups() == ("Høje-Taastrup", f"/tilmelding/{number}#municipality")
    assert (status, "problem" in filled) == (200, False)
    assert 'name="municipality" type="text" value="Høje-Taastrup"' in filled
    assert facts.rows("signup") == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe=\x00",
        b"name",
        b"&".join(b"name=x" for _ in range(200)),
        b'{"name": "x"}',
        b"name=%00%1b&email=%ed%a0%80&municipality=%F0%9F%92%A3",
    ],
)
def test_a_body_that_is_no_form_is_a_form_to_be_mended(site, meet, facts, body):
    number = meet(20)

    status, _, page = site.ask("POST", f"/tilmelding/{number}", body)

    assert (status, "Ret 3 felter" in page.replace(NBSP, " ")) == (422, True)
    assert facts.rows("signup") == []


# --- robots -------------------------------------------------------------------------------------


def test_a_form_with_the_hidden_field_filled_in_is_answered_kindly_and_not_kept(site, meet, facts):
    number, full = meet(20), meet(25, capacity=1)
    fill(facts, full, 1)
    before = facts.version()

    answers = [site.sign_up(one, more="x", ticket="no ticket") for one in (number, full)]

    assert [status for status, _, _ in answers] == [303, 303]
    assert [headers["Location"].partition("k=")[2].partition(".")[0] for _, headers, _ in answers]
    assert [site.get(headers["Location"])[0] for _, headers, _ in answers] == [200, 200]
    assert facts.version() == before


@pytest.mark.parametrize("ticket", ["soon", "old", "none", "changed", "later"])
def test_a_form_sent_too_soon_or_with_no_ticket_of_ours_is_asked_to_be_sent_again(
    site, meet, facts, ticket
):
    number = meet(20)
    good = site.ticket("good")
    tickets = {
        "soon": site.ticket(seconds=1),
        "old": site.ticket(seconds=25 * 3600),
        "none": "",
        "changed": good.replace("good", "other"),
        "later": site.ticket(seconds=-600),
    }

    status, _, page = site.sign_up(number, tickets[ticket] or "-", question="Hvad koster det?")
    again = re.search(r'name="ticket" value="([^"]+)"', page)[1]

    assert (status, facts.rows("signup")) == (422, [])
    assert words(page)[1:3] == [
        "Tilmeldingen er ikke sendt endnu",
        "Tryk på knappen nederst igen. Det, du har skrevet, står her endnu.",
    ]
    assert "Hvad koster det?</textarea>" in page
    assert 'value="camilla@struer.example"' in page
    assert (again == tickets[ticket]) == (ticket in ("soon", "later"))


def test_a_ticket_is_good_from_three_seconds_to_a_day(site):
    tickets = Tickets(site.signer)

    ages = {2: False, 3.9: True, 60: True, 23.9 * 3600: True, 24.1 * 3600: False}
    assert {age: tickets.is_in_time(site.ticket(seconds=age)) for age in ages} == ages
    assert tickets.is_in_time(tickets.new()) is False


def test_many_forms_from_one_place_have_to_wait_and_another_place_has_not(site, meet, facts):
    number = meet(20, capacity=None)

    def send(who: int, place: str) -> Answer:
        typed = {**CAMILLA, "email": f"p{who}@struer.example", "ticket": site.ticket()}
        return site.post(f"/tilmelding/{number}", typed, X_Forwarded_For=place)

    statuses = [send(who, f"{who}.1.1.1, 192.0.2.7")[0] for who in range(60)]
    status, headers, page = send(60, "192.0.2.7")
    other = send(61, "192.0.2.7, 192.0.2.8")

    assert statuses == [303] * 60
    assert (status, headers["Retry-After"], other[0]) == (429, "600", 303)
    assert words(page)[1:3] == [
        "Tilmeldingen er ikke sendt endnu",
        "Der er sendt mange tilmeldinger på kort tid. Vent 10 minutter, og tryk på knappen"
        " nederst igen. Det, du har skrevet, står her endnu.",
    ]
    assert 'value="p60@struer.example"' in page
    assert len(kept(facts, number)) == 61


def test_an_address_may_be_sent_five_times_an_hour(site, meet):
    numbers = [meet(20 + day) for day in range(6)]

    answers = [site.sign_up(number, email="Mange@Struer.example") for number in numbers]

    assert [status for status, _, _ in answers] == [303] * 5 + [429]
    assert answers[5][1]["Retry-After"] == "3600"


@pytest.mark.parametrize(
    ("near", "said", "place"),
    [
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.4", "198.51.100.4"),
        ("::1", "10.0.0.1, 198.51.100.4", "198.51.100.4"),
        ("127.0.0.1", "198.51.100.4, nonsense", "127.0.0.1"),
        ("127.0.0.1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("127.0.0.1", "::ffff:198.51.100.4", "198.51.100.4"),
        ("203.0.113.9", "198.51.100.4", "203.0.113.9"),
        ("2001:db8::1", "198.51.100.4", "2001:db8::/64"),
        (None, "198.51.100.4", "None"),
    ],
)
def test_only_a_proxy_on_this_machine_is_believed(near, said, place):
    headers = HTTPHeaders({"Host": "localhost", **({"X-Forwarded-For": said} if said else {})})
    start = RequestStartLine("POST", "/", "HTTP/1.1")
    request = HTTPServerRequest(headers=headers, start_line=start)
    request.remote_ip = near

    assert place_of(request) == place


# --- what is too large, and what comes from elsewhere -------------------------------------------


@pytest.mark.parametrize("size", [65 * 1024, 900 * 1024, 3 * 1024 * 1024])
def test_more_than_a_form_can_hold_is_refused(site, meet, facts, size):
    number = meet(20)
    body = b"question=" + b"x" * size

    with suppress(ConnectionError):  # the largest is not read to its end
        status, _, page = site.ask("POST", f"/tilmelding/{number}", body)
        assert (status, words(page)[0]) == (413, "Det var for meget tekst")

    assert site.get("/tilmelding")[0] == 200
    assert facts.rows("signup") == []


def test_a_form_just_small_enough_is_read(site, meet):
    number = meet(20)
    body = urlencode({**CAMILLA, "ticket": site.ticket(), "question": ""}) + "&question="

    status, _, page = site.ask("POST", f"/tilmelding/{number}", body + "x" * (65_536 - len(body)))

    assert (status, "Skriv højst 1.000 tegn" in page) == (422, True)


ORIGINS = [  # Sec-Fetch-Site, Origin, whether the post is taken
    ("same-origin", None, True),
    ("none", None, True),
    ("same-origin", "{own}", True),
    ("same-origin", "https://evil.example", True),  # the browser itself says that it is ours
    ("none", "https://evil.example", True),
    (None, None, True),  # no browser: nothing of a visitor's goes along
    (None, "{own}", True),
    ("cross-site", None, False),
    ("cross-site", "{own}", False),
    ("cross-site", "https://evil.example", False),
    ("same-site", None, False),
    ("same-site", "https://evil.example", False),
    ("same-site", "http://localhost", False),
    (None, "https://evil.example", False),
    (None, "http://evil.example:{port}", False),
    (None, "http://127.0.0.1:1", False),
    (None, "http://127.0.0.1", False),
    (None, "http://127.0.0.1.evil.example:{port}", False),
    (None, "http://localhost:{port}", False),
    (None, "null", False),
    (None, "", False),
    ("nonsense", None, False),
    ("nonsense", "https://evil.example", False),
    ("CROSS-SITE", "https://evil.example", False),
]


@pytest.mark.parametrize("path", ["/tilmelding/{n}", "/m/{t}/afbud", "/m/{t}/ja", "/m/{t}/skift"])
def test_a_form_on_another_site_cannot_post_here(site, meet, facts, path):
    number = meet(20)
    (key,) = fill(facts, number, 1)
    path = path.format(n=number, t=key)

    for fetch, origin, taken in ORIGINS:
        headers = {"Sec_Fetch_Site": fetch} if fetch is not None else {}
        if origin is not None:
            own = f"http://127.0.0.1:{site.port}"
            headers["Origin"] = origin.format(own=own, port=site.port)
        before = facts.version()
        body = {**CAMILLA, "ticket": site.ticket(f"form{next(site.places)}")}
        status, _, page = site.post(path, {**body, "email": ""}, **headers)
        assert (status != 403) == taken, (fetch, origin)
        if status == 403:
            assert words(page)[0] == "Tilmeldingen kom ikke herfra"
            assert facts.version() == before


# --- the page behind the link in the mail -------------------------------------------------------


@pytest.fixture
def mine(site, meet, facts) -> Callable[..., tuple[int, str]]:
    """`mine(capacity, others)` signs Camilla up after some others; the meeting and her address."""

    def make(capacity: int = 24, others: int = 0, **content: object) -> tuple[int, str]:
        number = meet(20, capacity=capacity, **content)
        fill(facts, number, others)
        site.sign_up(number)
        return number, f"/m/{token(facts)}"

    return make


FACTS = [
    "Informationsmøde om peers",
    "Tid",
    "Torsdag den 20. marts 2025",
    "kl. 14.30–15.15",
    "Sted",
    "Online",
]


def test_one_who_has_a_seat_sees_the_meeting_and_may_cancel(site, mine):
    _, here = mine()

    status, headers, page = site.get(here)

    assert (status, words(page)) == (
        200,
        [
            "Du er tilmeldt",
            *FACTS,
            "Læg i kalender",
            "Det sker der nu",
            "Onsdag den 19. marts 2025 kl. 12.30 Du får linket til mødet på mail.",
            "Torsdag den 20. marts 2025 kl. 08.00 Du får en påmindelse på mail.",
            "Torsdag den 20. marts 2025 kl. 14.30 Mødet begynder.",
            "Meld afbud",
            "Se mine oplysninger",
        ],
    )
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in page
    assert f'href="{here}.ics"' in page


def test_one_who_waits_sees_the_number_and_meetings_with_seats(site, mine, meet):
    other = meet(25)
    _, here = mine(2, 4)

    page = site.get(here)[2]

    assert words(page) == [
        "Du er nr. 3 på ventelisten",
        *FACTS,
        "Mindst 20 ledige pladser tirsdag den 25. marts 2025",
        "kl. 14.30–15.15",
        "Skift til tirsdag den 25. marts 2025",
        "Hvis du bliver på ventelisten",
        "Bliver der en plads Du får en mail og har 24 timer til at sige ja. Derefter går pladsen"
        " videre.",
        "Senest onsdag den 19. marts 2025 kl. 16.00 Du får besked, også hvis der ikke blev plads.",
        "Slet mig fra ventelisten",
        "Se mine oplysninger",
    ]
    assert f'<input type="hidden" name="meeting" value="{other}">' in page


def test_cancelling_is_asked_once_and_frees_the_seat(site, mine, facts):
    number, here = mine(1)
    fill(facts, number, 1)

    asked = site.get(f"{here}/afbud")
    before = kept(facts, number)
    status, headers, _ = site.post(f"{here}/afbud")
    again = site.post(f"{here}/afbud")
    after = site.get(headers["Location"])

    assert words(asked[2]) == [
        "Meld afbud?",
        "Din plads går videre til den næste på ventelisten.",
        *FACTS,
        "Meld afbud",
        "Behold pladsen",
    ]
    assert [row[2] for row in before] == ["seat", "waiting"]
    assert (status, headers["Location"], again[0]) == (303, here, 303)
    assert [row[2] for row in kept(facts, number)] == ["withdrawn", "offered"]
    assert words(after[2]) == [
        "Du har meldt afbud",
        "Du står ikke længere på listen til mødet. Vil du alligevel med, kan du tilmelde dig igen.",
        *FACTS,
        "Tilmeld dig igen",
        "Se mine oplysninger",
    ]


@pytest.fixture
def offered(site, mine, facts) -> tuple[int, str]:
    """Camilla has been offered the one seat, to answer before tomorrow at 10.00."""
    number, here = mine(1, 1)
    first = facts.rows("signup", "activity_id = ?", [number], order="queue")[0]
    signups.withdraw(facts, first["id"])
    return number, here


def test_an_offer_says_until_when_and_is_accepted(site, offered, facts):
    number, here = offered

    page = site.get(here)[2]
    status, headers, _ = site.post(f"{here}/ja")
    again = site.post(f"{here}/ja")

    assert words(page) == [
        "Der er en plads til dig",
        "Svar senest fredag den 14. marts 2025 kl. 10.00. Derefter går pladsen videre til den"
        " næste.",
        *FACTS,
        "Ja tak til pladsen",
        "Nej tak",
        "Se mine oplysninger",
    ]
    assert (status, headers["Location"], again[0]) == (303, here, 303)
    assert words(site.get(here)[2])[0] == "Du er tilmeldt"
    assert kept(facts, number)[1][2] == "seat"


def test_an_offer_is_declined(site, offered, facts):
    number, here = offered

    site.post(f"{here}/nej")

    assert words(site.get(here)[2])[:2] == [
        "Du har sagt nej til pladsen",
        "Pladsen er gået videre til den næste. Vil du alligevel med, kan du tilmelde dig igen.",
    ]
    assert kept(facts, number)[1][2] == "declined"


def test_an_offer_that_was_due_is_over_before_anybody_has_noted_it(site, offered, facts, clock):
    _, here = offered
    clock.tick(hours=24, seconds=1)
    before = facts.version()

    page = site.get(here)[2]
    unchanged = facts.version() == before
    late = site.post(f"{here}/ja")

    assert unchanged
    assert words(page)[:2] == [
        "Fristen for at svare er udløbet",
        "Pladsen er gået videre til den næste. Vil du alligevel med, kan du tilmelde dig igen.",
    ]
    assert (late[0], words(late[2])[0]) == (
        409,
        "Fristen for at svare er udløbet, og pladsen er gået videre til den næste.",
    )
    assert "Ja tak" not in late[2]


def test_changing_to_another_meeting_is_one_step(site, mine, meet, facts):
    other = meet(25)
    number, here = mine(2, 4)

    status, headers, _ = site.post(f"{here}/skift", {"meeting": other})

    assert status == 303
    assert headers["Location"] != here
    assert words(site.get(headers["Location"])[2])[:4] == [
        "Du er tilmeldt",
        "Informationsmøde om peers",
        "Tid",
        "Tirsdag den 25. marts 2025",
    ]
    assert kept(facts, number)[4][2] == "withdrawn"
    assert kept(facts, other) == [("Camilla Friis", "camilla@struer.example", "seat", 1)]
    operations = facts.rows("history", "table_name = 'signup'", order="id DESC LIMIT 2")
    assert len({row["operation"] for row in operations}) == 1


def test_changing_to_a_meeting_that_has_filled_up_changes_nothing(site, mine, meet, facts):
    other = meet(25, capacity=1)
    _, here = mine(2, 4)
    fill(facts, other, 1)
    before = facts.version()

    status, _, page = site.post(f"{here}/skift", {"meeting": other})

    assert (status, words(page)[:2]) == (
        409,
        [
            "Der er ikke længere en ledig plads på det møde. Du beholder dit nummer på"
            " ventelisten.",
            "Du er nr. 3 på ventelisten",
        ],
    )
    assert facts.version() == before


@pytest.mark.parametrize("meeting", ["", "x", "999", "-1", "9" * 30])
def test_changing_to_nowhere_is_not_found(site, mine, meeting):
    _, here = mine(2, 4)

    assert site.post(f"{here}/skift", {"meeting": meeting})[0] == 404


def test_a_seat_is_not_changed(site, mine, meet, facts):
    other = meet(25)
    _, here = mine()

    answer = site.post(f"{here}/skift", {"meeting": other})

    assert (answer[0], kept(facts, other)) == (409, [])


def test_what_is_kept_about_a_person_is_shown_with_the_day_it_is_deleted(site, meet, facts):
    number = meet(20)
    site.sign_up(number, question="Hvad koster det?", role="Leder")

    page = site.get(f"/m/{token(facts)}/oplysninger")[2]

    assert words(page) == [
        "Dine oplysninger",
        "Informationsmøde om peers, torsdag den 20. marts 2025",
        "Navn",
        "Camilla Friis",
        "E-mail",
        "camilla@struer.example",
        "Kommune",
        "Struer",
        "Arbejdssted",
        "–",
        "Din rolle",
        "Leder",
        "Spørgsmål til mødet",
        "Hvad koster det?",
        "Sprog i mails",
        "Dansk",
        "Tilmeldt",
        "13. mar. 2025 kl. 10.00",
        "Sådan bruger vi dine oplysninger",
        "Vi bruger dem til at holde mødet og til at sende dig praktiske mails om det.",
        "Kun de medarbejdere, der holder mødet, kan se dem.",
        "Vi sletter dem efter 20. juni 2025.",
        "Vil du have noget rettet eller slettet før, så sig det til os. Skriv til"
        " moeder@styrelsen.example. Dataansvarlig er Social- og Boligstyrelsen.",
        "Tilbage til din tilmelding",
    ]


def test_a_cancelled_meeting_says_why_and_leaves_nothing_to_do(site, mine, facts):
    number, here = mine()
    meetings.cancel(facts, number, "Oplægsholderen er syg")

    assert words(site.get(here)[2]) == [
        "Mødet er aflyst",
        "Oplægsholderen er syg",
        *FACTS,
        "Se mine oplysninger",
    ]
    assert site.get(f"{here}.ics")[0] == 404


def test_after_the_meeting_there_is_nothing_to_give_up(site, mine, clock):
    _, here = mine()
    clock.now = datetime(2025, 3, 21, 9, tzinfo=UTC)

    page = site.get(here)[2]
    asked = site.get(f"{here}/afbud")
    late = site.post(f"{here}/afbud")

    assert words(page) == ["Du er tilmeldt", "Mødet er holdt.", *FACTS, "Se mine oplysninger"]
    assert words(asked[2]) == words(page)
    assert (late[0], words(late[2])[0]) == (
        409,
        "Mødet er begyndt, så pladsen kan ikke gives videre.",
    )


@pytest.mark.parametrize("below", ["", ".ics", "/afbud", "/oplysninger", "/ja", "/skift", "/nix"])
def test_an_unknown_link_is_one_sentence(site, below):
    status, headers, page = site.get(f"/m/ukendt{below}")

    assert status == 404
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"] == POLICY
    if below != "/nix":
        assert words(page) == [
            "Linket gælder ikke",
            "Brug det nyeste link, du har fået i en mail fra os.",
            "Se alle møder",
        ]


def test_posts_to_an_unknown_link_change_nothing(site, facts, mine):
    mine()
    before = facts.version()

    statuses = [site.post(f"/m/ukendt/{what}")[0] for what in ("afbud", "ja", "nej", "skift")]

    assert (statuses, facts.version()) == ([404] * 4, before)


# --- reading changes nothing, and says nothing to others ----------------------------------------


def test_reading_changes_nothing(site, offered, meet, facts):
    number, here = offered
    receipt = site.signer.mark("receipt", str(number), "plads")
    paths = [
        "/tilmelding",
        f"/tilmelding/{number}",
        f"/tilmelding/{number}.ics",
        f"/tilmelding/{number}/kvittering?k=plads.{receipt}",
        *(f"{here}{below}" for below in ("", "/afbud", "/oplysninger", "/ja", "/nej", "/skift")),
    ]
    before = facts.version()

    statuses = [site.get(path)[0] for path in paths]
    heads = [site.ask("HEAD", path)[0] for path in paths[:7]]

    assert statuses == [200] * 7 + [303] * 3
    assert heads == [200] * 7
    assert facts.version() == before


def test_no_key_of_a_person_is_in_the_logs(site, offered, caplog):
    _, here = offered
    key = here.removeprefix("/m/")
    with caplog.at_level(logging.DEBUG):
        site.get(here)
        site.post(f"{here}/skift", {"meeting": "x"})
        site.post(f"{here}/ja", Origin="https://evil.example")
        site.get(f"{here}/nix")
        site.get(f"{here}.ics")
        site.ask("PUT", here)

    lines = [record.getMessage() for record in caplog.records]
    assert any("GET /m/…" in line for line in lines)
    assert [line for line in lines if key in line] == []


def test_a_failure_is_told_without_the_key_and_without_what_went_wrong(
    site, offered, caplog, monkeypatch
):
    _, here = offered

    def fail(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(signups, "by_token", fail)
    status, headers, page = site.get(here)

    assert (status, words(page)) == (
        500,
        ["Siden kunne ikke vises", "Fejlen er hos os. Prøv igen om lidt.", "Se alle møder"],
    )
    assert headers["Content-Security-Policy"] == POLICY
    assert here.removeprefix("/m/") not in caplog.text
    assert "a defect" in caplog.text


def test_a_file_that_cannot_be_written_keeps_what_was_typed(site, meet, facts, monkeypatch):
    number = meet(20)

    def busy(*_: object, **__: object) -> None:
        raise Refused("database_busy")

    monkeypatch.setattr(signups, "sign_up", busy)
    status, _, page = site.sign_up(number, question="Hvad koster det?")

    assert (status, "Hvad koster det?</textarea>" in page) == (503, True)
    assert words(page)[1] == "Tilmeldingen er ikke sendt endnu"


def pages(site: Site, number: int, here: str) -> list[tuple[str, Answer]]:
    """One of each page, in answer to a get or a post."""
    receipts = [
        f"/tilmelding/{number}/kvittering?k={word}.{site.signer.mark('receipt', str(number), word)}"
        for word in ("plads", "venteliste")
    ]
    paths = ["/tilmelding", f"/tilmelding/{number}", *receipts, "/tilmelding/nix"]
    paths += [f"{here}{below}" for below in ("", "/afbud", "/oplysninger")]
    return [(path, site.get(path)) for path in paths] + [
        ("errors", site.sign_up(number, name="")),
        ("too soon", site.sign_up(number, "x")),
        ("unknown link", site.get("/m/nix")),
    ]


def test_every_page_has_the_headers_and_no_script_style_or_other_host(site, offered):
    for path, (_, headers, page) in pages(site, *offered):
        assert headers["Content-Security-Policy"] == POLICY, path
        assert headers["Cache-Control"] == "no-store", path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "Set-Cookie" not in headers, path
        assert re.findall(r"<script|<style|\sstyle=|\son\w+=|javascript:", page) == [], path
        assert re.findall(r'(?:src|href|action)="(?:https?:)?//', page) == [], path
        assert page.count("<h1>") == 1, path
        assert '<html lang="da">' in page, path


def test_english_is_chosen_by_the_address_and_goes_along(site, offered, meet):
    number, here = offered
    meet(25)
    english = {"lang": "en"}
    found = [
        site.get(f"/tilmelding?{urlencode(english)}"),
        site.get(f"/tilmelding/{number}?lang=en"),
        site.get(f"{here}?lang=en"),
        site.post(f"/tilmelding/{number}?lang=en", {"name": "x"}),
        site.get("/tilmelding/nix?lang=en"),
        site.get(f"{here}/afbud?lang=en"),
    ]

    for status, _, page in found:
        inside = page[page.index('class="brand"') :]
        addresses = re.findall(r'(?:href|action|formaction)="(/(?!filer)[^"]*)"', inside)
        assert '<html lang="en">' in page, status
        assert addresses
        assert {one for one in addresses if "lang=en" not in one} <= {
            one for one in addresses if one.endswith("?lang=da")
        }
        assert not re.search("[æøåÆØÅ]", " ".join(words(page)).replace(TITLE, ""))
    assert words(found[0][2])[0] == "Meetings you can sign up for"
    assert f'<h1 lang="da">{TITLE}</h1>' in found[1][2]
    assert words(found[2][2])[0] == "There is a seat for you"


def test_a_sign_up_in_english_is_kept_so_and_its_page_is_english(site, meet, facts):
    number = meet(20)

    status, headers, _ = site.post(
        f"/tilmelding/{number}?lang=en", {**CAMILLA, "ticket": site.ticket()}
    )
    here = f"/m/{token(facts)}"

    assert (status, "lang=en" in headers["Location"]) == (303, True)
    assert facts.find("signup", activity_id=number)["language"] == "en"
    assert words(site.get(here)[2])[0] == "You are signed up"
    assert words(site.get(f"{here}?lang=da")[2])[0] == "Du er tilmeldt"
    assert words(site.get(headers["Location"])[2])[0] == "You are signed up"


def test_invented_data_say_that_they_are(site, meet, facts):
    number = meet(20)
    plain = site.get(f"/tilmelding/{number}")[2]
    with facts.write("demo.load"):
        facts.insert("setting", {"key": "demo", "value": "1", "source": "test"})

    marked = site.get(f"/tilmelding/{number}")[2]

    assert "Mødet findes ikke." not in plain
    assert "Mødet findes ikke. Skriv ikke rigtige oplysninger." in marked


# --- calendar files, weight, keys, writing together ---------------------------------------------


def test_the_link_is_in_a_persons_own_calendar_file_and_only_once_sign_up_has_closed(
    site, facts, mine
):
    number, here = mine()

    status, headers, public = site.get(f"/tilmelding/{number}.ics")
    early = site.get(f"{here}.ics")[2]
    row = facts.get("activity", number)
    starts_at, ends_at = (datetime.fromisoformat(row[name]) for name in ("starts_at", "ends_at"))
    closed = facts.now() - timedelta(minutes=1)
    meetings.move(facts, number, starts_at=starts_at, ends_at=ends_at, signup_by=closed)
    own = site.get(f"{here}.ics")

    assert (status, headers["Content-Type"]) == (
        200,
        "text/calendar; charset=utf-8; method=PUBLISH",
    )
    assert headers["Content-Disposition"] == 'attachment; filename="moede.ics"'
    assert public.startswith("BEGIN:VCALENDAR\r\n")
    assert "METHOD:PUBLISH" in public
    assert "DTSTART;TZID=Europe/Copenhagen:20250320T143000" in public
    assert "hemmelig" not in public + early
    assert (own[0], "https://moede.example/hemmelig" in own[2].replace("\r\n ", "")) == (200, True)
    assert own[1]["Referrer-Policy"] == "same-origin"


def test_who_has_no_seat_gets_no_calendar_file_of_their_own(site, offered):
    assert site.get(f"{offered[1]}.ics")[0] == 404


def test_a_page_with_all_it_loads_is_below_60_kilobytes(site, meet):
    number = meet(20, body="Hør, hvad et forløb går ud på. " * 10)
    meet(25)
    page = site.get(f"/tilmelding/{number}")[2]
    parts = {"page": len(brotli.compress(page.encode(), quality=4))}

    for path in sorted(set(re.findall(r'"(/filer/[^"]+)"', page))):
        connection = http.client.HTTPConnection("127.0.0.1", site.port)
        connection.request("GET", path, headers={"Accept-Encoding": "br"})
        parts[path.rpartition("/")[2]] = len(connection.getresponse().read())
        connection.close()

    print(parts, sum(parts.values()))
    assert set(parts) == {"page", "public.css", "inter-latin.woff2", "mark.svg"}
    assert sum(parts.values()) < 60_000


def test_processes_on_one_database_share_a_key_only_its_owner_can_read(tmp_path):
    db = tmp_path / "a.db"

    with ThreadPoolExecutor(16) as starting:
        keys = set(starting.map(lambda _: key_beside(db), range(64)))

    (key,) = keys
    path = tmp_path / "a.db.form-key"
    assert (len(key), path.read_bytes()) == (32, key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["a.db.form-key"]
    assert key_beside(tmp_path / "b.db") != key


def test_where_nothing_can_be_written_the_key_is_the_process_own(tmp_path):
    assert len(key_beside(tmp_path / "missing" / "a.db")) == 32


def test_a_mark_is_for_its_texts_in_their_order():
    signer = Signer(b"k" * 32)
    mark = signer.mark("a", "b")

    assert signer.is_ours(mark, "a", "b")
    assert not signer.is_ours(mark, "b", "a")
    assert not signer.is_ours(mark, "ab", "")
    assert not signer.is_ours("", "a", "b")
    assert not signer.is_ours("æ", "a", "b")
    assert not Signer(b"l" * 32).is_ours(mark, "a", "b")


def test_of_forms_written_together_one_that_is_refused_leaves_the_others(meet, facts):
    number = meet(20)

    async def write() -> list[object]:
        with open_store(facts.path, PUBLIC, clock=facts.now) as store:
            desk = Desk(store, str, "da", Signer(b"k" * 32))

            def job(who: int) -> signups.Placed:
                if who == 2:
                    raise ZeroDivisionError
                name = "" if who == 1 else f"Person {who}"
                return signups.sign_up(store, number, name=name, email=f"p{who}@vejle.example")

            jobs = [desk.write(lambda who=who: job(who)) for who in range(120)]
            return await asyncio.gather(*jobs, return_exceptions=True)

    found = apart(write())

    assert [type(found[1]), type(found[2])] == [Refused, ZeroDivisionError]
    people = [0, *range(3, 120)]
    assert [found[who].state for who in people] == ["seat"] * 24 + ["waiting"] * 94
    assert [row[0] for row in kept(facts, number)] == [f"Person {who}" for who in people]
    rows = facts.rows("history", "table_name = 'signup' AND before IS NULL")
    assert len({row["operation"] for row in rows}) == len(people)


def test_when_the_disk_refuses_nobody_is_told_that_it_went_well(meet, facts, monkeypatch):
    number = meet(20)

    async def write() -> list[object]:
        with open_store(facts.path, PUBLIC, clock=facts.now) as store:
            desk = Desk(store, str, "da", Signer(b"k" * 32))
            with open_store(facts.path, PUBLIC) as other:
                store.db.execute("PRAGMA busy_timeout = 50")
                other.db.execute("BEGIN IMMEDIATE")
                jobs = [
                    desk.write(
                        lambda who=who: signups.sign_up(
                            store, number, name="X", email=f"p{who}@vejle.example"
                        )
                    )
                    for who in range(3)
                ]
                found = await asyncio.gather(*jobs, return_exceptions=True)
                other.db.execute("ROLLBACK")
            return found

    found = apart(write())

    assert [getattr(one, "key", one) for one in found] == ["database_busy"] * 3
    assert kept(facts, number) == []


# --- the server itself --------------------------------------------------------------------------


def test_the_server_has_the_public_pages_beside_the_others(make_site):
    server = make_site()
    form = {"Content_Type": "application/x-www-form-urlencoded"}

    status, headers, content = server.get("/tilmelding", Cookie="")
    number = re.search(r'href="/tilmelding/(\d+)"', content.decode())[1]
    path = f"/tilmelding/{number}"
    foreign = server.ask("POST", path, "", Origin="https://evil.example", **form)
    large = server.ask("POST", path, "x" * 100_000, **form)
    typed = urlencode({**CAMILLA, "ticket": Site(0, Signer(key_beside(server.db))).ticket()})
    sent = server.ask("POST", path, typed, **form)

    assert (status, headers["Content-Security-Policy"]) == (200, POLICY)
    assert "Mødet findes ikke. Skriv ikke rigtige oplysninger." in content.decode()
    assert (foreign[0], large[0], sent[0]) == (403, 413, 303)
    assert server.get("/m/ukendt")[0] == 404
    assert server.get("/", Cookie="")[0] == 302
    with open_store(server.db, read_only=True) as store:
        row = store.find("signup", activity_id=int(number), email_key=CAMILLA["email"])
        change = store.rows("history", "table_name = 'signup'", order="id DESC LIMIT 1")[0]
    assert row["state"] == "seat"
    assert (change["actor"], change["role"]) == ("Tilmelding", "public")
    assert server.get(f"/m/{row['token']}")[0] == 200
    assert row["token"] not in server.log.read_text()
