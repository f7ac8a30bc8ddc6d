"""Whether an installation may be put before others: each check says if it holds and what it found.

What is looked at is gathered first (`as_it_is`), so that every check is one sentence about it.
"""

import os
import stat
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from glob import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import panel as pn

from ..domain.errors import Refused
from ..settings import Settings
from ..store import Store, readiness
from ..store import checks as of_store
from ..store.checks import Check
from . import auth, identity, logs, oidc
from .identity import is_local
from .options import options
from .signing import KEY_BYTES, key_path

LONGEST_TOKEN = 600
LARGEST_MESSAGE = 2**20
LEAST_LETTERS = 16  # different ones among the bytes of a key that somebody drew
LEAST = {"bokeh": (3, 8, 2), "tornado": (6, 6)}
REMOTE = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "gfs2"),
        *("9p", "ocfs2", "davfs", "fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.davfs2"),
    }
)
DEVELOPMENT = ("dev", "autoreload", "admin", "debug", "liveness", "session_history")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Installation:
    """What an installation is: its settings, what the server is told, and the machine around it.

    `panel` holds Panel's own configuration and `environ` the environment; `mounts` is the text of
    `/proc/mounts`, `zones` the release of the time zone data ("2026b"), `user` the number of the
    account that runs it, None where there are no such numbers.
    """

    settings: Settings
    address: str
    options: Mapping[str, Any]
    panel: Mapping[str, Any]
    environ: Mapping[str, str]
    versions: Mapping[str, str]
    cookies: tuple[str, ...]
    mounts: str
    zones: str
    user: int | None


def as_it_is(settings: Settings, address: str, port: int) -> Installation:
    """The installation that this process is or, as a server, would be."""
    mounts = Path("/proc/mounts")
    names = ("autoreload", "session_history", "profiler", "reuse_sessions")
    return Installation(
        settings=settings,
        address=address,
        options=options(settings, address, port, _content(key_path(settings.db))),
        panel={name: getattr(pn.config, name) for name in names},
        environ=dict(os.environ),
        versions={name: version(name) for name in LEAST},
        cookies=(identity.COOKIE, auth.DEVICE, oidc.COOKIE),
        mounts=mounts.read_text() if mounts.is_file() else "",
        zones=_zones(),
        user=os.geteuid() if hasattr(os, "geteuid") else None,
    )


def every(store: Store, one: Installation) -> Iterator[Check]:
    """All checks of `advisory doctor --deploy`: of the file, of what is in it, of the set-up."""
    yield from of_store.checks(store)
    yield from beyond_the_file(store, one)


def beyond_the_file(store: Store, one: Installation) -> Iterator[Check]:
    """The checks that `advisory doctor` makes only with --deploy."""
    yield from readiness.checks(store, by_account=one.settings.oidc_issuer is not None)
    yield from checks(one, store.now().year)


def require_safe(settings: Settings, store: Store, address: str, port: int) -> None:
    """Refuse to listen where others can reach it while a check fails; on this machine it may.

    Refuses with `demo_not_local` and `deploy_unsafe` (failing: the checks, with commas).
    """
    if is_local(address):
        return
    if store.is_demo:
        raise Refused("demo_not_local", address=address)
    found = every(store, as_it_is(settings, address, port))
    failing = [one.key for one in found if not one.ok and one.key not in of_store.RUNNING]
    if failing:
        raise Refused("deploy_unsafe", address=address, failing=", ".join(failing))


def checks(one: Installation, year: int) -> Iterator[Check]:
    """The checks of the set-up, as of a year."""
    yield from _of_files(one)
    yield from _of_sessions(one.options)
    yield from _of_names(one)
    yield from _of_development(one)
    yield from _of_the_rest(one, year)


def _of_files(one: Installation) -> Iterator[Check]:
    db = one.settings.db
    kind = file_system(db.parent, one.mounts)
    yield Check("file_system", kind not in REMOTE, {"kind": kind or "?"})
    open_files = [path.name for path in _files_of(db) if _mode(path) & OTHERS]
    yield Check("file_mode", not open_files, {"files": ", ".join(open_files) or None})
    folder = _mode(db.parent)
    yield Check("folder_mode", not folder & OTHERS, {"mode": f"{folder:04o}"})
    yield Check("key_file", _is_key(key_path(db)))
    secrets = [one.settings.mail_password_file, one.settings.oidc_client_secret_file]
    shown = [str(path) for path in secrets if path and path.exists() and _mode(path) & OTHERS]
    yield Check("secret_files", not shown, {"files": ", ".join(shown) or None})
    yield Check("not_root", one.user != 0)


def _of_sessions(told: Mapping[str, Any]) -> Iterator[Check]:
    yield Check("signed", told["sign_sessions"] is True)
    seconds = told["session_token_expiration"]
    yield Check("token_time", seconds <= LONGEST_TOKEN, {"seconds": seconds})
    empty = told["include_cookies"] == [] and told["include_headers"] == []
    yield Check("token_empty", empty)
    yield Check("cross_origin", told["cross_origin_protection"] is True)
    size = told["websocket_max_message_size"]
    yield Check("message_size", size <= LARGEST_MESSAGE, {"size": size // 1024})
    yield Check("quiet_log", told["log_function"] is logs.request)


def _of_names(one: Installation) -> Iterator[Check]:
    public = urlsplit(one.settings.public_url)
    host = public.hostname or ""
    yield Check("public_https", public.scheme == "https", {"url": one.settings.public_url})
    yield Check("public_host", not is_local(host), {"host": host})
    origins = one.options["websocket_origin"]
    named = public.netloc.lower() in origins and not any("*" in origin for origin in origins)
    yield Check("socket_origin", named, {"origins": ", ".join(origins)})
    near = is_local(one.address) or bool(one.settings.proxies)
    yield Check("listens", near, {"address": one.address})
    loose = [name for name in one.cookies if not name.startswith("__Host-")]
    yield Check("cookies", not loose, {"cookies": ", ".join(loose) or None})


def _of_development(one: Installation) -> Iterator[Check]:
    on = [name for name in DEVELOPMENT if one.options.get(name)]
    on += ["autoreload"] if one.panel["autoreload"] else []
    yield Check("development", not on, {"found": ", ".join(on) or None})
    given = sorted(name for name in one.environ if name.startswith(("BOKEH_", "PANEL_")))
    yield Check("environment", not given, {"found": ", ".join(given) or None})
    yield Check("session_history", one.panel["session_history"] == 0)
    yield Check("profiler", not one.panel["profiler"])
    yield Check("reuse_sessions", not one.panel["reuse_sessions"])


def _of_the_rest(one: Installation, year: int) -> Iterator[Check]:
    for name, least in LEAST.items():
        found = one.versions[name]
        yield Check(name, _numbers(found) >= least, {"version": found})
    fresh = one.zones[:4].isdigit() and int(one.zones[:4]) >= year - 1
    yield Check("time_zones", fresh, {"release": one.zones or "?"})
    issuer = one.settings.oidc_issuer
    yield Check("oidc_https", issuer is None or issuer.startswith("https://"))
    yield Check("mail_tls", not one.settings.mail_host or one.settings.mail_tls != "none")


def file_system(folder: Path, mounts: str) -> str:
    """The kind of file system that holds a folder, by the text of `/proc/mounts`; "" if unknown."""
    kind, longest = "", -1
    for line in mounts.splitlines():
        _, place, found, *_ = [*line.split(" "), "", "", ""]
        where = Path(place.replace("\\040", " "))
        if place and len(where.parts) >= longest and folder.absolute().is_relative_to(where):
            kind, longest = found, len(where.parts)
    return kind


def _files_of(db: Path) -> list[Path]:
    """The database, its log, its copies and its heads; the key beside it has a check of its own."""
    beside = sorted(db.parent.glob(f"{escape(db.name)}*"))
    return [path for path in beside if path.is_file() and path != key_path(db)]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _is_key(path: Path) -> bool:
    """Whether the key is drawn and its owner's alone; it is made when the server first starts."""
    if not path.exists():
        return True
    content = _content(path)
    drawn = len(content) >= KEY_BYTES and len(set(content)) >= LEAST_LETTERS
    return drawn and not _mode(path) & OTHERS


def _content(path: Path) -> bytes:
    """What is in a file; nothing when it is not there or may not be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _zones() -> str:
    """The release of the time zone data that Python reads, empty when it does not say."""
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "Europe").is_dir():
            told = folder / "tzdata.zi"
            first = told.read_text(encoding="ascii").split("\n", 1)[0] if told.is_file() else ""
            return first.removeprefix("# version ").strip()
    return version("tzdata")


def _numbers(text: str) -> tuple[int, ...]:
    """3.9.2 -> (3, 9, 2); what is no number ends it."""
    found: list[int] = []
    for part in text.split("."):
        if not part.isdigit():
            break
        found.append(int(part))
    return tuple(found)
