"""Passwords: hashed with argon2, checked with the same work whether the account exists or not."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 1024
_ARGON = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # what OWASP asks at least


def hashed(password: str) -> str:
    """The hash to store."""
    return _ARGON.hash(password)


def complaint(password: str) -> str | None:
    """Why this password is not taken, or None."""
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    return None


def agrees(stored: str | None, password: str) -> bool:
    """The password fits the stored hash. Without one the same work is done, and it never fits."""
    try:
        fits = _ARGON.verify(stored or _nobody(), password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def made_up() -> str:
    """A password nobody has to think of: 120 bits, easy to copy."""
    return "-".join(secrets.token_hex(3) for _ in range(5))


@cache
def _nobody() -> str:
    return hashed(secrets.token_hex(16))
