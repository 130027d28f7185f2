"""The headers that every answer carries, whoever made it: what a browser may load, keep and frame."""

from collections.abc import Iterable

from app.settings import Settings

NAMES = tuple[bytes, bytes]


def content_security_policy(settings: Settings) -> str:
    """Nothing inline, nothing from elsewhere; only files come from, and go to, the store."""
    store = settings.s3_public_endpoint
    rules = {
        "default-src": "'self'",
        "script-src": "'self' 'wasm-unsafe-eval'",  # pdf.js decodes pictures with WebAssembly
        "style-src": "'self'",
        "img-src": f"'self' data: blob: {store}",
        "font-src": "'self' data: blob:",  # pdf.js loads a document's own fonts
        "connect-src": f"'self' {store}",
        "form-action": f"'self' {store}",
        "worker-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def security_headers(settings: Settings) -> dict[bytes, bytes]:
    headers = {
        "content-security-policy": content_security_policy(settings),
        "x-content-type-options": "nosniff",
        # Uploads to the store are CORS requests, which name their origin under any referrer policy.
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-frame-options": "DENY",
    }
    if settings.url.startswith("https://"):
        headers["strict-transport-security"] = "max-age=63072000; includeSubDomains"
    return {name.encode(): value.encode() for name, value in headers.items()}


def kept(path: str, status: int, is_signed_in: bool) -> bytes:
    """How long a browser may keep an answer. Static files carry a hash in their names, so they never change."""
    if path.startswith("/static/"):
        return b"public, max-age=31536000, immutable" if status == 200 else b"no-store"
    return b"no-store" if is_signed_in else b"private, no-cache"


def dressed(sent: Iterable[NAMES], always: dict[bytes, bytes], cache: bytes, request_id: str) -> list[NAMES]:
    """The answer's own headers win, so that a route may be stricter or say how long its answer is good."""
    headers = list(sent)
    named = {name.lower() for name, _ in headers}
    headers += [(name, value) for name, value in always.items() if name not in named]
    if b"cache-control" not in named:
        headers.append((b"cache-control", cache))
    headers.append((b"x-request-id", request_id.encode()))
    return headers
