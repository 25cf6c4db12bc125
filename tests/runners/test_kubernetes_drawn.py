"""Kubernetes objects as people read them before they agree."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import NeedsHuman
from pipeline.pinned import FORM
from runners.clusters.kubernetes import drawn, hidden
from runners.clusters.kubernetes.api import Api
from runners.clusters.kubernetes.cluster import KubernetesCluster
from runners.clusters.kubernetes.objects import Place
from runners.ports import Workload

GATEWAY = Place("shop", "edge/web", {"shop": "registry.example/shop"})
DIGEST = "sha256:" + "d" * 64


def nobody():
    raise AssertionError("rendering asks the cluster nothing")


def rendered(place=GATEWAY, key=b"key", digest=DIGEST, **serve):
    cluster = KubernetesCluster("az1", Api("az1", nobody), place, key=lambda: key)
    return cluster.render("shop", Workload(digest, "v2", serve), 4)


def text(kind, **serve):
    return next(one.text for one in rendered(**serve) if one.kind == kind)


def variables(**env):
    return text("Deployment", env=env)


def sign_of(value, key=b"key"):
    return hidden.signing(key)(value)


# What approvals are bound to follows from these texts: who changes one raises FORM, so that nobody has agreed to more
# than was shown.
WRITTEN = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-*
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/managed-by: sluice
    sluice.dev/service: shop
    sluice.dev/slot: '*'
spec:
  replicas: 4
  revisionHistoryLimit: 1
  selector:
    matchLabels:
      sluice.dev/service: shop
      sluice.dev/slot: '*'
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 100%
      maxUnavailable: 100%
  template:
    metadata:
      labels:
        app.kubernetes.io/name: shop
        app.kubernetes.io/managed-by: sluice
        sluice.dev/service: shop
        sluice.dev/slot: '*'
    spec:
      terminationGracePeriodSeconds: 15
      securityContext:
        seccompProfile:
          type: RuntimeDefault
      containers:
      - name: app
        securityContext:
          allowPrivilegeEscalation: false
        image: registry.example/shop@sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd
        env:
        - name: PORT
          value: '8080'
        - name: SLUICE_VERSION
          value: v2
        - name: CLUSTER
          value: az1
        - name: LOG
          value: info
        envFrom:
        - secretRef:
            name: shop-database
        ports:
        - name: http
          containerPort: 8080
        readinessProbe:
          httpGet:
            path: /
            port: 8080
          periodSeconds: 1
          timeoutSeconds: 2
          failureThreshold: 2
        lifecycle:
          preStop:
            sleep:
              seconds: 5
        resources:
          requests:
            memory: 64Mi
          limits:
            memory: 64Mi
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: shop
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/managed-by: sluice
    sluice.dev/service: shop
spec:
  rules:
  - backendRefs:
    - name: shop-*
      port: 80
---
apiVersion: v1
kind: Service
metadata:
  name: shop-*
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/managed-by: sluice
    sluice.dev/service: shop
    sluice.dev/slot: '*'
spec:
  selector:
    sluice.dev/service: shop
    sluice.dev/slot: '*'
  ports:
  - name: http
    port: 80
    targetPort: 8080
"""


def test_the_form_in_which_objects_are_rendered_is_number_2():
    shown = rendered(env={"LOG": "info"}, secrets=["shop-database"], memory="64Mi")

    assert (FORM, "---\n".join(one.text for one in shown)) == (2, WRITTEN)


def test_each_object_is_named_in_a_stable_order():
    assert [(one.kind, one.name) for one in rendered()] == [
        ("Deployment", "shop-*"),
        ("HTTPRoute", "shop"),
        ("Service", "shop-*"),
    ]


def test_without_a_gateway_one_service_is_before_both_slots():
    shown = rendered(Place("shop", "", {"shop": "registry.example/shop"}))

    assert [(one.kind, one.name) for one in shown] == [("Deployment", "shop-*"), ("Service", "shop")]
    assert "sluice.dev/slot" not in shown[1].text


def test_another_image_changes_one_line():
    before, after = rendered(), rendered(digest="sha256:" + "e" * 64)

    assert before[1:] == after[1:]
    changed = [
        pair for pair in zip(before[0].text.splitlines(), after[0].text.splitlines(), strict=True) if len(set(pair)) > 1
    ]
    assert [line.split("@")[0].strip() for line, _ in changed] == ["image: registry.example/shop"]


@pytest.mark.parametrize(
    "name", ["PASSWORD", "DB_PASSWD", "API_TOKEN", "token", "CLIENT_SECRET", "SIGNING_KEY", "apiKey", "KEY", "DB_PWD"]
)
def test_a_variable_that_sounds_like_a_secret_is_hidden(name):
    shown = variables(**{name: "hunter2"})

    assert "hunter2" not in shown
    assert sign_of("hunter2") in shown


@pytest.mark.parametrize("name", ["LOG_LEVEL", "KEYBOARD", "MONKEYS", "TIMEOUT"])
def test_any_other_variable_is_shown(name):
    assert "value: hunter2" in variables(**{name: "hunter2"})


def test_a_password_in_an_address_is_hidden_and_the_rest_is_shown():
    shown = variables(DATABASE="postgresql://shop:hunter2@db.example/shop")

    assert "hunter2" not in shown
    assert f"postgresql://shop:{sign_of('hunter2')}@db.example/shop" in shown


def test_a_password_in_an_option_is_hidden():
    manifest = {"kind": "Deployment", "args": ["serve --api-token=hunter2 --workers 3", "--tokens-per-second=9"]}

    apart = {"kind": "Deployment", "command": ["serve", "--api-token", "hunter2", "--workers", "3", "--key"]}

    assert hidden.hide(apart, sign_of)["command"] == [
        *("serve", "--api-token", sign_of("hunter2"), "--workers", "3", "--key")
    ]
    assert hidden.hide(manifest, sign_of)["args"] == [
        f"serve --api-token={sign_of('hunter2')} --workers 3",
        "--tokens-per-second=9",
    ]


def test_all_of_a_secret_is_hidden_and_of_a_configmap_what_sounds_like_one():
    secret = hidden.hide({"kind": "Secret", "data": {"host": "ZGI="}, "stringData": {"user": "shop"}}, sign_of)
    settings = hidden.hide({"kind": "ConfigMap", "data": {"host": "db", "db-password": "hunter2"}}, sign_of)

    assert (secret["data"], secret["stringData"]) == ({"host": sign_of("ZGI=")}, {"user": sign_of("shop")})
    assert settings["data"] == {"host": "db", "db-password": sign_of("hunter2")}


def test_names_of_secrets_are_no_secrets():
    reference = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "shop-database", "key": "password"}}}

    assert hidden.hide({"kind": "Pod", "env": [reference]}, sign_of)["env"] == [reference]


def test_a_hidden_value_that_changes_is_seen_to_change_and_nobody_without_the_key_can_try_values():
    assert sign_of("hunter2") != sign_of("hunter3")
    assert sign_of("hunter2") == sign_of("hunter2")
    assert sign_of("hunter2") != sign_of("hunter2", b"another installation")


def test_signs_that_turn_a_line_around_are_escapes():
    assert r"\u202E" in variables(NOTE="\u202egnp.exe")


def test_what_nobody_can_read_through_is_refused():
    with pytest.raises(NeedsHuman, match="200,000 can be read"):
        variables(NOTE="x" * drawn.MOST)


def test_an_app_without_an_image_is_for_a_person():
    with pytest.raises(NeedsHuman, match="where the images of shop are"):
        rendered(Place("shop", "edge/web"))


def test_the_key_is_made_once_by_whoever_comes_first(tmp_path: Path):
    folder = tmp_path / "secrets"

    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: hidden.key(folder), range(8)))

    assert len(keys) == 1
    assert len(keys.pop()) == 64
    assert stat.S_IMODE((folder / hidden.KEY).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [hidden.KEY]
