"""The people of the demo, each with an account and a token of their own."""

import secrets
from dataclasses import dataclass

from ..access import sign_in
from ..client import Api, Json
from . import shop

CAST = (
    ("lena", "release manager", "lena@tern.example"),
    ("diego", "release manager", "diego@tern.example"),
    (shop.AUTHOR, "developer", shop.EMAIL),
)
APPROVERS = {"lena": "The tests say what I wanted to know.", "diego": "Seen it, fine with me."}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    name: str
    role: str
    password: str
    api: Api

    def approve(self, number: int) -> bool:
        """Say yes to what waits in the inbox. False: nothing does, or not for this person."""
        waiting: list[Json] = self.api.get("/approvals")["approvals"]
        mine = [one["shown"] for one in waiting if one["release"]["id"] == number and not one["why_not"]]
        for shown in mine:
            self.api.post(f"/releases/{number}/approve", {"comment": APPROVERS.get(self.name, ""), **shown})
        return bool(mine)


def invite(admin: Api) -> dict[str, Person]:
    """Create the accounts and sign everybody in."""
    found = {}
    for name, role, email in CAST:
        password = secrets.token_hex(8)
        admin.post("/users", {"name": name, "role": role, "email": email, "password": password})
        token = sign_in(admin.server, name, password, ("read", "operate"), days=1, label="the demo")
        found[name] = Person(name, role, password, Api(admin.server, token))
    return found
