"""What a job of ours looks like in Kubernetes: a Job, and the Secrets that bring the files it works on. Pure."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import ceil

from runners.clusters.kubernetes.notes import OURS, Manifest
from runners.ports import JobSpec

JOB, PARCEL = f"{OURS}/job", f"{OURS}/parcel"  # label: the name of the object; annotation: what its files are
UNPACK, TEST = "unpack", "test"  # its containers
WORK, SCRATCH, PARCELS = "/src", "/scratch", "/parcel"  # where the files are, what is $HOME, where they come from
SPACE = "4Gi"  # of the node's disk, for each of the first two
PATIENCE = 600  # seconds that a Job may wait for a node, beyond the time its test may take
KEPT = 3600  # seconds after its end for which a Job stays that nobody looks at
GRACE = 5  # seconds between "end, please" and the end


@dataclass(frozen=True, slots=True)
class Place:
    """Where jobs run and what each may use. `owner`: the installation, as several may share a namespace."""

    cluster: str
    namespace: str
    cpu: str
    memory: str
    user: int
    owner: str
    unpack: str = ""  # the image that unpacks the files, "" = that of the job


def name_of(owner: str, job: str) -> str:
    """The name of the objects of a job: of the letters that a cluster allows, and of nobody else's job."""
    mark = sha256(f"{owner}/{job}".encode()).hexdigest()[:10]
    words = job.replace("_", "-").replace(".", "-")[:45].strip("-")
    return f"{words}-{mark}"


def job(spec: JobSpec, place: Place, parcel: str, pieces: int) -> Manifest:
    """The Job, asleep: it begins when its files are there."""
    name = name_of(place.owner, spec.name)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": _labels(name), "annotations": {PARCEL: parcel}},
        "spec": {
            "suspend": True,
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            # The time of the test is that of its pod, which stays when it is over, with its log.
            "activeDeadlineSeconds": ceil(spec.timeout) + PATIENCE,
            "ttlSecondsAfterFinished": KEPT,
            "template": {"metadata": {"labels": _labels(name)}, "spec": _pod(name, spec, place, pieces)},
        },
    }


def secrets(made: Manifest, pieces: tuple[bytes, ...]) -> Iterator[Manifest]:
    """The files, in objects that go when the Job goes. `made`: the Job as the server has it."""
    meta = made["metadata"]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"]}
    for number, piece in enumerate(pieces):
        name = _piece(meta["name"], number)
        yield {
            "apiVersion": "v1",
            "kind": "Secret",
            "immutable": True,
            "metadata": {"name": name, "labels": _labels(meta["name"]), "ownerReferences": [owner]},
            "data": {"piece": b64encode(piece).decode()},
        }


def _pod(name: str, spec: JobSpec, place: Place, pieces: int) -> Manifest:
    unpack = ("/bin/sh", "-c", f"cat {PARCELS}/* | tar -xzf - -C {WORK}")
    words = {"HOME": SCRATCH, **spec.env}
    return {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": ceil(spec.timeout),
        "terminationGracePeriodSeconds": GRACE,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": _closed(place.user),
        "initContainers": [
            {
                **_container(UNPACK, unpack, place.unpack or spec.image, place),
                "volumeMounts": [_mount("src", WORK), {**_mount("parcel", PARCELS), "readOnly": True}],
            }
        ],
        "containers": [
            {
                **_container(TEST, spec.argv, spec.image, place),
                "workingDir": WORK,
                "env": [{"name": key, "value": value} for key, value in words.items()],
                "volumeMounts": [_mount("src", WORK), _mount("scratch", SCRATCH)],
            }
        ],
        "volumes": _volumes(name, pieces),
    }


def _closed(user: int) -> Manifest:
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _volumes(name: str, pieces: int) -> list[Manifest]:
    parts = [
        {"secret": {"name": _piece(name, number), "items": [{"key": "piece", "path": f"{number:02}"}]}}
        for number in range(pieces)
    ]
    return [
        {"name": "src", "emptyDir": {"sizeLimit": SPACE}},
        {"name": "scratch", "emptyDir": {"sizeLimit": SPACE}},
        {"name": "parcel", "projected": {"sources": parts}},
    ]


def _container(name: str, argv: tuple[str, ...], image: str, place: Place) -> Manifest:
    return {
        "name": name,
        "image": image,
        "command": list(argv),
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "resources": {
            "requests": {"cpu": place.cpu, "memory": place.memory},
            "limits": {"memory": place.memory},
        },
    }


def _mount(name: str, path: str) -> Manifest:
    return {"name": name, "mountPath": path}


def _piece(name: str, number: int) -> str:
    return f"{name}-{number:02}"


def _labels(name: str) -> Mapping[str, str]:
    return {"app.kubernetes.io/managed-by": "sluice", "app.kubernetes.io/component": "test", JOB: name}
