"""Texts of manifests → the objects of an app, or all that is wrong with them, each with its place."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..errors import BadDefinition
from .manifests import PINNED, PORT, Container, Deployment, Service
from .part import Part
from .problems import Complaint, Path, Problem, bad, listed, shown
from .reading import validated
from .text import read_tree
from .tree import Tree

KINDS: Mapping[str, type[Part]] = {"Deployment": Deployment, "Service": Service}
POD: Path = ("spec", "template", "spec")
MOST = 100_000  # characters of JSON; all annotations of an object have 256 KiB
_BETWEEN = re.compile(r"^---(\s.*)?$")

Objects = dict[str, Any]  # JSON: the template of the pods, the app's container in it, and what the Service adds


@dataclass(frozen=True, slots=True)
class _Read:
    """One document that is well by itself."""

    tree: Tree
    made: Part


def read_objects(texts: Mapping[str, str | bytes], app: str) -> Objects:
    """The Deployment and the Service of `app` in these files, by name. BadDefinition tells all problems at once."""
    trees = [tree for name, text in texts.items() for tree in _documents(text, name)]
    problems: list[Problem] = []
    read = [_Read(tree, made) for tree in trees if (made := _made(tree, problems))]
    if not problems:
        problems += _missing(read, next(iter(texts), "manifests"))
    if not problems:
        problems += _together(read, app)
    if problems:
        raise bad(problems[0].name, problems)
    deployment, service = (next(one.made for one in read if isinstance(one.made, kind)) for kind in KINDS.values())
    objects = _objects(deployment, service, app)
    if (size := len(json.dumps(objects))) > MOST:
        what, hint = (
            f"the objects of {app} have {size:,} characters",
            f"{MOST:,} can be brought: they lie in annotations",
        )
        raise bad(trees[0].name, [Problem(1, 1, "", what, hint, name=trees[0].name)])
    return objects


def _documents(text: str | bytes, name: str) -> Iterator[Tree]:
    """Each document by itself, where it stands in the file."""
    whole = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    lines = whole.replace("\r\n", "\n").split("\n")
    starts = [-1, *(number for number, line in enumerate(lines) if _BETWEEN.match(line)), len(lines)]
    for before, after in pairwise(starts):
        part = lines[before + 1 : after]
        if any(line.strip() and not line.lstrip().startswith("#") for line in part):
            yield read_tree("\n".join([""] * (before + 1) + part), name)


def _made(tree: Tree, problems: list[Problem]) -> Part | None:
    kind = tree.value.get("kind") if isinstance(tree.value, dict) else None
    model = KINDS.get(str(kind))
    if model is None:
        what = f"a release brings no {shown(kind)}" if kind else "this is no Kubernetes object: it has no kind"
        hint = f"keep a {listed(list(KINDS))} here, and apply anything else beside Sluice"
        problems.append(tree.place(Complaint(("kind",), what, hint)))
        return None
    try:
        return validated(model, tree)
    except BadDefinition as wrong:
        problems += wrong.problems
        return None


def _missing(read: list[_Read], name: str) -> Iterator[Problem]:
    """There is exactly one of each kind."""
    for word, kind in KINDS.items():
        found = [one for one in read if isinstance(one.made, kind)]
        if not found:
            yield Problem(1, 1, "", f"there is no {word}", "an app has one Deployment and one Service", name=name)
        for one in found[1:]:
            hint = "keep one of them: an app has one Deployment and one Service"
            yield one.tree.place(Complaint(("kind",), f"a second {word}", hint))


def _together(read: list[_Read], app: str) -> Iterator[Problem]:
    """Container, ports and selector fit together."""
    (first,) = (one for one in read if isinstance(one.made, Deployment))
    (second,) = (one for one in read if isinstance(one.made, Service))
    assert isinstance(first.made, Deployment)
    assert isinstance(second.made, Service)
    yield from map(first.tree.place, _in_deployment(first.made, app))
    yield from map(second.tree.place, _in_service(second.made, first.made, app))


def _in_deployment(one: Deployment, app: str) -> Iterator[Complaint]:
    pod = one.spec.template.spec
    mine = app_container(pod.containers, app)
    if mine is None:
        names = listed([f'"{container.name}"' for container in pod.containers])
        what = f"nobody can tell which container runs the app: {names}"
        yield Complaint((*POD, "containers"), what, f'name it "{app}"')
    for key, containers in (("containers", pod.containers), ("initContainers", pod.init_containers)):
        for number, container in enumerate(containers):
            if container is not mine and not re.search(PINNED, container.image):
                what = f"{shown(container.image) or 'no image'} can become another one under its name"
                hint = "write it with its digest, name@sha256:…"
                yield Complaint((*POD, key, number, "image"), what, hint)
    for number, port in enumerate(mine.ports if mine else ()):
        if port.name == "http" and port.container_port != PORT:
            what = f"{port.container_port} is not where replicas are asked"
            place = (*POD, "containers", pod.containers.index(mine), "ports", number, "containerPort") if mine else POD
            yield Complaint(place, what, f"listen on $PORT, which is {PORT}, or give the port another name than http")


def _in_service(one: Service, deployment: Deployment, app: str) -> Iterator[Complaint]:
    labels, selector = deployment.spec.template.metadata.labels, one.spec.selector
    if not selector.items() <= labels.items():
        what = "selects no replica of the Deployment"
        yield Complaint(("spec", "selector"), what, "write labels that spec.template.metadata has")
    mine = app_container(deployment.spec.template.spec.containers, app)
    named = {port.name: port.container_port for port in (mine.ports if mine else ())} | {"http": PORT}
    port = one.spec.ports[0]
    asked = port.port if port.target_port is None else port.target_port
    if named.get(str(asked), asked) != PORT:
        what = f"{shown(asked)} is not where replicas are asked"
        yield Complaint(
            ("spec", "ports", 0, "targetPort"), what, f"replicas listen on $PORT, which is {PORT}; write http"
        )


def app_container(containers: tuple[Container, ...], app: str) -> Container | None:
    """The one that runs the app: the only one, or the one of its name."""
    if len(containers) == 1:
        return containers[0]
    return next((one for name in (app, "app") for one in containers if one.name == name), None)


def _objects(deployment: Part, service: Part, app: str) -> Objects:
    """What is laid under what a release decides."""
    assert isinstance(deployment, Deployment)
    assert isinstance(service, Service)
    template = deployment.spec.template
    mine = app_container(template.spec.containers, app)
    port = service.spec.ports[0]
    return {
        "container": mine.name if mine else "",
        "deployment": _kept(deployment.metadata),
        "template": _kept(template.metadata),
        "pod": _dumped(template.spec),
        "service": _kept(service.metadata) | ({"appProtocol": port.app_protocol} if port.app_protocol else {}),
    }


def _kept(meta: Part) -> Objects:
    words = _dumped(meta)
    return {key: words[key] for key in ("labels", "annotations") if words.get(key)}


def _dumped(part: Part) -> Objects:
    return part.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
