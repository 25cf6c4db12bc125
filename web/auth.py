"""Who is asking: a browser by its cookie, a program by its token."""

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from flask import g, request

from pipeline.store.access import TokenSeen
from pipeline.store.people import Account

from . import csrf, limits, passwords, tokens
from .face import Face, face
from .problems import Problem
from .roles import Role, Scope, User

COOKIE = "sluice_session"
LASTS = timedelta(hours=12)
WRONG = (
    "Name and password do not fit. After ten tries in 15 minutes an account is locked for the address they came from."
)
NOTED = timedelta(minutes=1)  # a token's last use is written down so often


def current_user() -> User | None:
    """Whoever is signed in with this browser, looked up once per request."""
    if "user" not in g:
        g.user = _of_cookie(face())
    found: User | None = g.user
    return found


def signed_in() -> User:
    """Whoever is signed in; the pages send everybody else to the login."""
    user = current_user()
    if user is None:
        raise Problem(401, "auth.sign_in", "Sign in first.")
    return user


def bearer_or_session(*, changes: bool) -> User:
    """The caller of the API. A browser's cookie goes along by itself, so a change needs the token of its session."""
    if {"token", "access_token", "api_key"} & set(request.args):
        raise Problem(400, "auth.token_in_url", "Tokens in addresses end up in logs; send `Authorization: Bearer …`.")
    given = request.headers.get("Authorization")
    if given is not None:
        return _of_token(face(), given)
    user = current_user()
    if user is None:
        raise _unauthorized("auth.required", "Send a token: `Authorization: Bearer …`; `sluice token` makes one.")
    if changes:
        csrf.refuse_foreign_site()
        csrf.refuse_without_header(user.csrf)
    return user


@contextmanager
def sign_in_limits(name: str) -> Iterator[None]:
    """Wrong passwords lock an account for an address, and an address for all accounts."""
    limiter = face().limiter
    whom = limits.attempted(name)
    with (
        limiter.limit(limits.SIGN_IN_ADDRESS, key_func=limits.address, deduct_when=limits.failed, scope="sign-in"),
        limiter.limit(limits.SIGN_IN, key_func=lambda: whom, deduct_when=limits.failed, scope="sign-in"),
    ):
        yield


def by_password(name: str, password: str) -> Account | None:
    """The account, if the password is right. The same work is done for a name nobody has."""
    account = face().people.find(name)
    stored = account.password_hash if account is not None and not account.disabled else None
    return account if passwords.agrees(stored, password) else None


def watch() -> Callable[[], bool]:
    """Asks again whether this request's session or token is good: streams live longer than requests."""
    here, cookie = face(), request.cookies.get(COOKIE, "")
    token = tokens.read_token(request.headers.get("Authorization", "").removeprefix("Bearer "))

    def valid() -> bool:
        if token is not None:
            return here.access.token(token.prefix) is not None
        return here.access.signed_in(tokens.digest(cookie)) is not None

    return valid


def _of_cookie(here: Face) -> User | None:
    cookie = request.cookies.get(COOKIE, "")
    if not cookie:
        return None
    found = here.access.signed_in(tokens.digest(cookie))
    return None if found is None else user_of(found.account, csrf_token=found.csrf)


def _of_token(here: Face, given: str) -> User:
    kind, _, text = given.partition(" ")
    token = tokens.read_token(text) if kind == "Bearer" else None
    seen = here.access.token(token.prefix) if token is not None else None
    if token is None or seen is None or not hmac.compare_digest(seen.hash.encode(), token.hash.encode()):
        raise _unauthorized("auth.token", "The token is unknown, expired or revoked; make another one.")
    _note(here, seen)
    return user_of(seen.account, scopes=frozenset(map(Scope, seen.scopes)))


def _note(here: Face, seen: TokenSeen) -> None:
    if seen.last_used is None or datetime.now(UTC) - seen.last_used >= NOTED:
        here.access.used(seen)


def user_of(account: Account, *, scopes: frozenset[Scope] = frozenset(Scope), csrf_token: str = "") -> User:
    """The account as someone who asks."""
    return User(account.name, Role(account.role), account.groups, scopes, csrf_token, account.email)


def _unauthorized(code: str, detail: str) -> Problem:
    return Problem(401, code, detail, headers={"WWW-Authenticate": 'Bearer realm="sluice"'})
