"""Manifests of an app: what is read, what a release decides itself, and everything that is refused, with its place."""

import re

import pytest

from pipeline.definition.objects import read_objects
from pipeline.definition.reading import read_app
from pipeline.errors import BadDefinition

DIGEST = "sha256:" + "a" * 64
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  labels: {team: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: shop}}
  template:
    metadata:
      labels: {app: shop, tier: front}
      annotations: {prometheus.io/scrape: "true"}
    spec:
      containers:
        - name: shop
          image: shop:latest
          env: [{name: LOG, value: info}]
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: shop, labels: {team: web}}
spec:
  selector: {app: shop}
  ports: [{port: 80, targetPort: http, appProtocol: http}]
"""
BOTH = f"{DEPLOYMENT}---\n{SERVICE}"


def problems(text, app="shop"):
    with pytest.raises(BadDefinition) as found:
        read_objects({"app.yaml": text}, app)
    return [(one.line, one.column, one.path, one.what, one.hint) for one in found.value.problems]


def said(text):
    """The only problem of a text."""
    (found,) = problems(text)
    return found


def changed(old, new):
    assert old in BOTH
    return BOTH.replace(old, new)


def in_pod(lines):
    """The manifests with more in the spec of the pods; where that is."""
    text = f"{DEPLOYMENT}{lines}---\n{SERVICE}"
    return text, DEPLOYMENT.count("\n") + 1


def in_container(line):
    return changed("          image: shop:latest\n", f"          image: shop:latest\n          {line}\n")


def test_the_objects_of_an_app_are_read_from_one_file_or_two():
    one = read_objects({"app.yaml": BOTH}, "shop")

    assert one == read_objects({"deployment.yaml": DEPLOYMENT, "service.yaml": SERVICE}, "shop")
    assert one["container"] == "shop"
    assert one["deployment"] == {"labels": {"team": "web"}}
    assert one["template"] == {
        "labels": {"app": "shop", "tier": "front"},
        "annotations": {"prometheus.io/scrape": "true"},
    }
    assert one["service"] == {"labels": {"team": "web"}, "appProtocol": "http"}
    (container,) = one["pod"]["containers"]
    assert container == {"name": "shop", "image": "shop:latest", "env": [{"name": "LOG", "value": "info"}]}


def test_what_a_release_decides_may_stand_there_and_does_not_count():
    other = changed("replicas: 1", "replicas: 7").replace("name: shop\n  labels", "name: other\n  labels", 1)

    assert read_objects({"app.yaml": other}, "shop") == read_objects({"app.yaml": BOTH}, "shop")


def test_a_file_may_begin_with_a_comment_and_have_empty_documents():
    assert read_objects({"app.yaml": f"# ours\n---\n{BOTH}---\n# the end\n"}, "shop")["container"] == "shop"


@pytest.mark.parametrize(
    "line",
    [
        "hostNetwork: true",
        "hostPID: true",
        "hostIPC: true",
        "serviceAccountName: sluice",
        "serviceAccount: sluice",
        "nodeName: node-1",
        "priorityClassName: system-node-critical",
        "runtimeClassName: none",
        "schedulerName: own",
    ],
)
def test_a_pod_that_reaches_beyond_the_app_is_refused_at_its_line(line):
    text, where = in_pod(f"      {line}\n")

    found = said(text)

    key, value = line.split(": ")
    assert found == (where, 9 + len(key), f"spec.template.spec.{key}", f"{value} reaches beyond the app", "remove it")


@pytest.mark.parametrize(
    ("line", "path", "what"),
    [
        ("securityContext: {privileged: true}", "securityContext.privileged", "reaches beyond the app"),
        ("securityContext: {allowPrivilegeEscalation: true}", "securityContext.allowPrivilegeEscalation", "reaches"),
        ("securityContext: {procMount: Unmasked}", "securityContext.procMount", "reaches beyond"),
        ("securityContext: {capabilities: {add: [NET_ADMIN]}}", "securityContext.capabilities", "adds rights"),
        ("securityContext: {seccompProfile: {type: Unconfined}}", "securityContext.seccompProfile", "no profile"),
        ("securityContext: {seLinuxOptions: {}}", "securityContext.seLinuxOptions", "unknown key"),
        ("ports: [{containerPort: 8080, hostPort: 80}]", "ports[0].hostPort", "reaches beyond the app"),
        ("volumeDevices: []", "volumeDevices", "unknown key"),
    ],
)
def test_a_container_with_more_rights_than_usual_is_refused(line, path, what):
    found = said(in_container(line))

    assert found[2] == f"spec.template.spec.containers[0].{path}"
    assert what in found[3]


@pytest.mark.parametrize(
    ("volume", "path", "what", "hint"),
    [
        ("hostPath: {path: /}", "hostPath", "a set of keys reaches beyond the app", "remove it"),
        ("csi: {driver: x}", "csi", 'unknown key "csi"', "possible here"),
        ("nfs: {server: x}", "nfs", 'unknown key "nfs"', "possible here"),
        (
            "persistentVolumeClaim: {claimName: other}",
            "persistentVolumeClaim",
            "a volume that outlives the app",
            "let platform.yaml give the app data:",
        ),
    ],
)
def test_a_volume_of_somebody_else_is_refused(volume, path, what, hint):
    found = said(in_pod(f"      volumes: [{{name: v, {volume}}}]\n")[0])

    assert found[2:4] == (f"spec.template.spec.volumes[0].{path}", what)
    assert found[4].startswith(hint)


def test_the_usual_hardening_is_taken_as_it_is():
    line = (
        "securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, "
        "capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}"
    )

    rights = read_objects({"app.yaml": in_container(line)}, "shop")["pod"]["containers"][0]["securityContext"]
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert rights["allowPrivilegeEscalation"] is False


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret", "ClusterRole", "Ingress", "DaemonSet"])
def test_any_other_kind_is_refused(kind):
    text = f"{BOTH}---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: x}}\n"

    line = BOTH.count("\n") + 3
    hint = "keep a Deployment or Service here, and apply anything else beside Sluice"
    assert said(text) == (line, 7, "kind", f"a release brings no {kind}", hint)


def test_what_is_no_object_is_refused():
    assert said("- one\n")[3] == "this is no Kubernetes object: it has no kind"
    assert said("replicas: 3\n")[3] == "this is no Kubernetes object: it has no kind"


def test_exactly_one_of_each_kind_is_there():
    assert [found[3] for found in problems(DEPLOYMENT)] == ["there is no Service"]
    assert [found[3] for found in problems("# nothing\n")] == ["there is no Deployment", "there is no Service"]
    twice = f"{BOTH}---\n{SERVICE}"
    assert said(twice)[:1] + said(twice)[3:4] == (BOTH.count("\n") + 3, "a second Service")


def test_no_file_at_all_is_said_too():
    with pytest.raises(BadDefinition, match="there is no Deployment"):
        read_objects({}, "shop")


def sidecar(image):
    return changed(
        "          image: shop:latest\n",
        f"          image: shop:latest\n        - name: proxy\n          image: {image}\n",
    ).replace("          env: [{name: LOG, value: info}]\n", "")


def test_every_other_image_is_pinned_by_its_digest():
    assert read_objects({"app.yaml": sidecar(f"proxy@{DIGEST}")}, "shop")["container"] == "shop"

    found = said(sidecar("proxy:1.25"))
    assert found[2] == "spec.template.spec.containers[1].image"
    assert found[3:] == ("proxy:1.25 can become another one under its name", "write it with its digest, name@sha256:…")


def test_an_init_container_is_pinned_too_and_one_without_an_image_is_refused():
    text, _ = in_pod("      initContainers: [{name: first}]\n")

    assert said(text)[2:4] == (
        "spec.template.spec.initContainers[0].image",
        "no image can become another one under its name",
    )


def test_the_container_of_the_app_has_to_be_known():
    text = sidecar(f"proxy@{DIGEST}").replace("- name: shop", "- name: web")

    found = problems(text)
    assert 'nobody can tell which container runs the app: "web" or "proxy"' in [one[3] for one in found]
    assert read_objects({"app.yaml": text.replace("- name: web", "- name: app")}, "shop")["container"] == "app"


def test_the_app_listens_where_replicas_are_asked():
    found = said(in_container("ports: [{containerPort: 7000}]"))

    assert found[2:4] == (
        "spec.template.spec.containers[0].ports[0].containerPort",
        "7000 is not where replicas are asked",
    )
    assert read_objects({"app.yaml": in_container("ports: [{name: metrics, containerPort: 7000}]")}, "shop")


@pytest.mark.parametrize(
    ("ports", "well"),
    [
        ("{port: 80, targetPort: 8080}", True),
        ("{port: 8080}", True),
        ("{port: 80, targetPort: web}", True),
        ("{port: 80}", False),
        ("{port: 80, targetPort: 7000}", False),
        ("{port: 80, targetPort: other}", False),
    ],
)
def test_the_service_asks_where_the_app_listens(ports, well):
    text = in_container("ports: [{name: web, containerPort: 8080}]")
    text = text.replace("{port: 80, targetPort: http, appProtocol: http}", ports)

    if well:
        assert read_objects({"app.yaml": text}, "shop")
    else:
        assert said(text)[2] == "spec.ports[0].targetPort"


def test_the_service_selects_the_pods_of_the_deployment():
    found = said(changed("selector: {app: shop}\n", "selector: {app: other}\n"))

    assert found[2:4] == ("spec.selector", "selects no replica of the Deployment")


@pytest.mark.parametrize(
    "line", ["type: LoadBalancer", "externalName: example.org", "externalIPs: [10.0.0.1]", "loadBalancerIP: 10.0.0.1"]
)
def test_a_service_stays_inside_the_cluster(line):
    assert said(f"{BOTH}  {line}\n")[2] == f"spec.{line.split(':')[0]}"


@pytest.mark.parametrize("key", ["sluice.dev/slot", "container.apparmor.security.beta.kubernetes.io/shop"])
def test_labels_and_annotations_of_others_are_refused(key):
    text = changed("prometheus.io/scrape", key)

    assert said(text)[3:] == (f"{key} is not for apps to set", "remove it")


def test_problems_of_all_documents_are_told_at_once_with_a_suggestion():
    text = changed("  replicas: 1", "  replica: 1").replace("targetPort", "targetport")

    assert [(found[3], found[4]) for found in problems(text)] == [
        ('unknown key "replica"', 'did you mean "replicas"?'),
        ('unknown key "targetport"', 'did you mean "targetPort"?'),
    ]


@pytest.mark.parametrize(
    "text", ["a: &x 1\nb: *x\n", "kind: !!python/object:os.system x\n", "{{ .Values.x }}\n", "\x00\n"]
)
def test_hostile_text_is_refused_with_a_place(text):
    with pytest.raises(BadDefinition) as found:
        read_objects({"app.yaml": text.encode()}, "shop")

    assert re.match(r"app\.yaml(:\d+:\d+| has)", str(found.value))


def test_a_text_of_another_encoding_is_refused():
    with pytest.raises(BadDefinition):
        read_objects({"app.yaml": "kind: Deploymänt\n".encode("utf-16")}, "shop")


def test_what_manifests_say_is_not_said_in_the_definition_too():
    definition = "app: shop\nserve:\n  manifests: deploy\n  cpu: 250m\n  env: {LOG: info}\nwaves: [{clusters: [az1]}]\n"

    with pytest.raises(BadDefinition, match=r"sluice.yaml:4:8 serve.cpu: the manifests of the app say cpu"):
        read_app(definition)
    assert read_app(definition.replace("  cpu: 250m\n", "")).serve.manifests == "deploy"


def test_a_chart_says_the_same_and_there_is_only_one_of_both():
    definition = (
        "app: shop\nserve:\n  manifests: deploy\n  chart: {path: chart}\n  memory: 64Mi\nwaves: [{clusters: [az1]}]\n"
    )

    with pytest.raises(BadDefinition) as found:
        read_app(definition)
    assert {(one.path, one.what) for one in found.value.problems} == {
        ("serve.memory", "the manifests of the app say memory"),
        ("serve.memory", "the chart of the app says memory"),
        ("serve.chart", "there are manifests already"),
    }


def test_what_would_not_fit_into_a_cluster_is_refused():
    many = ", ".join(f"{{name: V{number}, value: {'x' * 3000}}}" for number in range(40))

    assert said(changed("{name: LOG, value: info}", many))[3].startswith("the objects of shop have 12")
