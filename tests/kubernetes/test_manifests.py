"""What people are shown before they agree is what a real cluster then has, also with manifests of the app's own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import yaml

from pipeline.definition.objects import read_objects
from pipeline.facts import ClusterSeen
from runners.clusters.kubernetes.cluster import KubernetesCluster
from runners.ports import Workload
from tests.kubernetes.bed import KubernetesBed
from tests.kubernetes.clusters import REGISTRY, image
from tests.runners.contract_cluster import FIRST, go_live

BRINGS = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app, labels: {{team: web}}}}
spec:
  template:
    metadata: {{labels: {{app: app}}, annotations: {{example.org/told: "yes"}}}}
    spec:
      securityContext: {{seccompProfile: {{type: RuntimeDefault}}}}
      volumes: [{{name: tmp, emptyDir: {{}}}}]
      containers:
        - name: app
          env: [{{name: LOG, value: info}}]
          volumeMounts: [{{name: tmp, mountPath: /tmp}}]
          resources: {{requests: {{cpu: 10m, memory: 32Mi}}}}
          securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
        - name: beside
          image: {REGISTRY}/app@{{digest}}
          env: [{{name: PORT, value: "8081"}}]
---
apiVersion: v1
kind: Service
metadata: {{name: app, labels: {{team: web}}}}
spec: {{selector: {{app: app}}, ports: [{{port: 80, targetPort: 8080}}]}}
"""


@dataclass(frozen=True)
class Bringing:
    """The same bed, for an app that brings its objects."""

    bed: KubernetesBed
    service: str
    cluster: KubernetesCluster

    def workload(self, version: str) -> Workload:
        own = self.bed.workload(version)
        objects = read_objects({"app.yaml": BRINGS.replace("{digest}", image(version))}, "app")
        return replace(own, serve={**own.serve, "objects": objects})

    def until(self, seen: Callable[[ClusterSeen], bool]) -> ClusterSeen:
        return self.bed.until(seen)


def holds(found: Any, shown: Any) -> bool:
    """Everything that was shown is there; the API server may have added to it. `*` is either slot."""
    if isinstance(shown, dict):
        return isinstance(found, dict) and all(holds(found.get(key), value) for key, value in shown.items())
    if isinstance(shown, list):
        return len(found) == len(shown) and all(map(holds, found, shown))
    return bool(found == shown or (isinstance(shown, str) and "*" in shown))


def test_a_slot_runs_the_manifests_of_the_app_as_they_were_shown(bed: KubernetesBed) -> None:
    bringing = Bringing(bed, bed.service, bed.cluster)
    shown = bed.cluster.render(bed.service, bringing.workload("v1"), 2)

    go_live(bringing, FIRST, "a", "v1", replicas=2)

    label = f"sluice.dev/service={bed.service}"
    for one in shown:
        (found,) = bed.node.objects(one.kind.lower(), "-l", label, namespace=bed.namespace)
        assert holds(found, yaml.safe_load(one.text)), one.text
    (deployment,) = bed.node.objects("deployment", "-l", label, namespace=bed.namespace)
    assert [one["name"] for one in deployment["spec"]["template"]["spec"]["containers"]] == ["app", "beside"]
    bed.cluster.scale(FIRST, bed.service, "a", 1)
    bed.until(lambda now: now.slot("a").wanted == now.slot("a").ready == 1)
