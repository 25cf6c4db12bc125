"""Files that never change under their address: it holds a hash of them all, so browsers keep them for a year."""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, request

from .problems import Problem

FOLDER = Path(__file__).parent / "static"
KINDS = {".woff2": "font/woff2", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
YEAR = "public, max-age=31536000, immutable"
SMALL = 1000  # bytes; below it compressing saves nothing


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and compressed (b"" where that is no shorter)."""

    data: bytes
    zipped: bytes
    kind: str


@cache
def assets() -> dict[str, Asset]:
    """All files by their path, read once: there is about one megabyte of them."""
    paths = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    return {path.relative_to(FOLDER).as_posix(): _asset(path) for path in paths}


@cache
def stamp() -> str:
    """The hash of all files together: a new one as soon as any of them changes, fonts behind a style among them."""
    whole = sha256()
    for name, asset in assets().items():
        whole.update(f"{name} {sha256(asset.data).hexdigest()}\n".encode())
    return whole.hexdigest()[:16]


def serve_assets(app: Flask) -> None:
    """`url_for("static", filename=…)` gives an address with the hash."""
    app.add_url_rule("/static/<string:hashed>/<path:filename>", "static", _send)

    @app.url_defaults
    def _hashed(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static":
            values.setdefault("hashed", stamp())


def _send(hashed: str, filename: str) -> Response:
    """An address with an older hash, from a page of before an update, gets what there is now, and is not kept."""
    asset = assets().get(filename)
    if asset is None:
        raise Problem(404, "static.unknown", "There is no such file; load the page again.")
    zipped = bool(asset.zipped) and request.accept_encodings.quality("gzip") > 0
    response = Response(asset.zipped if zipped else asset.data, content_type=asset.kind)
    response.headers["Cache-Control"] = YEAR if hashed == stamp() else "no-cache"
    if asset.zipped:
        response.headers["Vary"] = "Accept-Encoding"
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _asset(path: Path) -> Asset:
    data = path.read_bytes()
    kind = KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "text/plain"
    zipped = gzip.compress(data, 9, mtime=0) if len(data) > SMALL and path.suffix in (".js", ".css", ".svg") else b""
    return Asset(data, zipped if len(zipped) < len(data) else b"", f"{kind}; charset=utf-8" if "text" in kind else kind)
