"""Who may sign in: accounts with role and groups. Password hashes come from the face; nothing here is a password."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from ..errors import Refused
from . import events
from .records import AccountRow, SettingRow, WebSessionRow
from .said import groups_of
from .session import Sessions, insert_once

FIRST_ADMIN = "first_admin"


@dataclass(frozen=True, slots=True)
class Account:
    """A person or bot. `groups` follow from the role and platform.yaml."""

    name: str
    email: str
    role: str
    password_hash: str
    created_at: datetime
    disabled: bool
    groups: frozenset[str]


class People:
    """One method, one transaction; what changes leaves a line in the journal of the installation."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def first_admin(self, name: str, password_hash: str, email: str = "") -> bool:
        """Create the first account, an admin. False: there was one before, whoever came at the same time."""
        with self._sessions.writing() as session:
            if not insert_once(session, SettingRow, name=FIRST_ADMIN, value=name):
                return False
            if session.scalars(select(AccountRow.name).limit(1)).first() is not None:
                return False
            self._add(session, name, "admin", password_hash, email, actor=name)
            return True

    def add(self, name: str, role: str, password_hash: str, *, email: str = "", actor: str) -> None:
        """A new account."""
        with self._sessions.writing() as session:
            if session.get(AccountRow, name) is not None:
                raise Refused(f"There is an account {name} already")
            self._add(session, name, role, password_hash, email, actor=actor)

    def _add(self, session: Session, name: str, role: str, password_hash: str, email: str, *, actor: str) -> None:
        now = self._sessions.now(session)
        session.add(AccountRow(name=name, email=email, role=role, password_hash=password_hash, created_at=now))
        session.flush()
        events.append(session, now, "account", {"name": name, "role": role}, actor=actor)

    def change(
        self,
        name: str,
        *,
        actor: str,
        role: str | None = None,
        password_hash: str | None = None,
        email: str | None = None,
        disabled: bool | None = None,
    ) -> None:
        """Change what is given. Role, password and disabling end the account's sessions."""
        asked = {"role": role, "password_hash": password_hash, "email": email, "disabled": disabled}
        fresh = {key: value for key, value in asked.items() if value is not None}
        with self._sessions.writing() as session:
            row = session.get(AccountRow, name, with_for_update=True)
            if row is None:
                raise Refused(f"There is no account {name}")
            for key, value in fresh.items():
                setattr(row, key, value)
            session.flush()
            _keep_an_admin(session)
            if fresh.keys() - {"email"}:
                session.execute(delete(WebSessionRow).where(WebSessionRow.account == name))
            told = {key: value for key, value in fresh.items() if key != "password_hash"}
            changed = {"name": name, "changed": sorted(fresh), **told}
            events.append(session, self._sessions.now(session), "account", changed, actor=actor)

    def find(self, name: str) -> Account | None:
        """The account of this name, disabled or not."""
        with self._sessions.reading() as session:
            row = session.get(AccountRow, name)
            return None if row is None else account_of(session, row)

    def all(self) -> tuple[Account, ...]:
        """Every account, by name."""
        with self._sessions.reading() as session:
            rows = session.scalars(select(AccountRow).order_by(AccountRow.name))
            return tuple(account_of(session, row) for row in rows.all())

    def match(self, emails: Collection[str], names: Collection[str] = ()) -> frozenset[str]:
        """The accounts behind these e-mail addresses and forge names. Unknown ones match nobody."""
        known = {email.lower() for email in emails if email}
        with self._sessions.reading() as session:
            found = or_(func.lower(AccountRow.email).in_(known), AccountRow.name.in_({name for name in names if name}))
            return frozenset(session.scalars(select(AccountRow.name).where(found)))


def _keep_an_admin(session: Session) -> None:
    admins = select(AccountRow.name).where(AccountRow.role == "admin", ~AccountRow.disabled)
    if session.scalars(admins.limit(1)).first() is None:
        raise Refused("Nobody would be admin any more; make somebody else admin first")


def account_of(session: Session, row: AccountRow) -> Account:
    """The row as a value, with the groups it is in now."""
    groups = groups_of(session, {row.name})[row.name]
    return Account(row.name, row.email, row.role, row.password_hash, row.created_at, row.disabled, groups)
