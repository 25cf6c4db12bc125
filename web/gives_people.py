"""What the API gives about people: users, tokens, and who is asking."""

from datetime import datetime

from .endpoint import Out


class UserOut(Out):
    name: str
    email: str
    role: str
    disabled: bool
    created_at: datetime


class UsersOut(Out):
    users: list[UserOut]


class TokenOut(Out):
    id: int
    name: str
    account: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used: datetime | None


class NewTokenOut(TokenOut):
    token: str  # shown this once


class TokensOut(Out):
    tokens: list[TokenOut]


class MeOut(Out):
    name: str
    role: str
    groups: list[str]
    scopes: list[str]
