"""The kinds of objects that Sluice knows in a cluster, and where its API server keeps them. Pure."""

from collections.abc import Mapping

KINDS: Mapping[str, tuple[str, str]] = {  # kind → its group with version, its name in paths
    "Namespace": ("api/v1", "namespaces"),
    "ServiceAccount": ("api/v1", "serviceaccounts"),
    "Role": ("apis/rbac.authorization.k8s.io/v1", "roles"),
    "RoleBinding": ("apis/rbac.authorization.k8s.io/v1", "rolebindings"),
    "Deployment": ("apis/apps/v1", "deployments"),
    "HTTPRoute": ("apis/gateway.networking.k8s.io/v1", "httproutes"),
    "Pod": ("api/v1", "pods"),
    "Service": ("api/v1", "services"),
    "Job": ("apis/batch/v1", "jobs"),
    "Secret": ("api/v1", "secrets"),
    "Event": ("api/v1", "events"),
    "NetworkPolicy": ("apis/networking.k8s.io/v1", "networkpolicies"),
}


def path_of(kind: str, namespace: str, name: str = "") -> str:
    """The object `name` of a kind, or with "" all of them in that namespace."""
    group, plural = KINDS[kind]
    inside = "" if kind == "Namespace" else f"namespaces/{namespace}/"
    return f"/{group}/{inside}{plural}" + (f"/{name}" if name else "")
