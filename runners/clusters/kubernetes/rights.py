"""All that Sluice may do in a cluster, as one Role of one namespace, another one where tests run, and what of it is
missing. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .notes import Manifest

ACCOUNT = "sluice"
Rules = tuple[Mapping[str, list[str]], ...]
RULES: Rules = (
    {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "create", "patch"]},
    {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["update"]},
    {"apiGroups": [""], "resources": ["services"], "verbs": ["get", "list", "create", "update", "patch", "delete"]},
    {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
    {
        "apiGroups": ["gateway.networking.k8s.io"],
        "resources": ["httproutes"],
        "verbs": ["get", "list", "create", "update", "patch"],
    },
    # Its own token and nobody else's: so it can be renewed before it ends.
    {
        "apiGroups": [""],
        "resources": ["serviceaccounts/token"],
        "resourceNames": [ACCOUNT],
        "verbs": ["create"],
    },
)
TESTS: Rules = (  # where tests run, and nowhere else
    {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["get", "create", "patch", "delete"]},
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},  # what is in them cannot be read
    {"apiGroups": [""], "resources": ["pods", "events"], "verbs": ["list"]},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
)
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}  # label of a namespace that is made for tests
NETWORK = "networking.k8s.io"
RBAC = "rbac.authorization.k8s.io"
MAKES = (  # what whoever lets Sluice in has to do: verb, API group, resource
    *((verb, "", "serviceaccounts") for verb in ("create", "patch")),
    *((verb, RBAC, resource) for resource in ("roles", "rolebindings") for verb in ("create", "patch")),
    ("create", "", "serviceaccounts/token"),
)
MAKES_FOR_TESTS = tuple(
    (verb, group, resource)
    for group, resource in ((RBAC, "roles"), (RBAC, "rolebindings"), (NETWORK, "networkpolicies"))
    for verb in ("create", "patch")
)


def account(namespace: str) -> tuple[Manifest, ...]:
    """The ServiceAccount with its Role and its RoleBinding, in the order in which they are made."""
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _meta(namespace)},
        *_may(namespace, RULES, namespace),
    )


def for_tests(namespace: str, apps: str) -> tuple[Manifest, ...]:
    """What the account in the namespace `apps` may do where tests run, and that nobody may call a test."""
    tests = {"app.kubernetes.io/managed-by": "sluice", "app.kubernetes.io/component": "test"}
    closed = {"podSelector": {"matchLabels": tests}, "policyTypes": ["Ingress"]}
    policy = {"apiVersion": f"{NETWORK}/v1", "kind": "NetworkPolicy", "metadata": _meta(namespace), "spec": closed}
    return (*_may(namespace, TESTS, apps), policy)


def _may(namespace: str, rules: Rules, apps: str) -> tuple[Manifest, ...]:
    role = {"apiGroup": RBAC, "kind": "Role", "name": ACCOUNT}
    who = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": apps}
    meta = _meta(namespace)
    return (
        {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": meta, "rules": [dict(rule) for rule in rules]},
        {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": meta, "roleRef": role, "subjects": [who]},
    )


def _meta(namespace: str) -> Manifest:
    return {"name": ACCOUNT, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "sluice"}}


def missing(granted: Iterable[Mapping[str, Any]], asked: Rules = RULES) -> list[str]:
    """What of `asked` these rules (of a SelfSubjectRulesReview) do not give, like "patch deployments.apps"."""
    rules = list(granted)
    return [
        f"{verb} {resource}{'.' if group else ''}{group}"
        for group, resource, verb in _single(asked)
        if not any(_gives(rule, group, resource, verb) for rule in rules)
    ]


def _single(rules: Iterable[Mapping[str, list[str]]]) -> Iterator[tuple[str, str, str]]:
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield group, resource, verb


def _gives(rule: Mapping[str, Any], group: str, resource: str, verb: str) -> bool:
    names = rule.get("resourceNames") or [ACCOUNT]
    asked = (("apiGroups", group), ("resources", resource), ("verbs", verb))
    return ACCOUNT in names and all({word, "*"} & set(rule.get(key) or ()) for key, word in asked)
