"""All that Sluice may do in a cluster, as one Role of one namespace, and what of it is missing. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .notes import Manifest

ACCOUNT = "sluice"
RULES: tuple[Mapping[str, list[str]], ...] = (
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
RBAC = "rbac.authorization.k8s.io"
MAKES = (  # what whoever lets Sluice in has to do: verb, API group, resource
    *((verb, "", "serviceaccounts") for verb in ("create", "patch")),
    *((verb, RBAC, resource) for resource in ("roles", "rolebindings") for verb in ("create", "patch")),
    ("create", "", "serviceaccounts/token"),
)


def account(namespace: str) -> tuple[Manifest, ...]:
    """The ServiceAccount with its Role and its RoleBinding, in the order in which they are made."""
    meta = {"name": ACCOUNT, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "sluice"}}
    role = {"apiGroup": RBAC, "kind": "Role", "name": ACCOUNT}
    who = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": meta, "rules": [dict(rule) for rule in RULES]},
        {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": meta, "roleRef": role, "subjects": [who]},
    )


def missing(granted: Iterable[Mapping[str, Any]]) -> list[str]:
    """What of RULES these rules (of a SelfSubjectRulesReview) do not give, like "patch deployments.apps"."""
    rules = list(granted)
    return [
        f"{verb} {resource}{'.' if group else ''}{group}"
        for group, resource, verb in _single(RULES)
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
