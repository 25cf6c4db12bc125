"""What every chart of this repository keeps, whatever its values."""

import pytest

from .rendered import CHARTS, Manifest, containers, helm, of, pods, rendered

DIGEST = f"image.digest=sha256:{'1' * 64}"
SLOTS = tuple(
    f"slots.{slot}.{word}"
    for slot, digit in (("a", 1), ("b", 2))
    for word in (f"digest=sha256:{str(digit) * 64}", f"version=v{digit}", "replicas=2", f"generation={digit}")
)
PLATFORM = "platform=clusters: {}"
VARIANTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "app": (
        (),
        (*SLOTS, "name=shop", "weights.a=90", "weights.b=10", "route.hostnames={shop.example.org}"),
        (*SLOTS, "autoscaling.enabled=true", "edge.rate=100", "edge.inFlight=400", "secrets={shop-database}"),
        (*SLOTS, "networkPolicy.enabled=false", "env.LOG=info", "route.gateway.namespace=edge"),
    ),
    "platform": (
        (PLATFORM,),
        (PLATFORM, DIGEST, "secrets=sluice-secrets", "route.enabled=true", "route.gateway.namespace=edge"),
        (PLATFORM, "ingress.enabled=true", "ingress.tlsSecret=tls", "ingress.className=edge", "web.replicas=5"),
        (
            PLATFORM,
            "home.existingClaim=mine",
            "networkPolicy.enabled=false",
            "nodeSelector.pool=quiet",
            "env.HTTPS_PROXY=proxy",
        ),
    ),
    "guard": (
        (),
        (DIGEST, "namespaces={shop,search}", "priorityClassName=system-cluster-critical"),
        ("networkPolicy.enabled=false", "witness.enabled=false", "image.pullSecrets={registry}"),
    ),
}
CASES = [(chart, *values) for chart, variants in VARIANTS.items() for values in variants]


@pytest.fixture(params=CASES, ids=" ".join)
def objects(request: pytest.FixtureRequest) -> tuple[Manifest, ...]:
    chart, *values = request.param
    return rendered(chart, *values)


def test_every_chart_is_tried_here() -> None:
    assert {path.parent.name for path in CHARTS.glob("*/Chart.yaml")} == set(VARIANTS)


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_helm_finds_nothing_to_complain_about(case: tuple[str, ...]) -> None:
    chart, *values = case
    told = [word for value in values for word in ("--set", value)]

    done = helm("lint", "--strict", str(CHARTS / chart), *told)

    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout


def test_nothing_runs_as_root_or_may_become_it(objects: tuple[Manifest, ...]) -> None:
    for name, pod in pods(objects):
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for one in containers(pod):
            rights = one["securityContext"]
            assert rights["allowPrivilegeEscalation"] is False, name
            assert rights["readOnlyRootFilesystem"] is True, name
            assert rights["capabilities"] == {"drop": ["ALL"]}, name
            assert not rights.get("privileged"), name


def test_nothing_reaches_into_the_node(objects: tuple[Manifest, ...]) -> None:
    for name, pod in pods(objects):
        assert not any(pod.get(word) for word in ("hostNetwork", "hostPID", "hostIPC")), name
        assert not any("hostPath" in volume for volume in pod.get("volumes", ())), name
        assert not any("hostPort" in port for one in containers(pod) for port in one.get("ports", ())), name


def test_everything_says_what_it_needs_and_has_a_limit(objects: tuple[Manifest, ...]) -> None:
    for name, pod in pods(objects):
        for one in containers(pod):
            assert {"cpu", "memory"} <= set(one["resources"]["requests"]), name
            assert "memory" in one["resources"]["limits"], name


def test_a_pod_has_a_token_only_if_it_says_so(objects: tuple[Manifest, ...]) -> None:
    assert all(isinstance(pod.get("automountServiceAccountToken"), bool) for _, pod in pods(objects))
    assert all(one["automountServiceAccountToken"] is False for one in of("ServiceAccount", objects))


def test_what_serves_for_long_is_probed_and_survives_a_drain(objects: tuple[Manifest, ...]) -> None:
    budgets = [one["spec"]["selector"]["matchLabels"] for one in of("PodDisruptionBudget", objects)]
    for one in of("Deployment", objects):
        serving = [each for each in one["spec"]["template"]["spec"]["containers"] if "ports" in each]
        assert all({"livenessProbe", "readinessProbe"} <= set(each) for each in serving)
        assert one["spec"]["selector"]["matchLabels"] in budgets, one["metadata"]["name"]


def test_selectors_find_their_own_pods_and_no_others(objects: tuple[Manifest, ...]) -> None:
    found = of("Deployment", objects)
    for one in found:
        wanted = one["spec"]["selector"]["matchLabels"].items()
        met = [each for each in found if wanted <= each["spec"]["template"]["metadata"]["labels"].items()]
        assert met == [one]


def test_no_right_is_a_star_and_none_reaches_secrets(objects: tuple[Manifest, ...]) -> None:
    for role in [*of("Role", objects), *of("ClusterRole", objects)]:
        for rule in role["rules"]:
            words = [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
            assert "*" not in words
            assert "secrets" not in words


def test_every_pod_has_a_policy_for_its_network_unless_they_are_switched_off(objects: tuple[Manifest, ...]) -> None:
    policies = of("NetworkPolicy", objects)
    selected = [one["spec"]["podSelector"].get("matchLabels", {}).items() for one in policies]
    for one in of("Deployment", objects) if policies else []:
        labels = one["spec"]["template"]["metadata"]["labels"].items()
        assert any(wanted <= labels for wanted in selected), one["metadata"]["name"]
