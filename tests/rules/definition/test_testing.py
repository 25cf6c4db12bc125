"""Where the tests of images run: what `tests:` of a platform may say."""

import pytest

from pipeline.definition.reading import read_platform
from pipeline.errors import BadDefinition

FAR = """\
tests: {cluster: az2, namespace: shop-tests}
tenants: {web: {}}
clusters:
  az1: {}
  az2: {kind: kubernetes, kubernetes: {namespace: shop, counters: "http://t.example.org/metrics"}}
apps:
  shop: {tenant: web, repository: https://git.example.org/web/shop.git}
"""
MISPLACED = {
    "cluster: az2": ("cluster: az3", 'tests.cluster: there is no cluster "az3"', 'did you mean "az2"?'),
    "{cluster: az2": ("{cluster: az1", "tests.cluster: az1 is no Kubernetes cluster", "kind: kubernetes"),
    "shop-tests": ("shop", "tests.namespace: shop is the namespace of the apps in az2", "like shop-tests"),
    "namespace: shop-tests": (
        "namespace: Tests",
        "tests.namespace: Tests is no name in Kubernetes",
        "use a to z, 0 to 9 and -",
    ),
    "tests: {": ("tests: {user: 0, ", "tests.user: 0 is too small", "write 1 or more"),
    "shop-tests}": ("shop-tests, cpu: fast}", "tests.cpu: fast is no number of processors", "write it like 250m or 2"),
    "tests: {c": (
        "tests: {unpack: busybox, c",
        "tests.unpack: busybox is no image",
        "write it with its tag or digest",
    ),
    ", namespace: shop-tests": ("", 'tests: "namespace" is missing', "namespace: shop-tests"),
    "namespace: shop-tests}": (
        "namespace: shop-tests, memroy: 1Gi}",
        'tests.memroy: unknown key "memroy"',
        'did you mean "memory"?',
    ),
}


def test_tests_of_images_may_run_in_a_cluster_of_their_own_size():
    told = read_platform(FAR.replace("shop-tests", "shop-tests, memory: 512Mi, user: 1000")).tests

    assert (told.cluster, told.namespace, told.cpu, told.memory, told.user) == ("az2", "shop-tests", "1", "512Mi", 1000)
    assert read_platform(FAR.partition("\n")[2]).tests is None


@pytest.mark.parametrize("good", MISPLACED)
def test_a_place_for_tests_that_does_not_fit_is_refused_where_it_is_written(good):
    worse, what, hint = MISPLACED[good]
    with pytest.raises(BadDefinition) as refused:
        read_platform(FAR.replace(good, worse, 1))
    [problem] = refused.value.problems

    assert f"{problem.path}: {problem.what}" == what
    assert hint in problem.hint
    assert problem.line == 1


@pytest.mark.parametrize(
    "image",
    ["busybox:1.37", f"reg.example.org:5000/tools/busybox@sha256:{'a' * 64}", "localhost:5000/sluice:v1"],
)
def test_the_image_that_unpacks_has_a_tag_or_a_digest(image):
    assert read_platform(FAR.replace("tests: {", f'tests: {{unpack: "{image}", ')).tests.unpack == image
