"""Kubernetes manifests of an app: one Deployment and one Service, in which nothing reaches beyond the app.

Only what is known here may be written. What a release decides itself (name, namespace, replicas, selector, strategy,
image of the app) may stand there and does not count.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from .part import Part
from .problems import Complaint, Complaints, shown, spoken
from .words import unfit

PORT = 8080  # where a replica listens in Kubernetes, as $PORT
TAKEN = ("sluice.dev/", "container.apparmor.security.", "container.seccomp.security.", "seccomp.security.")
PINNED = r"@sha256:[0-9a-f]{64}$"


def _beyond(value: object) -> object:
    if value in (None, False, [], {}):
        return value
    raise unfit(f"{spoken(value)} reaches beyond the app", "remove it")


def _claimed(_: object) -> object:
    raise unfit("a volume that outlives the app", "let platform.yaml give the app data:, which is mounted at $DATA_DIR")


def _dropping(capabilities: object) -> object:
    if isinstance(capabilities, dict) and set(capabilities) <= {"drop"}:
        return capabilities
    raise unfit("adds rights to the container", "only drop: is possible")


def _default_profile(profile: object) -> object:
    if profile == {"type": "RuntimeDefault"}:
        return profile
    raise unfit("is no profile that is possible here", "write {type: RuntimeDefault}")


Sluices = Any  # may stand there, and a release decides it
Beyond = Annotated[Any, BeforeValidator(_beyond)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=253)]


def _own_words(words: dict[str, str]) -> dict[str, str]:
    for key in words:
        if key.startswith(TAKEN):
            raise Complaints(Complaint((key,), f"{shown(key)} is not for apps to set", "remove it", of_key=True))
    return words


Words = Annotated[dict[str, Text], AfterValidator(_own_words)]


class Meta(Part):
    """Labels and annotations stay, beside those of Sluice."""

    name: Sluices = None
    namespace: Sluices = None
    labels: Words = {}
    annotations: Words = {}
    creation_timestamp: Sluices = Field(default=None, alias="creationTimestamp")


class Variable(Part):
    """One variable of the environment."""

    name: Short = Field(examples=["LOG_LEVEL"])
    value: Text = ""
    value_from: dict[str, Any] | None = Field(default=None, alias="valueFrom")


class Port(Part):
    """A port of a container."""

    container_port: int = Field(alias="containerPort", ge=1, le=65535, examples=[PORT])
    name: Short = "http"
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    host_port: Beyond = Field(default=None, alias="hostPort")
    host_ip: Beyond = Field(default=None, alias="hostIP")


class Rights(Part):
    """What a container may do: fewer things than usual, never more."""

    run_as_user: int | None = Field(default=None, alias="runAsUser")
    run_as_group: int | None = Field(default=None, alias="runAsGroup")
    run_as_non_root: bool | None = Field(default=None, alias="runAsNonRoot")
    read_only_root_filesystem: bool | None = Field(default=None, alias="readOnlyRootFilesystem")
    allow_privilege_escalation: Beyond = Field(default=None, alias="allowPrivilegeEscalation")
    capabilities: Annotated[Any, BeforeValidator(_dropping)] = None
    seccomp_profile: Annotated[Any, BeforeValidator(_default_profile)] = Field(default=None, alias="seccompProfile")
    privileged: Beyond = None
    proc_mount: Beyond = Field(default=None, alias="procMount")


class PodRights(Part):
    """The same for all containers of a pod."""

    run_as_user: int | None = Field(default=None, alias="runAsUser")
    run_as_group: int | None = Field(default=None, alias="runAsGroup")
    run_as_non_root: bool | None = Field(default=None, alias="runAsNonRoot")
    fs_group: int | None = Field(default=None, alias="fsGroup")
    fs_group_change_policy: Short | None = Field(default=None, alias="fsGroupChangePolicy")
    supplemental_groups: tuple[int, ...] = Field(default=(), alias="supplementalGroups")
    seccomp_profile: Annotated[Any, BeforeValidator(_default_profile)] = Field(default=None, alias="seccompProfile")
    sysctls: Beyond = None


class Container(Part):
    """One container."""

    name: Short = Field(examples=["app"])
    image: Text = ""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(default=None, alias="imagePullPolicy")
    command: tuple[Text, ...] = ()
    args: tuple[Text, ...] = ()
    working_dir: Text | None = Field(default=None, alias="workingDir")
    ports: tuple[Port, ...] = ()
    env: tuple[Variable, ...] = ()
    env_from: tuple[dict[str, Any], ...] = Field(default=(), alias="envFrom")
    resources: dict[str, Any] = {}
    volume_mounts: tuple[dict[str, Any], ...] = Field(default=(), alias="volumeMounts")
    liveness_probe: dict[str, Any] | None = Field(default=None, alias="livenessProbe")
    readiness_probe: dict[str, Any] | None = Field(default=None, alias="readinessProbe")
    startup_probe: dict[str, Any] | None = Field(default=None, alias="startupProbe")
    lifecycle: dict[str, Any] | None = None
    restart_policy: Literal["Always"] | None = Field(default=None, alias="restartPolicy")
    security_context: Rights | None = Field(default=None, alias="securityContext")
    termination_message_path: Text | None = Field(default=None, alias="terminationMessagePath")
    termination_message_policy: Text | None = Field(default=None, alias="terminationMessagePolicy")


class Volume(Part):
    """What may be mounted: nothing that another app or the machine has too."""

    name: Short = Field(examples=["tmp"])
    empty_dir: dict[str, Any] | None = Field(default=None, alias="emptyDir")
    config_map: dict[str, Any] | None = Field(default=None, alias="configMap")
    secret: dict[str, Any] | None = None
    downward_api: dict[str, Any] | None = Field(default=None, alias="downwardAPI")
    projected: dict[str, Any] | None = None
    host_path: Beyond = Field(default=None, alias="hostPath")
    persistent_volume_claim: Annotated[Any, BeforeValidator(_claimed)] = Field(
        default=None, alias="persistentVolumeClaim"
    )


class PodSpec(Part):
    """What runs together."""

    containers: Annotated[tuple[Container, ...], Field(min_length=1, max_length=10)] = Field(
        examples=[[{"name": "app"}]]
    )
    init_containers: tuple[Container, ...] = Field(default=(), alias="initContainers", max_length=10)
    volumes: tuple[Volume, ...] = ()
    termination_grace_period_seconds: int = Field(default=0, alias="terminationGracePeriodSeconds", ge=0, le=3600)
    security_context: PodRights | None = Field(default=None, alias="securityContext")
    node_selector: Words = Field(default={}, alias="nodeSelector")
    affinity: dict[str, Any] | None = None
    tolerations: tuple[dict[str, Any], ...] = ()
    topology_spread_constraints: tuple[dict[str, Any], ...] = Field(default=(), alias="topologySpreadConstraints")
    image_pull_secrets: tuple[dict[str, Any], ...] = Field(default=(), alias="imagePullSecrets")
    automount_service_account_token: bool | None = Field(default=None, alias="automountServiceAccountToken")
    enable_service_links: bool | None = Field(default=None, alias="enableServiceLinks")
    restart_policy: Literal["Always"] = Field(default="Always", alias="restartPolicy")
    dns_policy: Literal["ClusterFirst"] | None = Field(default=None, alias="dnsPolicy")
    host_network: Beyond = Field(default=None, alias="hostNetwork")
    host_pid: Beyond = Field(default=None, alias="hostPID")
    host_ipc: Beyond = Field(default=None, alias="hostIPC")
    service_account_name: Beyond = Field(default=None, alias="serviceAccountName")
    service_account: Beyond = Field(default=None, alias="serviceAccount")
    node_name: Beyond = Field(default=None, alias="nodeName")
    priority_class_name: Beyond = Field(default=None, alias="priorityClassName")
    runtime_class_name: Beyond = Field(default=None, alias="runtimeClassName")
    scheduler_name: Beyond = Field(default=None, alias="schedulerName")


class Template(Part):
    """What each replica is made from."""

    metadata: Meta = Meta()
    spec: PodSpec = Field(examples=[{"containers": [{"name": "app"}]}])


class DeploymentSpec(Part):
    """The template counts; the rest is decided by the release."""

    template: Template = Field(examples=[{"spec": {"containers": [{"name": "app"}]}}])
    replicas: Sluices = None
    selector: Sluices = None
    strategy: Sluices = None
    paused: Sluices = None
    min_ready_seconds: Sluices = Field(default=None, alias="minReadySeconds")
    revision_history_limit: Sluices = Field(default=None, alias="revisionHistoryLimit")
    progress_deadline_seconds: Sluices = Field(default=None, alias="progressDeadlineSeconds")


class Deployment(Part):
    """The Deployment of an app: each slot has one of its own."""

    api_version: Literal["apps/v1"] = Field(alias="apiVersion", examples=["apps/v1"])
    kind: Literal["Deployment"]
    metadata: Meta = Meta()
    spec: DeploymentSpec = Field(examples=[{"template": {"spec": {"containers": [{"name": "app"}]}}}])


class ServicePort(Part):
    """Where the Service asks replicas."""

    port: int = Field(ge=1, le=65535, examples=[80])
    target_port: Any = Field(default=None, alias="targetPort")
    name: Short = "http"
    protocol: Literal["TCP"] = "TCP"
    app_protocol: Short | None = Field(default=None, alias="appProtocol")


class ServiceSpec(Part):
    """A Service inside the cluster: people come in by the gateway."""

    ports: Annotated[tuple[ServicePort, ...], Field(min_length=1, max_length=1)] = Field(examples=[[{"port": 80}]])
    selector: Words = {}
    type: Literal["ClusterIP"] = "ClusterIP"
    session_affinity: Literal["None"] = Field(default="None", alias="sessionAffinity")
    external_ips: Beyond = Field(default=None, alias="externalIPs")
    external_name: Beyond = Field(default=None, alias="externalName")
    load_balancer_ip: Beyond = Field(default=None, alias="loadBalancerIP")


class Service(Part):
    """The Service of an app: each content of a slot has one of its own."""

    api_version: Literal["v1"] = Field(alias="apiVersion", examples=["v1"])
    kind: Literal["Service"]
    metadata: Meta = Meta()
    spec: ServiceSpec = Field(examples=[{"ports": [{"port": 80}]}])
