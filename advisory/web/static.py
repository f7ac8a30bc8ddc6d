"""The files that pages load: read, named and compressed once when the server starts.

The address of a file holds a mark of all of them, so a browser may keep it for ever.
"""

import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import brotli
import tornado.web

PREFIX = "filer"
BUNDLE = ("bokeh", "server/static/js/bokeh.min.js")
KINDS = {  # not asked of `mimetypes`, which answers from files of the machine
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
COMPRESSED = (".css", ".js", ".svg", ".txt")
# Quality 9 takes a tenth of a second for Bokeh's bundle and gives 307 kB; 11 takes two seconds and
# gives 279 kB.
QUALITY = 9


@dataclass(frozen=True)
class Asset:
    """One file as it is sent, and its two compressed forms where those are smaller."""

    kind: str
    plain: bytes
    br: bytes | None
    gzip: bytes | None

    def best(self, accepted: str) -> tuple[str, bytes]:
        """The encoding and the bytes for a browser that accepts `accepted`; "" is as it is."""
        known = {part.partition(";")[0].strip() for part in accepted.split(",")}
        if self.br is not None and "br" in known:
            return "br", self.br
        if self.gzip is not None and "gzip" in known:
            return "gzip", self.gzip
        return "", self.plain


class Assets:
    """Our own files and the one bundle in use; `address(name)` is where a page finds one."""

    def __init__(self) -> None:
        found = _read()
        mark = hashlib.sha256()
        for name, content in sorted(found.items()):
            mark.update(name.encode() + b"\0" + content)
        self.version = mark.hexdigest()[:12]
        self._found = {name: _asset(name, content) for name, content in found.items()}

    def address(self, name: str) -> str:
        """The address of a file; a name that is not there raises KeyError."""
        self._found[name]
        return f"/{PREFIX}/{self.version}/{name}"

    def get(self, version: str, name: str) -> Asset | None:
        return self._found.get(name) if version == self.version else None


def _read() -> dict[str, bytes]:
    """The files by name."""
    found = {
        Path(str(entry)).name: entry.read_bytes()
        for entry in files("advisory.ui").joinpath("assets").iterdir()
        if entry.is_file()
    }
    found["live.js"] = files("advisory.ui").joinpath("live.js").read_bytes()
    package, path = BUNDLE
    found[path.rpartition("/")[2]] = files(package).joinpath(path).read_bytes()
    return found


def _asset(name: str, content: bytes) -> Asset:
    kind = KINDS[Path(name).suffix]
    if not name.endswith(COMPRESSED):
        return Asset(kind, content, None, None)
    return Asset(
        kind, content, brotli.compress(content, quality=QUALITY), gzip.compress(content, mtime=0)
    )


class AssetHandler(tornado.web.RequestHandler):
    """Answers with one file; an address from before an upgrade is not found."""

    def initialize(self, assets: Assets) -> None:
        self._assets = assets

    def get(self, version: str, name: str) -> None:
        asset = self._assets.get(version, name)
        if asset is None:
            raise tornado.web.HTTPError(404)
        encoding, content = asset.best(self.request.headers.get("Accept-Encoding", ""))
        charset = "; charset=utf-8" if asset.kind.startswith("text/") else ""
        self.set_header("Content-Type", asset.kind + charset)
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        self.set_header("Vary", "Accept-Encoding")
        if encoding:
            self.set_header("Content-Encoding", encoding)
        self.finish(content)

    head = get

    def compute_etag(self) -> None:
        """No mark of its own: the address is one."""
        return None
