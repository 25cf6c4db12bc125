"""Manifests of an app with what a release decides laid over them."""

from dataclasses import replace

from pipeline.definition.objects import read_objects
from runners.clusters.desired import Slot
from runners.clusters.kubernetes import objects
from runners.ports import Fence
from tests.rules.definition.test_objects import BOTH, DIGEST, sidecar

FENCE = Fence(release=7, epoch=3)
HERE = {"image": "registry.example/shop", "cluster": "az1", "ready": "/readyz", "drain": 1.2}


def slot(text=BOTH, **serve):
    return Slot("sha256:new", "v2", {**HERE, **serve, "objects": read_objects({"app.yaml": text}, "shop")}, 4, 2)


def deployment(**more):
    return objects.workload("shop", "b", slot(**more), FENCE)


def container(**more):
    return deployment(**more)["spec"]["template"]["spec"]["containers"][0]


def written(lines):
    """The manifests with these lines in the container of the app."""
    return BOTH.replace("          image: shop:latest\n", f"          image: shop:latest\n{lines}")


def test_name_replicas_selector_and_image_are_those_of_the_release():
    found = deployment()

    assert found["metadata"]["name"] == "shop-b"
    assert found["spec"]["replicas"] == 4
    assert found["spec"]["selector"]["matchLabels"] == {objects.SERVICE: "shop", objects.SLOT: "b"}
    assert container()["image"] == "registry.example/shop@sha256:new"


def test_labels_and_annotations_of_the_app_stay_beside_those_of_the_release():
    found = deployment()

    assert found["metadata"]["labels"].items() >= {"team": "web", objects.SLOT: "b"}.items()
    template = found["spec"]["template"]["metadata"]
    assert template["labels"].items() >= {"app": "shop", "tier": "front", objects.GENERATION: "2"}.items()
    assert template["annotations"] == {"prometheus.io/scrape": "true"}


def test_no_label_of_the_app_takes_the_place_of_one_of_sluice():
    theirs = BOTH.replace("tier: front", "app.kubernetes.io/managed-by: helm")

    assert deployment(text=theirs)["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "sluice"


def test_variables_of_sluice_win_and_the_others_stay():
    found = container(
        text=BOTH.replace("{name: LOG, value: info}", "{name: PORT, value: '1'}, {name: LOG, value: info}")
    )

    assert found["env"] == [
        {"name": "PORT", "value": "8080"},
        {"name": "SLUICE_VERSION", "value": "v2"},
        {"name": "CLUSTER", "value": "az1"},
        {"name": "LOG", "value": "info"},
    ]


def test_what_a_container_lacks_for_a_safe_release_is_added():
    found = container()

    assert found["ports"] == [{"name": "http", "containerPort": 8080}]
    assert found["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": 8080}
    assert found["lifecycle"]["preStop"]["sleep"]["seconds"] == 5
    assert deployment()["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 15


def test_what_a_container_says_itself_stays():
    lines = (
        "          readinessProbe: {httpGet: {path: /own, port: http}}\n"
        "          lifecycle: {preStop: {sleep: {seconds: 30}}}\n"
        "          ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9100}]\n"
        "          resources: {requests: {cpu: 250m}}\n"
    )
    found = container(text=written(lines))

    assert found["readinessProbe"] == {"httpGet": {"path": "/own", "port": "http"}}
    assert found["lifecycle"] == {"preStop": {"sleep": {"seconds": 30}}}
    assert found["ports"] == [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 9100}]
    assert found["resources"] == {"requests": {"cpu": "250m"}}


def test_a_container_beside_the_app_stays_as_it_is():
    shown = deployment(text=sidecar(f"proxy@{DIGEST}"))["spec"]["template"]["spec"]["containers"]

    assert shown[1] == {"name": "proxy", "image": f"proxy@{DIGEST}"}


def test_the_shared_volume_of_the_platform_is_mounted_beside_those_of_the_app():
    text = BOTH.replace(
        "    spec:\n      containers", "    spec:\n      volumes: [{name: tmp, emptyDir: {}}]\n      containers"
    )
    text = text.replace("          env:", "          volumeMounts: [{name: tmp, mountPath: /tmp}]\n          env:")
    pod = deployment(text=text, data="shop-data")["spec"]["template"]["spec"]

    assert [one["name"] for one in pod["volumes"]] == ["tmp", "data"]
    assert [one["mountPath"] for one in pod["containers"][0]["volumeMounts"]] == ["/tmp", "/data"]


def test_the_service_of_the_app_gives_its_words_and_its_protocol():
    found = objects.address("shop", "b", slot())

    assert found["metadata"]["name"] == "shop-b-2"
    assert found["metadata"]["labels"]["team"] == "web"
    assert found["spec"]["ports"] == [{"name": "http", "port": 80, "targetPort": 8080, "appProtocol": "http"}]


def test_what_is_written_is_read_back():
    one = slot()

    assert objects.slot(objects.workload("shop", "b", one, FENCE)) == one
    assert objects.slot(objects.workload("shop", "b", replace(one, replicas=0), FENCE)).replicas == 0
