"""Who is asking: a name, a role, the groups that follow, and what a token may be used for."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; each may all that the ones before may."""

    VIEWER = "viewer"
    DEVELOPER = "developer"
    RELEASE_MANAGER = "release manager"
    ADMIN = "admin"

    def covers(self, least: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(least)


class Scope(StrEnum):
    """What a token may be used for; each includes the ones before."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class User:
    """Someone who is signed in or brought a token."""

    name: str
    role: Role
    groups: frozenset[str] = frozenset()
    scopes: frozenset[Scope] = frozenset(Scope)
    csrf: str = ""  # of the session; "" for a token, which no browser sends by itself
    email: str = ""

    def lacks(self, least: Role, scope: Scope) -> str | None:
        """Why this user may not do what needs `least` and `scope`, in words; None: may."""
        if not self.role.covers(least):
            return f"This needs the role {least}; {self.name} is {self.role}. An admin can change that."
        order = list(Scope)
        if not any(order.index(held) >= order.index(scope) for held in self.scopes):
            held = ", ".join(sorted(self.scopes))
            return f"This needs a token with the scope {scope}; this one has {held}. Make another one."
        return None
