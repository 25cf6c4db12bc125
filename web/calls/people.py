"""Users, tokens, and who is asking."""

from datetime import timedelta

from pipeline.errors import Refused
from pipeline.store.access import NewToken, TokenSeen
from pipeline.store.people import Account

from .. import passwords, tokens
from ..auth import WRONG, by_password, sign_in_limits
from ..endpoint import Call
from ..face import face
from ..gives_people import MeOut, NewTokenOut, TokenOut, TokensOut, UserOut, UsersOut
from ..problems import Problem
from ..roles import Role, Scope
from ..takes import SignInIn, TokenIn, UserChangeIn, UserIn


def whoami(call: Call) -> MeOut:
    user = call.user
    return MeOut(name=user.name, role=user.role, groups=sorted(user.groups), scopes=sorted(user.scopes))


def list_users(_: Call) -> UsersOut:
    return UsersOut(users=[_user(account) for account in face().people.all()])


def add_user(call: Call) -> UserOut:
    asked = call.body(UserIn)
    people = face().people
    try:
        people.add(asked.name, asked.role, _hashed(asked.password), email=asked.email, actor=call.user.name)
    except Refused as refused:
        raise Problem(409, "user.exists", f"{refused}.") from None
    return _user(_found(asked.name))


def change_user(call: Call) -> UserOut:
    asked, name = call.body(UserChangeIn), call.path["name"]
    _found(name)
    word = _hashed(asked.password) if asked.password is not None else None
    try:
        face().people.change(name, actor=call.user.name, role=asked.role, password_hash=word, disabled=asked.disabled)
    except Refused as refused:
        raise Problem(409, "user.refused", f"{refused}.") from None
    return _user(_found(name))


def list_tokens(call: Call) -> TokensOut:
    """One's own; an admin sees all."""
    everybody = call.user.lacks(Role.ADMIN, Scope.ADMIN) is None
    return TokensOut(tokens=[_token(seen) for seen in face().access.tokens("" if everybody else call.user.name)])


def make_token(call: Call) -> NewTokenOut:
    """A token of the asker. A token needs the scope admin for it, or it could renew itself for ever."""
    return _issue(call.user.name, call.body(TokenIn))


def sign_in(call: Call) -> NewTokenOut:
    """How the terminal signs in. Wrong passwords count as at the form."""
    asked = call.body(SignInIn)
    with sign_in_limits(asked.username):
        account = by_password(asked.username, asked.password)
        if account is None:
            raise Problem(401, "auth.password", WRONG)
    return _issue(account.name, asked)


def _issue(account: str, asked: TokenIn) -> NewTokenOut:
    made, lasts = tokens.new_token(), timedelta(days=asked.days)
    new = NewToken(account, asked.name, made.prefix, made.hash, frozenset(asked.scopes), lasts)
    number = face().access.issue(new, actor=account)
    kept = next(seen for seen in face().access.tokens(account) if seen.id == number)
    return NewTokenOut(**_token(kept).model_dump(), token=made.text)


def revoke_token(call: Call) -> TokenOut:
    """One's own; an admin revokes any. Somebody else's looks like none."""
    number = call.path["token_id"]
    mine = {seen.id: seen for seen in face().access.tokens(call.user.name)}
    if call.user.lacks(Role.ADMIN, Scope.ADMIN) is None:
        mine = {seen.id: seen for seen in face().access.tokens()}
    if number not in mine:
        raise Problem(404, "token.unknown", f"There is no valid token {number} of yours.")
    face().access.revoke(number, actor=call.user.name)
    return _token(mine[number])


def _found(name: str) -> Account:
    account = face().people.find(name)
    if account is None:
        raise Problem(404, "user.unknown", f"There is no user {name[:80]!r}.")
    return account


def _hashed(password: str) -> str:
    if why := passwords.complaint(password):
        raise Problem(422, "user.password", why)
    return passwords.hashed(password)


def _user(account: Account) -> UserOut:
    return UserOut(
        name=account.name,
        email=account.email,
        role=account.role,
        disabled=account.disabled,
        created_at=account.created_at,
    )


def _token(seen: TokenSeen) -> TokenOut:
    return TokenOut(
        id=seen.id,
        name=seen.name,
        account=seen.account.name,
        prefix=seen.prefix,
        scopes=sorted(seen.scopes),
        created_at=seen.created_at,
        expires_at=seen.expires_at,
        last_used=seen.last_used,
    )
