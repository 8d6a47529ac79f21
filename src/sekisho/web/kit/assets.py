"""Stylesheet, script modules, icons: read at start, kept in memory, served under one hash of everything, for ever.

A new version has a new hash and thus new addresses, so browsers may keep the old ones without asking.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from sekisho.kernel.errors import missing
from sekisho.web.kit.brand import Brand

__all__ = ["Assets"]

_STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png"}
_FOREVER = "public, max-age=31536000, immutable"
_WORTH_PACKING = 512


@dataclass(frozen=True, slots=True)
class _Asset:
    content: bytes
    packed: bytes | None
    headers: dict[str, str]


class Assets:
    """All static files of an installation, its brand's colours and logo included."""

    PATH = "/static/{version}/{name}"

    def __init__(self, brand: Brand, *more: Path) -> None:
        """more: files of a door's own, such as a chart library; their names must not collide with the kit's."""
        files = {file.name: file.read_bytes() for file in (_STATIC / "favicon.svg", *sorted((_STATIC / "js").glob("*.js")))}
        sheets = [file.read_text("utf-8") for file in sorted((_STATIC / "css").glob("*.css"))]
        files["sekisho.css"] = ("\n".join(sheets) + brand.stylesheet()).encode()
        types = {name: _TYPES[Path(name).suffix] for name in files}
        for file in more:
            if file.name in files:
                raise ValueError(f"there is a static file {file.name} already")
            files[file.name], types[file.name] = file.read_bytes(), _TYPES[file.suffix]
        if brand.logo is not None:
            files[brand.logo.name], types[brand.logo.name] = brand.logo.content, brand.logo.media_type
        self.version = _hash(files)
        self._assets = {name: _asset(content, types[name]) for name, content in files.items()}

    def url(self, name: str) -> str:
        """The address of a file; KeyError when there is none, so that a misspelt name fails in the first test."""
        if name not in self._assets:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"

    async def serve(self, request: Request) -> Response:
        """The endpoint of `PATH`, from memory."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None or request.path_params["version"] != self.version:
            raise missing("static file")
        if asset.headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={key: value for key, value in asset.headers.items() if key != "content-type"})
        if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", "").lower():
            return Response(asset.packed, headers={**asset.headers, "content-encoding": "gzip"})
        return Response(asset.content, headers=asset.headers)


def _hash(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name} {len(files[name])} ".encode() + files[name])
    return digest.hexdigest()[:16]


def _asset(content: bytes, media_type: str) -> _Asset:
    packed = gzip.compress(content, 9, mtime=0) if len(content) > _WORTH_PACKING else content
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"content-type": media_type, "cache-control": _FOREVER, "etag": etag, "vary": "accept-encoding"}
    return _Asset(content, packed if len(packed) < len(content) else None, headers)
