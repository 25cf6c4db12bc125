"""`platform.yaml`: what the installation says: tenants, clusters, groups, apps and the rules that protect them."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from .app import ApprovalGate
from .checks import agreed, gates_once, once, unknown, weekly_known, zone_known
from .counting import Prometheus
from .part import Part
from .problems import Complaint, Path
from .testing import TestsEntry, misplaced
from .words import ADDRESS, BRANCH, BY_PEOPLE, GATEWAY, HOST, IMAGE, LABEL, Name, RepoPath, User

Names = Annotated[tuple[Name, ...], AfterValidator(once)]


class Tenant(Part):
    """Whose apps they are, and in which plane they run."""

    plane: Literal["online", "offline"] = Field(
        default="online", description="Apps that answer users, or apps that work through jobs.", examples=["offline"]
    )


class Reached(Part):
    """Where in a Kubernetes cluster the apps are, and how their requests come in and are counted."""

    namespace: Annotated[str, StringConstraints(pattern=LABEL)] = Field(
        description="The namespace of the apps.", examples=["shop"]
    )
    gateway: Annotated[str, StringConstraints(pattern=GATEWAY)] | None = Field(
        default=None,
        description="The Gateway that routes attach to, as namespace/name. Without one, replicas are the share.",
        examples=["edge/web"],
    )
    counters: Annotated[str, StringConstraints(pattern=ADDRESS)] | None = Field(
        default=None,
        description="Where the Traefik of that Gateway tells its counters, if no Prometheus does.",
        examples=["http://traefik.example.org:9100/metrics"],
    )
    address: Annotated[str, StringConstraints(pattern=ADDRESS)] | None = Field(
        default=None,
        description="Where requests reach that Gateway; then the front door of `sluice up` leads there too.",
        examples=["http://traefik.example.org"],
    )


class ClusterEntry(Part):
    """One cluster. Clusters of one `group` are active-active: never two of them in transition at once. `dr`: last."""

    kind: Literal["local", "kubernetes"] = Field(
        default="local",
        description="Processes on this machine, or a Kubernetes cluster.",
        examples=["kubernetes"],
    )
    kubernetes: Reached | None = Field(
        default=None,
        description="How a Kubernetes cluster is used; `sluice cluster add` lets Sluice in.",
        examples=[{"namespace": "shop", "gateway": "edge/web", "counters": "http://traefik.example.org:9100/metrics"}],
    )
    prometheus: Prometheus | None = Field(
        default=None,
        description="The Prometheus that is asked for counters; without one the gateway itself is.",
        examples=[{"address": "http://prometheus.example.org:9090", "counts": "istio"}],
    )
    group: Name | None = Field(
        default=None,
        description="Clusters of one group carry the load together: never two of them in one wave.",
        examples=["west"],
    )
    dr: bool = Field(
        default=False, description="The cluster for disasters: its wave comes last, alone.", examples=[True]
    )
    capacity: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=20, description="Replicas the cluster can run in all.", examples=[40]
    )


class Hook(Part):
    """Where pushes are reported from. `secret` names a file in the secrets directory."""

    kind: Literal["github", "gitea"] = Field(
        default="github", description="The shape of the reports; gitea is Forgejo's as well.", examples=["gitea"]
    )
    secret: Name = Field(description="Name of the file with the secret.", examples=["shop-webhook"])


class AppEntry(Part):
    """One app: where its code is, which branch is released, who reports pushes."""

    tenant: Name = Field(description="Whose app it is.", examples=["web"])
    repository: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(
        description="Address of the git repository.", examples=["https://git.example.org/web/shop.git"]
    )
    branch: Annotated[str, StringConstraints(pattern=BRANCH)] = Field(
        default="main", description="The protected branch that is released.", examples=["stable"]
    )
    allow_local: bool = Field(
        default=False,
        alias="allow-local",
        description="The repository may be a path on this machine.",
        examples=[True],
    )
    definition: RepoPath = Field(
        default="sluice.yaml", description="Path of the definition in the repository.", examples=["deploy/sluice.yaml"]
    )
    image: Annotated[str, StringConstraints(pattern=IMAGE)] | None = Field(
        default=None,
        description="The repository in a registry where its images are kept, for Kubernetes clusters.",
        examples=["registry.example.org/web/shop"],
    )
    hosts: Annotated[tuple[Annotated[str, StringConstraints(pattern=HOST)], ...], AfterValidator(once)] = Field(
        default=(),
        description="The names its requests come for, in Kubernetes clusters; none: all that reach the gateway.",
        examples=[["shop.example.org"]],
    )
    data: Annotated[str, StringConstraints(pattern=LABEL)] | None = Field(
        default=None,
        description="A PersistentVolumeClaim in each Kubernetes cluster, which all its replicas share as $DATA_DIR.",
        examples=["shop-data"],
    )
    webhook: Hook | None = Field(
        default=None,
        description="Who reports pushes; without it the branch is only polled.",
        examples=[{"kind": "gitea", "secret": "shop-webhook"}],
    )
    poll: bool = Field(default=True, description="Look at the branch every minute.", examples=[False])


class Protection(Part):
    """Gates that hold for these clusters whatever `sluice.yaml` says. Empty `apps` or `clusters` = all."""

    apps: Names = Field(default=(), description="The apps it holds for; none: all.", examples=[["shop"]])
    clusters: Names = Field(default=(), description="The clusters it holds for; none: all.", examples=[["dr"]])
    gates: Annotated[tuple[ApprovalGate, ...], Field(min_length=1, max_length=10), AfterValidator(gates_once)] = Field(
        description="What must agree, besides the gates of the wave.",
        examples=[[{"approval": {"from": "release-managers"}}]],
    )


class FreezeRule(Part):
    """A weekly freeze of the installation, e.g. `weekly: Fri 16:00 - Mon 08:00`, `zone: Europe/Berlin`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)] = Field(
        description="What people call it.", examples=["Weekend"]
    )
    weekly: Annotated[str, StringConstraints(min_length=5, max_length=60), AfterValidator(weekly_known)] = Field(
        description="When it begins and ends, as a clock on the wall shows it.", examples=["Fri 16:00 - Mon 08:00"]
    )
    zone: Annotated[str, StringConstraints(max_length=60), AfterValidator(zone_known)] = Field(
        default="UTC", description="The time zone of that clock.", examples=["Europe/Berlin"]
    )
    reason: Annotated[str, StringConstraints(max_length=400)] = Field(
        default="", description="Why, for those who wait.", examples=["Nobody is on call for releases"]
    )
    apps: Names = Field(default=(), description="The apps it holds; none: all.", examples=[["shop"]])
    clusters: Names = Field(default=(), description="The clusters it holds; none: all.", examples=[["dr"]])


class Platform(Part):
    """A whole `platform.yaml`."""

    tenants: Annotated[dict[Name, Tenant], Field(min_length=1)] = Field(
        description="Whose apps they are.", examples=[{"web": {"plane": "online"}}]
    )
    clusters: Annotated[dict[Name, ClusterEntry], Field(min_length=1)] = Field(
        description="The clusters of this installation.", examples=[{"az1": {"group": "west"}}]
    )
    apps: Annotated[dict[Name, AppEntry], Field(min_length=1)] = Field(
        description="The apps that are released here.",
        examples=[{"shop": {"tenant": "web", "repository": "https://git.example.org/web/shop.git"}}],
    )
    tests: TestsEntry | None = Field(
        default=None,
        description="Where the tests of images run; without it, in containers beside Sluice.",
        examples=[{"cluster": "az2", "namespace": "shop-tests"}],
    )
    groups: dict[Name, Annotated[tuple[User, ...], AfterValidator(once)]] = Field(
        default={},
        description="Groups of users that gates ask, besides those that follow from roles.",
        examples=[{"shop-owners": ["lena", "priya"]}],
    )
    protection: tuple[Protection, ...] = Field(
        default=(),
        description="Gates that hold whatever an app's definition says.",
        examples=[[{"clusters": ["dr"], "gates": [{"approval": {"from": "release-managers"}}]}]],
    )
    freezes: tuple[FreezeRule, ...] = Field(
        default=(),
        description="Weekly freezes of the whole installation.",
        examples=[[{"name": "Weekend", "weekly": "Fri 16:00 - Mon 08:00"}]],
    )

    @field_validator("clusters")
    @classmethod
    def _kinds_are_whole(cls, clusters: dict[str, ClusterEntry], info: ValidationInfo) -> dict[str, ClusterEntry]:
        return agreed(clusters, _unreached(clusters)) if info.context == BY_PEOPLE else clusters

    @field_validator("apps")
    @classmethod
    def _tenants_exist(cls, apps: dict[str, AppEntry], info: ValidationInfo) -> dict[str, AppEntry]:
        if info.context != BY_PEOPLE:  # Python may hold a part of a platform; a file is whole
            return apps
        named: list[tuple[Path, str]] = [((name, "tenant"), app.tenant) for name, app in apps.items()]
        return agreed(apps, [*unknown(named, info.data.get("tenants"), "tenant"), *_paths(apps)])

    @field_validator("tests")
    @classmethod
    def _tests_fit(cls, tests: TestsEntry | None, info: ValidationInfo) -> TestsEntry | None:
        return agreed(tests, misplaced(tests, info.data.get("clusters"))) if tests else None

    @field_validator("protection", "freezes")
    @classmethod
    def _targets_exist(cls, rules: tuple[Any, ...], info: ValidationInfo) -> tuple[Any, ...]:
        if info.context != BY_PEOPLE:
            return rules
        return agreed(rules, [*_named(rules, "apps", info), *_named(rules, "clusters", info)])


def _named(rules: tuple[Any, ...], key: str, info: ValidationInfo) -> Iterator[Complaint]:
    for number, rule in enumerate(rules):
        named: list[tuple[Path, str]] = [((number, key, at), name) for at, name in enumerate(getattr(rule, key))]
        yield from unknown(named, info.data.get(key), key.removesuffix("s"))


def _unreached(clusters: dict[str, ClusterEntry]) -> Iterator[Complaint]:
    """A Kubernetes cluster says how it is used, a local one has nothing to say."""
    for name, cluster in clusters.items():
        if cluster.kind == "kubernetes" and cluster.kubernetes is None:
            hint = "add kubernetes: {namespace: …, gateway: …, counters: …}"
            yield Complaint((name, "kind"), f"{name} is a Kubernetes cluster and does not say how it is used", hint)
        if cluster.kubernetes is not None and cluster.kubernetes.counters is None and cluster.prometheus is None:
            hint = "add counters: here, or prometheus: to the cluster"
            yield Complaint((name, "kubernetes"), f"nobody says where the requests of {name} are counted", hint)
        if cluster.kind == "local" and cluster.kubernetes is not None:
            yield Complaint((name, "kubernetes"), f"{name} is a local cluster", "add kind: kubernetes, or remove this")
        if cluster.kind == "local" and cluster.prometheus is not None and cluster.prometheus.counts != "traefik":
            what = f"{name} is a local cluster, and its gateway is Traefik"
            yield Complaint((name, "prometheus", "counts"), what, "remove counts:, or write traefik")


def _paths(apps: dict[str, AppEntry]) -> Iterator[Complaint]:
    """A path on this machine is a choice that somebody must have made."""
    for name, app in apps.items():
        local = "://" not in app.repository or app.repository.startswith("file:")
        if local and not app.allow_local and not app.repository.startswith("git@"):
            what = f"{app.repository[:60]} is a path on this machine"
            yield Complaint((name, "repository"), what, "write https:// or ssh://, or add allow-local: true")
