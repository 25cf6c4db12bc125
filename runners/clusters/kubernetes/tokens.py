"""Tokens of Sluice's own account in a cluster: asked of the cluster, and renewed at half their life."""

from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import NeedsHuman

from . import access
from .access import Access
from .api import Api
from .rights import ACCOUNT

DAYS = 7


def issue(api: Api, namespace: str, days: int = DAYS) -> tuple[str, str]:
    """A token, and when it ends: the server may give it a shorter life than was asked."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{ACCOUNT}/token"
    kind = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
    given = api.answer(path, {**kind, "spec": {"expirationSeconds": days * 86_400}})["status"]
    until = datetime.fromisoformat(given["expirationTimestamp"]).astimezone(UTC)
    return str(given["token"]), until.isoformat()


def renew(secrets: Path, name: str, namespace: str, *, now: datetime | None = None) -> bool:
    """Another token in the place of one that is past half its life; with `now` None in any case. True: it was done."""
    known = access.read(secrets, name)
    if now is not None and not known.ages(now):
        return False
    api = Api(name, lambda: known)
    try:
        token, until = issue(api, namespace)
    finally:
        api.close()
    try:
        access.write(secrets, name, Access(known.host, known.authority, token, until, datetime.now(UTC).isoformat()))
    except OSError as error:
        why = f"{name} has given a new token, and {access.path(secrets, name)} cannot be written: {error.strerror}"
        raise NeedsHuman(f"{why}; the old one ends at {known.until}") from error
    return True
