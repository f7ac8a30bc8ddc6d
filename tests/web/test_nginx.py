"""The server of the README, taken out of its text: nginx, two processes, the units, the job."""

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest

from advisory.store import checks, credentials, demo, open_store, seed, users
from advisory.store.heads import read as read_heads

from .conftest import free_port
from .quiet import assert_logs_say_little

README = Path(__file__).parent.parent.parent / "README.md"
NAME = "kurser.styrelsen.example"
JONAS, LENE = "jonas@styrelsen.example", "lene@styrelsen.example"
PASSWORD = "syv-grønne-havregryn-på-tur"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
needs_nginx = pytest.mark.skipif(
    shutil.which("nginx") is None or shutil.which("openssl") is None,
    reason="nginx or openssl is not installed, so the proxy of the README was not tried",
)


def blocks(kind):
    """The code blocks of a kind in the README."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", README.read_text("utf-8"), re.M | re.S)


# --- nginx ------------------------------------------------------------------------------------


class Proxy:
    """A real nginx with the README's own lines, in front of the ports given."""

    def __init__(self, folder, upstreams):
        self.folder, self.plain, self.port = folder, free_port(), free_port()
        self.log = folder / "access.log"
        (told,) = blocks("nginx")
        for said, here in (
            ("127.0.0.1:5006", f"127.0.0.1:{upstreams[0]}"),
            ("127.0.0.1:5007", f"127.0.0.1:{upstreams[1]}"),
            ("listen 80", f"listen 127.0.0.1:{self.plain}"),
            ("listen 443", f"listen 127.0.0.1:{self.port}"),
            ("/etc/ssl/peerforloeb/fullchain.pem", str(folder / "cert.pem")),
            ("/etc/ssl/peerforloeb/key.pem", str(folder / "key.pem")),
            ("/var/log/nginx/peerforloeb.error.log", str(folder / "error.log")),
            ("/var/log/nginx/peerforloeb.log", str(self.log)),
        ):
            assert said in told
            told = told.replace(said, here)
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.geteuid() == 0 else ""
        self.conf = folder / "nginx.conf"
        self.conf.write_text(
            f"{user}pid {folder}/pid;\nerror_log {folder}/main.log;\nevents {{}}\n"
            f"http {{\n{temporary}access_log off;\n{told}}}\n"
        )
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        names = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
        files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
        subprocess.run([*make, *names, *files], check=True, capture_output=True)

    def command(self, *more):
        return ["nginx", "-p", str(self.folder), "-c", str(self.conf), *more]

    def connect(self, name=NAME):
        """A TLS connection that trusts the proxy's certificate and nothing else."""
        trusted = ssl.create_default_context(cafile=self.folder / "cert.pem")
        line = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return trusted.wrap_socket(line, server_hostname=name)

    def ask(self, method, path, body=None, **headers):
        """Status, headers and content; `_` in a header's name stands for `-`."""
        connection = http.client.HTTPConnection(NAME, self.port, timeout=30)
        connection.sock = self.connect()
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


@contextlib.contextmanager
def proxy(folder, upstreams):
    """Nginx while it runs; it has been asked whether it understands its lines."""
    folder.mkdir(exist_ok=True)
    found = Proxy(folder, upstreams)
    tested = subprocess.run(found.command("-t"), capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    running = subprocess.Popen(found.command("-g", "daemon off;"), stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                found.connect().close()
                break
            time.sleep(0.1)
        yield found
    finally:
        running.terminate()
        running.wait(10)


class Echo(BaseHTTPRequestHandler):
    """Tells what reached it, in place of the site."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        got = len(self.rfile.read(size))
        said = json.dumps({"path": self.path, "headers": dict(self.headers), "size": got}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = answer

    def log_message(self, *args):
        """Nothing."""


@pytest.fixture(scope="module")
def echo(tmp_path_factory):
    """Nginx in front of what tells what reached it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ports = [server.server_address[1]] * 2
    with proxy(tmp_path_factory.mktemp("echo"), ports) as found:
        yield found
    server.shutdown()


@needs_nginx
def test_what_reaches_the_site_is_what_the_proxy_has_seen_itself(echo):
    status, headers, said = echo.ask(
        "GET",
        "/kommune?k=horsens",
        X_Forwarded_For="10.1.2.3",
        X_Real_IP="10.1.2.3",
        X_Forwarded_Host="evil.example",
        Forwarded="for=10.1.2.3",
    )

    told = json.loads(said)
    seen = {name.lower(): value for name, value in told["headers"].items()}
    assert (status, told["path"]) == (200, "/kommune?k=horsens")
    assert seen["host"] == f"{NAME}:{echo.port}"
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert {"x-real-ip", "forwarded", "upgrade"} & set(seen) == set()
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


@needs_nginx
@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/log-ind", 100_000, 200),  # which the site then refuses in words
        ("/log-ind", 1_100_000, 413),
        ("/", 1_100_000, 413),
        ("/modtag/fremmoede", 10_000_000, 200),
        ("/modtag/fremmoede", 10_500_000, 413),
    ],
)
def test_how_much_goes_through_depends_on_where(echo, path, size, status):
    for _ in range(60):
        answered = echo.ask("POST", path, b"x" * size)[0]
        if answered != 429:  # another test may have used up what the door lets through
            break
        time.sleep(0.5)
    assert answered == status


@needs_nginx
def test_forms_at_the_door_are_slowed_and_pages_are_not(echo):
    asked = {echo.ask("GET", "/log-ind")[0] for _ in range(40)}
    sent = [echo.ask("POST", "/log-ind", b"x")[0] for _ in range(40)]

    assert asked == {200}
    assert 10 <= sent.count(200) <= 30
    assert set(sent) == {200, 429}


@needs_nginx
def test_another_name_gets_no_answer_and_no_secrecy_leads_to_secrecy(echo):
    with pytest.raises(ssl.SSLError):
        echo.connect("evil.example")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        echo.ask("GET", "/", Host="evil.example")
    plain = http.client.HTTPConnection("127.0.0.1", echo.plain, timeout=10)
    plain.request("GET", "/log-ind?next=/om", headers={"Host": NAME})
    answer = plain.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/log-ind?next=/om")
    plain.close()
    plain.request("GET", "/", headers={"Host": "evil.example"})
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        plain.getresponse()
    plain.close()


@needs_nginx
def test_the_log_of_the_proxy_says_little(echo):
    canaries = [f"canary{number}" for number in range(8)]
    query, token, feed, letter, referer, agent, cookie, value = canaries
    before = len(echo.log.read_text().splitlines())
    echo.ask("GET", f"/kommune?k={query}", Referer=f"https://a.example/{referer}", User_Agent=agent)
    echo.ask("GET", f"/m/{token}/afbud?x={value}", Cookie=f"__Host-session={cookie}")
    echo.ask("GET", f"/kalender/{feed}.ics")
    echo.ask("GET", f"/brev/{letter}/x.eml")

    for _ in range(100):
        lines = echo.log.read_text().splitlines()
        if len(lines) == before + 4:
            break
        time.sleep(0.1)
    assert len(lines) == before + 4
    assert lines[-1].split()[1:4] == ["200", "GET", "/brev/-"]
    for log in echo.folder.glob("*.log"):
        assert_logs_say_little(log, [*canaries, "127.0.0.1"])


# --- the site behind it -----------------------------------------------------------------------

SERVE = """
import sys
from datetime import UTC, datetime, timedelta
from advisory.settings import settings
from advisory.web.server import serve

ahead = datetime(2025, 3, 13, 9, tzinfo=UTC) - datetime.now(UTC)
serve(settings(), clock=lambda: datetime.now(UTC) + ahead, port=int(sys.argv[1]))
"""


class Process:
    """One of the two processes of the site."""

    def __init__(self, environment, log):
        self.port, self.log, self._environment = free_port(), log, environment
        self.start()

    def start(self):
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(self.port)],
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def stop(self):
        self._running.kill()
        self._running.wait()

    def wait(self):
        for _ in range(600):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())


def who(processes, headers):
    """The process that has given an answer; the line about it may come a moment later."""
    for _ in range(50):
        for one in processes:
            if headers["X-Request-Id"] in one.log.read_text():
                return one
        time.sleep(0.1)
    raise AssertionError("nobody has")


@pytest.fixture(scope="module")
def behind(demo_path, tmp_path_factory, subprocess_env):
    """The proxy and the two processes behind it, on one database."""
    folder = tmp_path_factory.mktemp("behind")
    shutil.copyfile(demo_path, folder / "demo.db")
    with open_store(folder / "demo.db", demo.SYSTEM) as store:
        # No demo is shown through a proxy, so the people have passwords.
        store.db.execute("DELETE FROM setting WHERE key = 'demo'")
        for login in (JONAS, LENE):
            credentials.set_password(store, users.by_login(store, login)["id"], PASSWORD)
    environment = {
        **subprocess_env,
        "ADVISORY_DB": str(folder / "demo.db"),
        "ADVISORY_PUBLIC_URL": f"https://{NAME}",
    }
    processes = [Process(environment, folder / f"{number}.out") for number in range(2)]
    try:
        for one in processes:
            one.wait()
        with proxy(folder / "nginx", [one.port for one in processes]) as found:
            yield found, processes
    finally:
        for one in processes:
            one.stop()


def signed_in(front, login=JONAS):
    """The Cookie header that a browser would send after signing in through the proxy."""
    own = {"Origin": f"https://{NAME}:{front.port}", **FORM}
    typed = urlencode({"email": login, "password": PASSWORD, "next": "/"})
    for _ in range(60):
        status, headers, _ = front.ask("POST", "/log-ind", typed, **own)
        if status != 429:
            break
        time.sleep(0.5)
    assert (status, headers["Strict-Transport-Security"]) == (303, "max-age=31536000")
    assert "Secure" in headers["Set-Cookie"]
    session = next(one for one in headers.get_all("Set-Cookie") if "__Host-session" in one)
    return session.split(";")[0]


def upgraded(front, cookie):
    """The first line of the answer to a websocket of the first page, and whether it speaks."""
    page = front.ask("GET", "/kommuner", Cookie=cookie)[2].decode()
    start = page.index('id="session">') + len('id="session">')
    token = json.loads(page[start : page.index("</script>", start)])["token"]
    head = (
        f"GET /kommuner/ws HTTP/1.1\r\nHost: {NAME}:{front.port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nOrigin: https://{NAME}:{front.port}\r\nCookie: {cookie}\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: bokeh, {token}\r\n\r\n"
    )
    with front.connect() as line:
        line.sendall(head.encode())
        said = b""
        with contextlib.suppress(TimeoutError):
            line.settimeout(10)
            while b"ACK" not in said and (part := line.recv(65_536)):
                said += part
    return said.split(b"\r\n")[0].decode(), b"ACK" in said


@needs_nginx
def test_a_person_signs_in_works_and_keeps_the_process_also_for_the_websocket(behind):
    front, processes = behind
    cookie = signed_in(front)

    asked = [front.ask("GET", path, Cookie=cookie) for path in ("/", "/kommuner", "/om") * 3]

    assert {status for status, _, _ in asked} == {200}
    assert len({who(processes, headers) for _, headers, _ in asked}) == 1
    assert upgraded(front, cookie) == ("HTTP/1.1 101 Switching Protocols", True)


@needs_nginx
def test_people_are_spread_over_both_processes(behind):
    front, processes = behind

    def answering() -> set:
        asked = [f"__Host-session=word{number}" for number in range(24)]
        answers = [front.ask("GET", "/session", Cookie=cookie)[1] for cookie in asked]
        return {who(processes, headers) for headers in answers}

    for _ in range(20):
        found = answering()
        if found == set(processes):  # one that was restarted is left alone for a while
            break
        time.sleep(1)
    assert found == set(processes)


@needs_nginx
def test_while_a_process_is_restarted_the_other_one_answers_who_was_signed_in(behind):
    front, processes = behind
    cookie = signed_in(front, LENE)
    own = who(processes, front.ask("GET", "/", Cookie=cookie)[1])
    (other,) = [one for one in processes if one is not own]

    own.stop()
    status, headers, _ = front.ask("GET", "/kommuner", Cookie=cookie)
    own.start()
    own.wait()

    assert (status, who(processes, headers)) == (200, other)
    assert upgraded(front, cookie)[1]


@needs_nginx
def test_a_form_from_elsewhere_does_not_come_through(behind):
    front, _ = behind
    foreign = {"Origin": "https://evil.example", **FORM}

    assert front.ask("POST", "/log-ind/demo", f"login={JONAS}", **foreign)[0] == 403


@needs_nginx
def test_neither_log_says_who_was_there(behind):
    front, processes = behind
    cookie = signed_in(front)
    front.ask("GET", "/kommune?k=canaryquery", Cookie=cookie)

    for log in (front.log, *(one.log for one in processes)):
        assert_logs_say_little(log, [cookie, cookie.split("=")[1], "canaryquery", JONAS, "127.0.0"])


# --- the units and the job --------------------------------------------------------------------


def units():
    """The files of the README by their path, without the environment."""
    found = [block.partition("\n") for block in blocks("ini")]
    return {head.removeprefix("# "): rest for head, _, rest in found if "/systemd/" in head}


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="systemd-analyze is not installed, so the units of the README were not read by it",
)
def test_the_units_are_understood(tmp_path):
    for path, text in units().items():
        here = re.sub(r"/opt/peerforloeb\S+|/usr/local/bin/peerforloeb-job", "/bin/true", text)
        (tmp_path / Path(path).name).write_text(here)
    assert len(list(tmp_path.iterdir())) == 5
    files = {
        "peerforloeb@.service": "peerforloeb@5006.service",
        "peerforloeb-job@.service": "peerforloeb-job@mail.service",
    }
    for template, one in files.items():
        (tmp_path / template).rename(tmp_path / one)
    for job in ("head", "backup"):
        shutil.copyfile(
            tmp_path / "peerforloeb-job@mail.service", tmp_path / f"peerforloeb-job@{job}.service"
        )

    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert [line for line in done.stderr.splitlines() if "peerforloeb" in line] == []


def test_the_job_backs_up_and_keeps_the_head_elsewhere(tmp_path, data_dir, subprocess_env):
    here, other = tmp_path / "here", tmp_path / "other"
    here.mkdir()
    other.mkdir()
    with open_store(here / "advisory.db", demo.SYSTEM) as store:
        seed.load_facts(store, data_dir)
    script = job(tmp_path, here, other)
    environment = {**subprocess_env, "ADVISORY_DB": str(here / "advisory.db")}
    old = other / "advisory.db.20200101T000000.backup"
    old.write_bytes(b"")
    os.utime(old, (0, 0))

    for what in ("backup", "head", "head"):
        done = subprocess.run(["sh", script, what], env=environment, capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"")

    (copy,) = checks.copies_of(here / "advisory.db")
    assert [one.name for one in other.glob("*.backup")] == [copy.name]
    assert (other / copy.name).read_bytes() == copy.read_bytes()
    heads, unreadable = read_heads(other / "heads.log")
    assert (len(heads), unreadable) == (2, [])


def job(tmp_path, here, other):
    """The README's script, told where things are here."""
    (text,) = (block for block in blocks("sh") if "peerforloeb-job" in block)
    command = tmp_path / "advisory"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m advisory.cli "$@"\n')
    command.chmod(0o755)
    for said, found in (
        ("/opt/peerforloeb/.venv/bin/advisory", str(command)),
        ("/mnt/other/peerforloeb", str(other)),
        ("/var/lib/peerforloeb", str(here)),
    ):
        assert said in text
        text = text.replace(said, found)
    script = tmp_path / "job"
    script.write_text(text)
    return str(script)
