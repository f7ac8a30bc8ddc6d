"""What every answer carries, and what stands where nothing is found."""

import base64
import hashlib

import brotli
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import OutputTransform

from ..settings import LANGUAGES
from ..texts import translator
from ..ui.safe import boot, render
from . import logs

BOOT = base64.b64encode(hashlib.sha256(boot().encode()).digest()).decode()
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' 'sha256-{BOOT}'",
        "style-src 'self' 'unsafe-inline'",  # Bokeh and SVG style elements in place
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
BROTLI_QUALITY = 4
SMALLEST = 1024


class Finish(OutputTransform):
    """Adds the headers, compresses pages, and puts our own page where nothing is found."""

    def __init__(self, request: HTTPServerRequest):
        self._request, self._reference = request, logs.new_reference()
        self._compress = "br" in request.headers.get("Accept-Encoding", "")

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers[logs.HEADER] = self._reference
        if "Server" in headers:
            del headers["Server"]  # which version it is
        headers.setdefault("Cache-Control", "no-store")
        page = headers.get("Content-Type", "").startswith("text/html")
        answer = getattr(self._request, "answer", None)
        if answer is not None and answer.status is not None:
            status_code = answer.status
        elif page and finishing and status_code in (403, 404, 500):
            asked = self._request.arguments.get("lang", [b"da"])[-1].decode(errors="replace")
            text = translator(asked if asked in LANGUAGES else "da")
            chunk = render("missing.html", text, status=status_code).encode()
            headers["Content-Length"] = str(len(chunk))
        if page and finishing and self._compress and len(chunk) > SMALLEST:
            chunk = brotli.compress(chunk, quality=BROTLI_QUALITY)
            headers["Content-Encoding"] = "br"
            headers["Content-Length"] = str(len(chunk))
        return status_code, headers, chunk
