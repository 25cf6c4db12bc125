"""What helm makes of the charts of this repository, as objects."""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CHARTS = Path(__file__).parents[2] / "charts"
HELM = Path(sys.executable).parent / "helm"
GATEWAYS = "gateway.networking.k8s.io/v1/HTTPRoute"
POLICIES = "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy"
Manifest = dict[str, Any]


def helm(*words: str) -> "subprocess.CompletedProcess[str]":
    assert HELM.exists(), "helm is missing; make it: make .venv/bin/helm"
    return subprocess.run([HELM, *words], capture_output=True, text=True)


@cache
def rendered(chart: str, *values: str, without: str = "") -> tuple[Manifest, ...]:
    """The objects of a chart with `--set` values, for an API server that knows everything but `without`."""
    known = [word for one in (GATEWAYS, POLICIES) if one != without for word in ("--api-versions", one)]
    told = [word for value in values for word in ("--set", value)]
    done = helm("template", "rel", str(CHARTS / chart), "-n", "home", *known, *told)
    assert done.returncode == 0, done.stderr
    return tuple(one for one in YAML(typ="safe", pure=True).load_all(done.stdout) if one)


def refused(chart: str, *values: str) -> str:
    """Why helm does not render the chart with these values."""
    done = helm("template", "rel", str(CHARTS / chart), *[word for value in values for word in ("--set", value)])
    assert done.returncode != 0, f"{chart} took {values}"
    return done.stderr


def of(kind: str, objects: tuple[Manifest, ...]) -> list[Manifest]:
    return [one for one in objects if one["kind"] == kind]


def pods(objects: tuple[Manifest, ...]) -> Iterator[tuple[str, Manifest]]:
    """Name and pod of everything that runs."""
    for one in objects:
        if one["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield f"{one['kind']} {one['metadata']['name']}", one["spec"]["template"]["spec"]
        if one["kind"] == "CronJob":
            yield one["metadata"]["name"], one["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod.get("initContainers", ()), *pod["containers"]]
