"""Random words that let someone in: made here, stored only as hashes."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

LONGEST = timedelta(days=90)
_FORM = re.compile(r"slc_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token as its owner sees it, once."""

    text: str
    prefix: str  # finds the row

    @property
    def hash(self) -> str:
        return digest(self.text)


def new_token() -> Token:
    """A token of 256 random bits, with a prefix that may be shown."""
    prefix = secrets.token_hex(6)
    return Token(f"slc_{prefix}_{secrets.token_urlsafe(32)}", prefix)


def read_token(text: str) -> Token | None:
    """`text` if it has the form of a token of ours."""
    found = _FORM.fullmatch(text)
    return Token(text, found[1]) if found else None


def new_cookie() -> str:
    """The value of a session cookie."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """What is stored of a random word. It has 256 random bits, so one round of SHA-256 is enough."""
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
