"""How someone is recognised after signing in: web sessions and tokens, by their hashes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ..errors import Refused
from . import events
from .people import Account, account_of
from .records import AccountRow, TokenRow, WebSessionRow
from .session import Sessions

TOKEN_LONGEST = timedelta(days=90)
SEEN_AGAIN = timedelta(minutes=1)  # how often it is written down that somebody is still there


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to be kept: never itself, only its hash."""

    account: str
    name: str
    prefix: str
    hash: str
    scopes: frozenset[str]
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A web session that is valid now."""

    account: Account
    csrf: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TokenSeen:
    """A token as its owner's page shows it; `account` is who it acts for."""

    id: int
    account: Account
    name: str
    prefix: str
    hash: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime
    last_used: datetime | None
    revoked_at: datetime | None


class Access:
    """One method, one transaction."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    # ---- web sessions -------------------------------------------------------------------------------------------

    def sign_in(self, account: str, id_hash: str, csrf: str, lasts: timedelta) -> None:
        """Begin a session under a new id. Sessions that are over are forgotten on the way."""
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            session.execute(delete(WebSessionRow).where(WebSessionRow.expires_at <= now))
            row = WebSessionRow(id_hash=id_hash, account=account, csrf=csrf, created_at=now, seen_at=now)
            row.expires_at = now + lasts
            session.add(row)

    def signed_in(self, id_hash: str) -> SignedIn | None:
        """Who this session belongs to, while it and the account are valid."""
        with self._sessions.reading() as session:
            now = self._sessions.now(session)
            row = session.get(WebSessionRow, id_hash)
            account = session.get(AccountRow, row.account) if row is not None else None
            if row is None or account is None or account.disabled or row.expires_at <= now:
                return None
            found = SignedIn(account_of(session, account), row.csrf, row.created_at)
            stale = now - row.seen_at >= SEEN_AGAIN
        if stale:
            with self._sessions.writing() as session:
                session.execute(update(WebSessionRow).where(WebSessionRow.id_hash == id_hash).values(seen_at=now))
        return found

    def sign_out(self, id_hash: str) -> None:
        """End a session."""
        with self._sessions.writing() as session:
            session.execute(delete(WebSessionRow).where(WebSessionRow.id_hash == id_hash))

    # ---- tokens -------------------------------------------------------------------------------------------------

    def issue(self, new: NewToken, *, actor: str) -> int:
        """Keep a new token's hash; its id."""
        if not timedelta(0) < new.lasts <= TOKEN_LONGEST:
            raise Refused(f"A token lasts up to {TOKEN_LONGEST.days} days")
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            row = TokenRow(account=new.account, name=new.name, prefix=new.prefix, hash=new.hash, scopes=new.scopes)
            row.created_at, row.expires_at = now, now + new.lasts
            session.add(row)
            session.flush()
            told = {"token": row.id, "name": new.name, "account": new.account, "scopes": sorted(new.scopes)}
            events.append(session, now, "token", told, actor=actor)
            return row.id

    def token(self, prefix: str) -> TokenSeen | None:
        """The token with this prefix, while it and its account are valid. The caller compares the hashes."""
        with self._sessions.reading() as session:
            row = session.scalars(select(TokenRow).where(TokenRow.prefix == prefix)).first()
            now = self._sessions.now(session)
            if row is None or row.revoked_at is not None or row.expires_at <= now:
                return None
            seen = _token(session, row)
            return None if seen.account.disabled else seen

    def used(self, seen: TokenSeen) -> None:
        """Write down that a token was used, at most once a minute. Call it after the hashes matched."""
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            if seen.last_used is None or now - seen.last_used >= SEEN_AGAIN:
                session.execute(update(TokenRow).where(TokenRow.id == seen.id).values(last_used=now))

    def revoke(self, number: int, *, actor: str) -> None:
        """The token is of no use from now on."""
        with self._sessions.writing() as session:
            row = session.get(TokenRow, number, with_for_update=True)
            if row is None or row.revoked_at is not None:
                raise Refused(f"There is no valid token {number}")
            row.revoked_at = self._sessions.now(session)
            session.flush()
            told = {"token": number, "name": row.name, "account": row.account, "revoked": True}
            events.append(session, row.revoked_at, "token", told, actor=actor)

    def tokens(self, account: str = "") -> tuple[TokenSeen, ...]:
        """The tokens of one account or of all that were not revoked, newest first."""
        chosen = select(TokenRow).where(TokenRow.revoked_at.is_(None)).order_by(TokenRow.id.desc())
        with self._sessions.reading() as session:
            rows = session.scalars(chosen.where(TokenRow.account == account) if account else chosen).all()
            return tuple(_token(session, row) for row in rows)


def _token(session: Session, row: TokenRow) -> TokenSeen:
    return TokenSeen(
        id=row.id,
        account=account_of(session, session.get_one(AccountRow, row.account)),
        name=row.name,
        prefix=row.prefix,
        hash=row.hash,
        scopes=row.scopes,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used=row.last_used,
        revoked_at=row.revoked_at,
    )
