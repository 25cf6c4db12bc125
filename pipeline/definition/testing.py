"""Where the tests of images run, if not beside Sluice: the `tests:` part of `platform.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from .checks import unknown
from .part import Part
from .problems import Complaint
from .words import CPU, LABEL, MEMORY, PULLED, Name

if TYPE_CHECKING:
    from .platform import ClusterEntry


class TestsEntry(Part):
    """A Kubernetes cluster in which the tests of apps with `image:` run as Jobs."""

    cluster: Name = Field(description="Which of the clusters it is.", examples=["az2"])
    namespace: Annotated[str, StringConstraints(pattern=LABEL)] = Field(
        description="The namespace of the tests alone, never that of the apps.", examples=["shop-tests"]
    )
    cpu: Annotated[str, StringConstraints(pattern=CPU)] = Field(
        default="1", description="Processors that a test asks for.", examples=["500m"]
    )
    memory: Annotated[str, StringConstraints(pattern=MEMORY)] = Field(
        default="2Gi", description="Memory that a test asks for and may use.", examples=["512Mi"]
    )
    user: Annotated[int, Field(ge=1, le=2_147_483_647)] = Field(
        default=10_001, description="The number of the user that tests run as, never root's.", examples=[1000]
    )
    unpack: Annotated[str, StringConstraints(pattern=PULLED)] | None = Field(
        default=None,
        description="An image with sh, cat, tar and gzip that unpacks the commit, where the app's own has none.",
        examples=["registry.example.org/tools/busybox:1.37"],
    )


def misplaced(tests: TestsEntry, clusters: Mapping[str, ClusterEntry] | None) -> Iterator[Complaint]:
    """It is a Kubernetes cluster, and what tests may do there touches no app."""
    yield from unknown([(("cluster",), tests.cluster)], clusters, "cluster")
    entry = clusters.get(tests.cluster) if clusters else None
    if entry is not None and entry.kubernetes is None:
        hint = "name a cluster with kind: kubernetes, or remove tests: to run them beside Sluice"
        yield Complaint(("cluster",), f"{tests.cluster} is no Kubernetes cluster", hint)
    if entry is not None and entry.kubernetes and entry.kubernetes.namespace == tests.namespace:
        what = f"{tests.namespace} is the namespace of the apps in {tests.cluster}"
        yield Complaint(("namespace",), what, f"give tests one of their own, like {tests.namespace[:57]}-tests")
