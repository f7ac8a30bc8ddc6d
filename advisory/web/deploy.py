"""Whether an installation may be put before others: each check says if it holds and what it found.

What is looked at is gathered first (`as_it_is`), so that every check is one sentence about it. Only
what an installation can differ in is looked at; what our own code tells the server (`options`), and
which cookies it sets, the tests of the code guard.
"""

import os
import stat
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from glob import escape
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from ..domain.errors import Refused
from ..settings import Settings
from ..store import Store, readiness
from ..store import checks as of_store
from ..store.checks import Check
from .identity import is_local
from .options import origins
from .signing import KEY_BYTES, key_path

LEAST_LETTERS = 16  # different ones among the bytes of a key that somebody drew
LEAST = {"bokeh": (3, 8, 2), "tornado": (6, 6)}
REMOTE = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "gfs2"),
        *("9p", "ocfs2", "davfs", "fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.davfs2"),
    }
)
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Installation:
    """What an installation is: its settings, where it listens, and the machine around it.

    `origins` are the hosts whose pages may keep a connection, `environ` is the environment,
    `versions` those of packages; `mounts` is the text of `/proc/mounts`, `zones` the release of the
    time zone data ("2026b"), `user` the number of the account that runs it, None where there are no
    such numbers.
    """

    settings: Settings
    address: str
    origins: tuple[str, ...]
    environ: Mapping[str, str]
    versions: Mapping[str, str]
    mounts: str
    zones: str
    user: int | None


def as_it_is(settings: Settings, address: str, port: int) -> Installation:
    """The installation that this process is or, as a server, would be."""
    mounts = Path("/proc/mounts")
    return Installation(
        settings=settings,
        address=address,
        origins=tuple(dict.fromkeys(origins(settings, address, port))),
        environ=dict(os.environ),
        versions={name: version(name) for name in LEAST},
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
    yield from _of_names(one)
    yield from _of_the_rest(one, year)


def _of_files(one: Installation) -> Iterator[Check]:
    db = one.settings.db
    kind = file_system(db.parent, one.mounts)
    yield Check("file_system", kind not in REMOTE, {"kind": kind or "?"})
    open_files = [path.name for path in _files_of(db) if _mode(path) & OTHERS]
    yield Check("file_mode", not open_files, {"files": ", ".join(open_files)})
    folder = _mode(db.parent)
    yield Check("folder_mode", not folder & OTHERS, {"mode": f"{folder:04o}"})
    yield Check("key_file", _is_key(key_path(db)))
    secrets = [one.settings.mail_password_file, one.settings.oidc_client_secret_file]
    shown = [str(path) for path in secrets if path and path.exists() and _mode(path) & OTHERS]
    yield Check("secret_files", not shown, {"files": ", ".join(shown)})
    yield Check("not_root", one.user != 0)


def _of_names(one: Installation) -> Iterator[Check]:
    public = urlsplit(one.settings.public_url)
    host = public.hostname or ""
    yield Check("public_https", public.scheme == "https", {"url": one.settings.public_url})
    yield Check("public_host", not is_local(host), {"host": host})
    starred = any("*" in origin for origin in one.origins)
    yield Check("socket_origin", not starred, {"origins": ", ".join(one.origins)})
    near = is_local(one.address) or bool(one.settings.proxies)
    yield Check("listens", near, {"address": one.address})
    given = sorted(name for name in one.environ if name.startswith(("BOKEH_", "PANEL_")))
    yield Check("environment", not given, {"found": ", ".join(given)})


def _of_the_rest(one: Installation, year: int) -> Iterator[Check]:
    for name, least in LEAST.items():
        found = one.versions[name]
        told = {"version": found, "least": ".".join(map(str, least))}
        yield Check(name, _numbers(found) >= least, told)
    fresh = one.zones[:4].isdigit() and int(one.zones[:4]) >= year - 1
    yield Check("time_zones", fresh, {"release": one.zones or "?"})
    issuer = one.settings.oidc_issuer
    yield Check("oidc_https", issuer is None or issuer.startswith("https://"), {"url": issuer})
    host = one.settings.mail_host
    yield Check("mail_tls", not host or one.settings.mail_tls != "none", {"host": host})


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
