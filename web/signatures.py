"""Did our forge send this body? The header's grammar first, then the bytes."""

import hmac
import re
from hashlib import sha256
from typing import Literal

from werkzeug.datastructures import Headers

from .problems import Problem

Forge = Literal["github", "gitea"]
HEADERS: dict[Forge, tuple[str, ...]] = {
    "github": ("X-Hub-Signature-256",),
    "gitea": ("X-Gitea-Signature", "X-Forgejo-Signature"),
}
GRAMMAR: dict[Forge, re.Pattern[str]] = {
    "github": re.compile(r"sha256=([0-9a-f]{64})"),
    "gitea": re.compile(r"([0-9a-f]{64})"),
}


def claimed(forge: Forge, headers: Headers) -> bytes:
    """The signature that the headers claim, in hex; refused before the body is read when it cannot be one."""
    found = [(name, headers[name]) for name in HEADERS[forge] if name in headers]
    if not found:
        raise _absent(forge, headers)
    name, value = found[0]
    if "," in value or len({value for _, value in found}) > 1:
        raise Problem(400, "webhook.header_repeated", f"The header {name} came more than once; send it once.")
    if value.startswith("sha1="):
        raise _old_algorithm(name)
    match = GRAMMAR[forge].fullmatch(value)
    if match is None:
        form = "sha256= and 64 hex digits" if forge == "github" else "64 hex digits"
        raise Problem(401, "webhook.signature_malformed", f"The header {name} must be {form} in small letters.")
    return match[1].encode()


def refuse_unsigned(secret: bytes, body: bytes, signature: bytes) -> None:
    """Compare bytes with bytes, in a time that does not depend on where they differ."""
    expected = hmac.new(secret, body, sha256).hexdigest().encode()
    if not hmac.compare_digest(expected, signature):
        detail = "The signature does not fit the body; check that both sides have the same secret."
        raise Problem(401, "webhook.signature_mismatch", detail)


def _absent(forge: Forge, headers: Headers) -> Problem:
    if forge == "github" and "X-Hub-Signature" in headers:
        return _old_algorithm("X-Hub-Signature")
    names = " or ".join(HEADERS[forge])
    return Problem(401, "webhook.signature_missing", f"Header {names} is required for source '{forge}'.")


def _old_algorithm(name: str) -> Problem:
    detail = f"The header {name} carries SHA-1; use SHA-256, set a secret for the webhook at the forge."
    return Problem(401, "webhook.signature_algorithm", detail)
