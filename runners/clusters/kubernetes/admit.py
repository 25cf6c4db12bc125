"""Let Sluice into a cluster, look how far it may go, renew its token, put it out: `sluice cluster`, on this machine.

`python -m runners.clusters.kubernetes.admit add|check|rotate|remove …` says what it did, or ends with 1 and the reason.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from pipeline.errors import NeedsHuman, PipelineError
from runners.metrics.counters import scrape

from . import access, kubeconfig, rights, tokens
from .access import Access
from .api import Api
from .notes import Manifest

REVIEWS = "/apis/authorization.k8s.io/v1"
NONE: Mapping[str, str] = MappingProxyType({})
AGREES = 10.0  # seconds until every part of the API server knows a new Role


def add(asked: argparse.Namespace) -> Iterable[str]:
    """The account with the least rights, its token, and the file with both for this home."""
    opened = kubeconfig.open_up(Path(asked.kubeconfig), asked.context, trusted=asked.trusted)
    host = (asked.server or opened.server).rstrip("/")
    with_login = Api(asked.name, lambda: opened.login)
    try:
        version = with_login.answer("/version")["gitVersion"]
        _may_make(with_login, asked.namespace, opened.context, rights.MAKES)
        if asked.tests:
            _may_make(with_login, asked.tests, opened.context, rights.MAKES_FOR_TESTS)
        _make(with_login, asked.namespace, rights.account(asked.namespace))
        if asked.tests:
            _make(with_login, asked.tests, rights.for_tests(asked.tests, asked.namespace), rights.RESTRICTED)
        token, until = tokens.issue(with_login, asked.namespace, asked.days)
        found = Access(host, opened.authority, token, until, datetime.now(UTC).isoformat())
        if why := access.wrong(found):
            raise NeedsHuman(f"{asked.kubeconfig}: {why}")
        _agreed(Access(opened.server, opened.authority, token), asked.name, _asked(asked))
    finally:
        with_login.close()
    if asked.print:
        yield json.dumps(asdict(found))
        return
    file = access.write(Path(asked.secrets), asked.name, found)
    yield f"{asked.name} is Kubernetes {version} at {host}."
    yield f"ServiceAccount {rights.ACCOUNT} in namespace {asked.namespace} may do what Sluice needs, and nothing else."
    if asked.tests:
        yield f"In namespace {asked.tests} it may run tests."
    yield f"Its token ends {_minute(until)}; a running Sluice renews it. It is in {file}."


def check(asked: argparse.Namespace) -> Iterable[str]:
    """How far the stored access goes: the server, the rights, the Gateway API, the counters, the token."""
    found = access.read(Path(asked.secrets), asked.name)
    api = Api(asked.name, lambda: found)
    try:
        yield f"{asked.name} is Kubernetes {api.answer('/version')['gitVersion']} at {found.host}."
        for namespace, rules in _asked(asked).items():
            if lacks := _lacks(api, namespace, rules):
                raise NeedsHuman(_told(asked.name, namespace, lacks))
            yield f"Sluice may do what it needs in namespace {namespace}."
        if asked.gateway and not _has_routes(api):
            raise NeedsHuman(f"{asked.name} has no Gateway API; install its CRDs and a gateway that serves HTTPRoutes")
        yield "The Gateway API is there." if asked.gateway else "Replicas are the share: it has no gateway."
    finally:
        api.close()
    if asked.counters:
        scrape(asked.counters)
        yield f"The gateway tells its counters at {asked.counters}."
    yield f"The token ends {_minute(found.until)}." if found.until else "Nobody knows when the token ends."


def rotate(asked: argparse.Namespace) -> Iterable[str]:
    """Another token, now."""
    tokens.renew(Path(asked.secrets), asked.name, asked.namespace)
    until = access.read(Path(asked.secrets), asked.name).until
    yield f"{asked.name} has a new token, until {_minute(until)}. The old one lasts as long as it was to last."


def remove(asked: argparse.Namespace) -> Iterable[str]:
    """The file; with a kubeconfig also the account, which ends every token of it at once."""
    if asked.kubeconfig:
        opened = kubeconfig.open_up(Path(asked.kubeconfig), asked.context, trusted=asked.trusted)
        with_login = Api(asked.name, lambda: opened.login)
        try:
            tests = rights.for_tests(asked.tests, asked.namespace) if asked.tests else ()
            for one in reversed((*rights.account(asked.namespace), *tests)):
                with_login.delete(one["kind"], one["metadata"]["namespace"], rights.ACCOUNT)
        finally:
            with_login.close()
        yield f"ServiceAccount {rights.ACCOUNT} is gone from {asked.name}, and with it every token of it."
    else:
        yield f"The account stays in {asked.name}; with --kubeconfig it is removed too."
    access.path(Path(asked.secrets), asked.name).unlink(missing_ok=True)
    yield f"This home has no access to {asked.name} any more. What runs there goes on."


def _asked(asked: argparse.Namespace) -> dict[str, rights.Rules]:
    """What Sluice may do in which namespace."""
    return {asked.namespace: rights.RULES, **({asked.tests: rights.TESTS} if asked.tests else {})}


def _may_make(api: Api, namespace: str, context: str, makes: Iterable[tuple[str, str, str]]) -> None:
    """Ask first, so that nothing is half made."""
    lacks = []
    if api.get("Namespace", "", namespace) is None and not _may(api, "", "create", "", "namespaces"):
        lacks.append("create namespaces")
    for verb, group, resource in makes:
        if not _may(api, namespace, verb, group, resource):
            lacks.append(f"{verb} {resource}")
    if lacks:
        why = f"the user of context {context} may not {', '.join(lacks)} in namespace {namespace}"
        raise NeedsHuman(f"{why}; use the context of an administrator, nothing was changed")


def _may(api: Api, namespace: str, verb: str, group: str, resource: str) -> bool:
    resource, _, sub = resource.partition("/")
    asked = {"namespace": namespace, "verb": verb, "group": group, "resource": resource, "subresource": sub}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    given = api.answer(f"{REVIEWS}/selfsubjectaccessreviews", {**body, "spec": {"resourceAttributes": asked}})
    return bool(given["status"].get("allowed"))


def _make(api: Api, namespace: str, objects: Iterable[Manifest], labels: Mapping[str, str] = NONE) -> None:
    """The namespace as well; one that is there keeps its labels."""
    if api.get("Namespace", "", namespace) is None:
        meta = {"name": namespace, "labels": dict(labels)}
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": meta}, "")
    for one in objects:
        api.apply(one, namespace)


def _agreed(found: Access, name: str, asked: Mapping[str, rights.Rules]) -> None:
    """The new token may do everything: authorizers hear of a Role within moments."""
    api = Api(name, lambda: found)
    give_up = time.monotonic() + AGREES
    try:
        for namespace, rules in asked.items():
            while lacks := _lacks(api, namespace, rules):
                if time.monotonic() > give_up:
                    raise NeedsHuman(_told(name, namespace, lacks))
                time.sleep(0.2)
    finally:
        api.close()


def _lacks(api: Api, namespace: str, rules: rights.Rules) -> list[str]:
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview"}
    given = api.answer(f"{REVIEWS}/selfsubjectrulesreviews", {**body, "spec": {"namespace": namespace}})
    return rights.missing(given["status"].get("resourceRules") or (), rules)


def _told(name: str, namespace: str, lacks: list[str]) -> str:
    return (
        f"Sluice may not {', '.join(lacks)} in namespace {namespace} of {name}; somebody changed its Role, or another "
        f"authorizer forbids it. Write the Role anew: sluice cluster add {name}"
    )


def _has_routes(api: Api) -> bool:
    groups = [one["name"] for one in api.answer("/apis")["groups"]]
    return "gateway.networking.k8s.io" in groups


def _minute(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"


VERBS: dict[str, Callable[[argparse.Namespace], Iterable[str]]] = {
    "add": add,
    "check": check,
    "rotate": rotate,
    "remove": remove,
}


def main(words: list[str]) -> int:
    """0 when it was done; else 1 and the reason on the error output."""
    parser = argparse.ArgumentParser(prog="python -m runners.clusters.kubernetes.admit", description=__doc__)
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("name")
    for option in ("secrets", "namespace", "kubeconfig", "context", "server", "counters", "gateway", "tests"):
        parser.add_argument(f"--{option}", default="")
    parser.add_argument("--days", type=int, default=tokens.DAYS)
    parser.add_argument("--trusted", action="store_true")
    parser.add_argument("--print", action="store_true")
    asked = parser.parse_args(words)
    try:
        for line in VERBS[asked.verb](asked):
            print(line, flush=True)  # noqa: T201  a command talks to its terminal
    except PipelineError as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
