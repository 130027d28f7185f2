"""Answers that programs ask for again and again: the same bytes are sent once, then only told to be the same."""

from hashlib import sha256

from litestar import Response

from app.visits import Request


def same_or_new(request: Request, body: bytes, media_type: str, file_name: str = "") -> Response[bytes]:
    """The body with its ETag, or 304 to whoever has it already. Caches ask us every time, so nothing old is shown."""
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    headers = {"etag": etag, "cache-control": "no-cache", "x-robots-tag": "noindex"}
    if etag in known or "*" in known:
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    if file_name:
        headers["content-disposition"] = f'inline; filename="{file_name}"'
    return Response(body, headers=headers, media_type=media_type)
