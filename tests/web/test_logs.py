"""What the server writes down: one line a request, and nothing of what anybody sent."""

import asyncio
import io
import json
import logging
import re
import secrets
import socket
import subprocess
import sys
import time

import pytest
import tornado.web
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.httputil import HTTPServerRequest, RequestStartLine
from tornado.websocket import websocket_connect

from advisory.domain.errors import Refused
from advisory.web import logs

from .apart import apart
from .quiet import assert_logs_say_little, forms

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|ERROR) [0-9a-f]{16} advisory\.requests"
    r" (GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|\?) \w+( /\w*)? \d{3} \d+ms"
)
FORM = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin"}


@pytest.fixture(scope="module")
def own(make_site):
    """A server of one's own, whose log nobody else writes."""
    return make_site()


@pytest.fixture(scope="module")
def canaries():
    """`canaries("query")` is a text that stands nowhere but there."""
    made = {}

    def canary(where):
        return made.setdefault(where, f"canary{where}{secrets.token_hex(4)}")

    canary.made = made
    return canary


def test_a_request_is_one_line_with_the_reference_of_its_answer(own):
    _, headers, _ = own.get("/kommuner?q=x")

    (line,) = written(own, headers["X-Request-Id"])
    assert LINE.fullmatch(line)
    assert re.search(r" GET DocHandler /kommuner 200 \d+ms$", line)


def test_two_requests_have_two_references_whatever_they_bring_along(own):
    given = [own.get("/sundhed", X_Request_Id="mine")[1]["X-Request-Id"] for _ in range(2)]

    assert len({*given, "mine"}) == 3


def test_nothing_of_what_is_sent_is_written_down(own, canaries):
    """Canaries in every place; those in sign-in and sign-up forms with all that goes with them."""
    c = canaries
    own.get(f"/kommune?k={c('query')}&date={c('date')}&lang={c('language')}")
    own.get(f"/{c('path')}/{c('folder')}?{c('name')}={c('value')}")
    own.get(f"/m/{c('token')}?k={c('tokenquery')}")
    own.get(f"/m/{c('icstoken')}.ics")
    own.get(f"/kalender/{c('feed')}.ics")
    own.get(f"/tilmelding/1/kvittering?k={c('receipt')}")
    own.get(f"/brev/1/{c('letter')}.eml")
    own.get(f"/eksport/{c('export')}.csv?date={c('exportdate')}")
    own.get(f"/components/{c('module')}/a/b/c")
    own.get("/", Cookie=f"__Host-session={c('session')}; other={c('cookie')}")
    own.get("/", Referer=f"https://a.example/{c('referer')}", User_Agent=c("agent"))
    own.get("/", X_Forwarded_For=c("forwarded"), Host=f"{c('host')}.example")
    own.get("/?bokeh-session-id=" + c("sessionid"), Bokeh_Session_Id=c("sessionheader"))
    own.get("/", Authorization=f"Bearer {c('bearer')}", Accept_Language=c("accept"))
    own.ask(c("method").upper(), "/")
    login = f"email={c('mail')}@kommune.example&password={c('password')}&next=/{c('next')}"
    own.ask("POST", "/log-ind", login, **FORM)
    own.ask("POST", "/log-ind", login, Content_Type=FORM["Content_Type"], Origin=c("origin"))
    own.ask("POST", "/log-ind", login, **{**FORM, "Sec_Fetch_Site": c("site")})
    own.ask("POST", "/log-ind/demo", f"login={c('demologin')}&next={c('demonext')}", **FORM)
    own.ask("POST", "/adgangskode", f"old={c('old')}&new={c('new')}&again={c('new')}", **FORM)
    (meeting, *_) = re.findall(r'href="(/tilmelding/\d+)', own.get("/tilmelding")[2].decode())
    sign_up = f"name={c('person')}&email={c('personmail')}@k.example&municipality={c('town')}"
    own.ask("POST", meeting, f"{sign_up}&question={c('note')}", **FORM)
    upload = f"/modtag/fremmoede?moede=1&navn={c('file')}.csv&proev=1"
    own.ask("POST", upload, f"Navn;Mail\n{c('attendee')};{c('attendeemail')}@k.example\n", **FORM)
    own.ask("POST", "/modtag/ansoegninger?navn=a.xlsx", "PK\x03\x04" + c("zip"), **FORM)
    raw(own, f"{c('garbage')} / HTTP/1.1\r\n\r\n")
    raw(own, f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{c('nocolon')}\r\n\r\n")
    raw(own, f"GET / HTTP/1.1\r\nHost: {c('badhost')} x\r\n\r\n")
    raw(own, f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {c('length')}\r\n\r\n")

    assert len(canaries.made) > 40
    assert_logs_say_little(own.log, canaries.made.values())


def test_nothing_that_comes_over_a_websocket_is_written_down(own, canaries):
    c, token = canaries, own.token("/")
    knock(own, c("wstoken"))
    knock(own, token, path=f"/ws?bokeh-token={c('wsquery')}")
    knock(own, token, Origin=f"https://{c('wsorigin')}.example")
    knock(own, token, c("fragment"))
    knock(own, token, *message("PATCH-DOC", {"events": [c("event")]}))
    knock(own, token, *message(c("type"), {}))
    heard(own, "/", c("unread"))
    heard(own, "/", {"n": 1, "region": c("region"), "do": c("do"), "values": {}})
    failing = {"region": "dialog", "do": "dialog_close", "values": {"self": c("typed")}}
    heard(own, "/", {"n": 1, **failing})

    assert len([line for line in written(own) if " DocHandler / 101 " in line]) == 0
    assert len([line for line in written(own) if " WSHandler / 101 " in line]) >= 4
    assert any("asked for what nothing answers to" in line for line in written(own))
    assert any("TypeError in dialog/dialog_close" in line for line in written(own))
    assert_logs_say_little(own.log, [*canaries.made.values(), token, token.split(".")[0][:40]])


def test_every_line_of_a_request_has_the_shape_and_only_our_loggers_speak(own):
    lines = written(own)

    for line in lines:
        if " advisory.requests " in line:
            assert LINE.fullmatch(line), line
        elif line[:1].isdigit() and " advisory." not in line:
            assert re.search(r" [\w.]+ \w+:\d+$", line), line
    assert any(LINE.fullmatch(line) for line in lines)


def test_no_address_of_a_machine_and_no_name_of_a_user_is_written_down(own):
    assert_logs_say_little(own.log, ["127.0.0.1", "jonas", "styrelsen.example", "__Host-"])


# --- each piece by itself ---------------------------------------------------------------------


@pytest.fixture
def lines():
    """What a logger writes with our format: `lines(name)` -> (logger, what is read back)."""
    handlers = []

    def opened(name):
        logger, said = logging.getLogger(name), io.StringIO()
        handler = logging.StreamHandler(said)
        handler.setFormatter(logs.Plain())
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        handlers.append((logger, handler))
        return logger, lambda: said.getvalue().splitlines()

    yield opened
    for logger, handler in handlers:
        logger.removeHandler(handler)


def test_what_others_say_is_only_where_they_said_it(lines):
    logger, said = lines("tornado.general")

    logger.warning("403 GET /m/secret: %s", "secret")

    assert re.fullmatch(r"\S+Z WARNING - tornado\.general test_logs:\d+", *said())


def test_an_error_is_its_kind_and_where_it_arose_and_not_what_it_says(lines):
    logger, said = lines("asyncio")

    try:
        raise ValueError("secret")
    except ValueError:
        logger.exception("of %r", "secret")

    head, *frames, kind = said()
    assert head.endswith(str(logger.name) + " " + head.split()[-1])
    assert kind == "  ValueError"
    assert re.fullmatch(r"  test_logs\.py:\d+ test_an_error_is_its_kind\w+", *frames)
    assert "secret" not in "".join([head, *frames, kind])


def test_a_refusal_has_its_key_without_its_values(lines):
    logger, said = lines("advisory.tried")

    try:
        raise Refused("login_taken", login="secret")
    except Refused:
        logger.exception("it was refused")

    assert said()[-1] == "  Refused login_taken"
    assert "it was refused" in said()[0]
    assert "secret" not in "".join(said())


class Telling(tornado.web.RequestHandler):
    """A handler whose own summary says all."""


def answered(uri, handler=Telling, **more):
    asked = HTTPServerRequest(start_line=RequestStartLine("GET", uri, "HTTP/1.1"), host="a")
    asked.connection = type("Silent", (), {"set_close_callback": lambda self, f: None})()
    return handler(tornado.web.Application([], **more), asked)


def test_control_the_usual_line_of_tornado_tells_the_path(lines, tmp_path):
    _, ours = lines("advisory.requests")
    access, usual = lines("tornado.access")
    for handler in access.handlers:
        handler.setFormatter(logging.Formatter())

    tornado.web.Application([]).log_request(answered("/m/canary"))
    tornado.web.Application([], log_function=logs.request).log_request(answered("/m/canary"))

    (tmp_path / "usual").write_text("\n".join(usual()))
    (tmp_path / "ours").write_text("\n".join(ours()))
    assert_logs_say_little(tmp_path / "ours", ["canary"])
    assert len(ours()) == 1
    with pytest.raises(AssertionError, match="canary"):
        assert_logs_say_little(tmp_path / "usual", ["canary"])


@pytest.mark.parametrize("form", sorted(forms("canaryæ <1>")))
def test_control_a_canary_in_any_dress_is_found(tmp_path, form):
    (tmp_path / "log").write_text(f"something {form} else")

    with pytest.raises(AssertionError):
        assert_logs_say_little(tmp_path / "log", ["canaryæ <1>"])


STOPS = """
import logging, threading, warnings
from advisory.web import logs
logs.begin()
logging.getLogger("bokeh.server").error("secret")
logging.getLogger("advisory.x").info("%d", "secret")
warnings.warn("secret")
thread = threading.Thread(target=lambda: {}["secret"])
thread.start()
thread.join()
raise ValueError("secret")
"""


def test_a_process_that_stops_does_not_say_what_it_held(subprocess_env):
    done = subprocess.run(
        [sys.executable, "-c", STOPS], env=subprocess_env, capture_output=True, check=False
    )

    said = done.stderr.decode()
    assert done.returncode == 1
    assert "secret" not in said + done.stdout.decode()
    assert [kind for kind in ("KeyError", "ValueError") if kind not in said] == []


# --- doing it ---------------------------------------------------------------------------------


def written(site, about=""):
    """The lines of the log, or those with a text, which may come a moment after the answer."""
    for _ in range(50):
        lines = site.log.read_text(encoding="utf-8").splitlines()
        if found := [line for line in lines if about in line]:
            break
        time.sleep(0.1)
    return found


def raw(site, sent):
    """Send bytes that no client would, and wait for whatever comes."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as line:
        line.sendall(sent.encode())
        line.recv(65_536)


def message(kind, content):
    header = {"msgid": secrets.token_hex(8), "msgtype": kind}
    return [json.dumps(header), "{}", json.dumps(content)]


def knock(site, token, *fragments, path="/ws", **headers):
    """Open a websocket, send, and wait for what comes, or until it is closed."""

    async def run():
        try:
            line = await opened(site, path, token, headers)
        except HTTPClientError:
            return
        await answer(line)
        for fragment in fragments:
            await line.write_message(fragment)
        await answer(line)
        line.close()

    apart(run())


def heard(site, path, event):
    """Say something to the channel of a page, as its script does."""

    async def run():
        line = await opened(site, f"{path.rstrip('/')}/ws", site.token(path), {})
        await answer(line)
        for fragment in message("PULL-DOC-REQ", {}):
            await line.write_message(fragment)
        roots = json.loads(await answer(line))["doc"]["roots"]
        (channel,) = [root["id"] for root in roots if "Channel" in root["name"]]
        typed = event if isinstance(event, str) else json.dumps(event)
        change = {"kind": "ModelChanged", "model": {"id": channel}, "attr": "heard", "new": typed}
        for fragment in message("PATCH-DOC", {"events": [change]}):
            await line.write_message(fragment)
        await answer(line)
        line.close()

    apart(run())


async def opened(site, path, token, headers):
    cookie = {"Cookie": site.cookie("jonas@styrelsen.example")}
    request = HTTPRequest(f"ws://127.0.0.1:{site.port}{path}", headers={**cookie, **headers})
    return await websocket_connect(request, subprotocols=["bokeh", token])


async def answer(line):
    """The last part of a message: head, nothing, content. Not waited for longer than a second."""
    parts = []
    try:
        while len(parts) < 3:
            parts.append(await asyncio.wait_for(line.read_message(), 1 if parts else 5))
            if parts[-1] is None:
                break
    except TimeoutError:
        pass
    return parts[-1] if parts else None
