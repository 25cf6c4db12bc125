"""A definition is read as it is written, or refused with all that is wrong with it."""

from pathlib import Path

import pytest

from pipeline.definition.app import App
from pipeline.definition.platform import Platform
from pipeline.definition.problems import Spot
from pipeline.definition.reading import complained, locate, read_app, read_platform
from pipeline.definition.starter import starter
from pipeline.errors import BadDefinition

INVALID = sorted((Path(__file__).parent / "invalid").glob("*.yaml"))

SMALL = """\
app: shop
serve: {run: ./serve}
waves:
  - clusters: [az1]
"""

PLATFORM = """\
tenants: {web: {}}
clusters:
  az1: {group: west}
  dr: {dr: true, capacity: 40}
apps:
  shop: {tenant: web, repository: https://git.example.org/shop.git}
  blog: {tenant: web, repository: /srv/blog.git, allow-local: true}
  wiki: {tenant: web, repository: git@git.example.org:wiki.git}
groups: {owners: [lena, priya@example.org]}
protection:
  - {clusters: [dr], gates: [{approval: {from: owners}}]}
freezes:
  - {name: Weekend, weekly: Fri 16:00 - Mon 08:00, zone: Europe/Berlin, apps: [shop]}
"""


def refused(text: str | bytes, read=read_app) -> BadDefinition:
    with pytest.raises(BadDefinition) as caught:
        read(text)
    return caught.value


REACHED = "kubernetes: {namespace: shop, gateway: edge/web, counters: http://traefik.example.org:9100/metrics}"


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_definition_gets_its_message(path):
    expected = path.with_suffix(".txt").read_text()

    assert str(refused(path.read_bytes())) + "\n" == expected


def test_there_are_at_least_25_invalid_definitions():
    assert len(INVALID) >= 25


def test_a_small_definition_has_defaults_for_the_rest():
    assert read_app(SMALL) == App.model_validate(
        {"app": "shop", "serve": {"run": "./serve"}, "waves": [{"clusters": ["az1"]}]}
    )


def test_units_are_read_as_plain_numbers():
    app = read_app(
        SMALL.replace("./serve}", "./serve, ready-within: 1.5m, drain: 250ms}")
        + "    canary: [1%, 99%]\n    soak: 1h\njudge: {errors: {margin: 0.5pp}, deadline: 1d}\n"
    )

    assert (app.serve.ready_within, app.serve.drain, app.waves[0].canary) == (90.0, 0.25, (1, 99))
    assert (app.waves[0].soak, app.judge.errors.margin, app.judge.deadline) == (3600.0, 0.005, 86400.0)


def test_bytes_text_and_windows_line_ends_read_alike():
    signed = b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()

    assert read_app(signed) == read_app(SMALL)


def test_what_yaml_once_read_in_odd_ways_is_a_text():
    """on is no truth, 1:30 no number and a date no date."""
    app = read_app(SMALL.replace("./serve}", "on, env: {on: yes, AT: 1:30, SINCE: 2024-13-45, NONE: null a}}"))

    assert app.serve.run == "on"
    assert app.serve.env == {"on": "yes", "AT": "1:30", "SINCE": "2024-13-45", "NONE": "null a"}


def test_a_command_may_have_lines_and_tabs():
    app = read_app(SMALL.replace("{run: ./serve}", "\n  run: |\n    make\n    \t./serve"))

    assert app.serve.run == "make\n\t./serve\n"


def test_a_platform_is_read():
    platform = read_platform(PLATFORM)

    assert platform.clusters["dr"].dr
    assert platform.apps["blog"].allow_local
    assert platform.groups == {"owners": ("lena", "priya@example.org")}
    assert platform.freezes[0].zone == "Europe/Berlin"


def test_a_kubernetes_cluster_says_how_it_is_used():
    platform = read_platform(PLATFORM.replace("{group: west}", f"{{kind: kubernetes, {REACHED}}}"))

    assert platform.clusters["az1"].kubernetes.gateway == "edge/web"


UNREACHED = {
    "namespace: SHOP, counters: 'http://x.example'": ("SHOP is no name in Kubernetes", "at most 63 signs"),
    "namespace: shop, counters: 'ftp://x'": ("ftp://x is no address", "http://"),
    "namespace: shop, gateway: web, counters: 'http://x.example'": ("web is no Gateway", "edge/web"),
    "namespace: shop": ("nobody says where the requests of az1 are counted", "prometheus: to the cluster"),
}


@pytest.mark.parametrize("written", UNREACHED)
def test_a_kubernetes_cluster_that_is_told_wrongly_gets_a_sentence(written):
    text = PLATFORM.replace("{group: west}", f"{{kind: kubernetes, kubernetes: {{{written}}}}}")

    said = str(refused(text, read_platform))

    assert all(part in said for part in UNREACHED[written])


def test_a_cluster_may_have_a_prometheus():
    asked = "prometheus: {address: 'http://p.example.org:9090', where: {cluster: az1}}"
    local = read_platform(PLATFORM.replace("{group: west}", f"{{{asked}}}")).clusters["az1"]
    far = f"kind: kubernetes, kubernetes: {{namespace: shop}}, {asked.replace('where', 'counts: istio, where')}"
    kubernetes = read_platform(PLATFORM.replace("{group: west}", f"{{{far}}}")).clusters["az1"]

    assert (local.prometheus.counts, local.prometheus.where) == ("traefik", {"cluster": "az1"})
    assert (kubernetes.prometheus.counts, kubernetes.kubernetes.counters) == ("istio", None)


def test_the_gateway_of_a_local_cluster_is_traefik():
    asked = "prometheus: {address: 'http://p.example.org:9090', counts: istio}"

    said = str(refused(PLATFORM.replace("{group: west}", f"{{{asked}}}"), read_platform))

    assert "clusters.az1.prometheus.counts: az1 is a local cluster, and its gateway is Traefik" in said


PROBLEMS_OF_PLATFORM = {
    "tenant: web, repository: https": (
        "tenant: wbe, repository: https",
        'apps.shop.tenant: there is no tenant "wbe"',
        'did you mean "web"?',
    ),
    ", allow-local: true": ("", "apps.blog.repository: /srv/blog.git is a path on this machine", "allow-local: true"),
    "clusters: [dr]": (
        "clusters: [west]",
        'protection[0].clusters[0]: there is no cluster "west"',
        "this file has az1 or dr",
    ),
    "apps: [shop]": ("apps: [shop, shop]", "freezes[0].apps[1]: shop is here twice", "keep one of them"),
    "[lena,": ('["",', "groups.owners[0]: an empty text is no name of a user", "like lena"),
    "Fri 16:00 - ": ("Fri 16 - ", 'freezes[0].weekly: "Fri 16 - Mon 08:00" is no weekly time', "Fri 16:00 - Mon 08:00"),
    "Fri 16:00 - Mon 08:00": ("Fri", "freezes[0].weekly: Fri is too short", "write at least 5 signs"),
    "name: Weekend": (f"name: {'x' * 81}", "freezes[0].name: has 81 signs", "at most 80 are possible"),
    "Europe/Berlin": ("Nowhere", 'freezes[0].zone: "Nowhere" is no time zone', "Europe/Berlin"),
    "capacity: 40": ("capacity: 0", "clusters.dr.capacity: 0 is too small", "write 1 or more"),
    "{dr: true": ("{dr: yes", "clusters.dr.dr: yes is neither true nor false", "write true or false"),
    "dr: true,": (
        "kind: kubernetes,",
        "clusters.dr.kind: dr is a Kubernetes cluster and does not say how it is used",
        "add kubernetes: {namespace: …, gateway: …, counters: …}",
    ),
    "{group: west}": (
        f"{{group: west, {REACHED}}}",
        "clusters.az1.kubernetes: az1 is a local cluster",
        "add kind: kubernetes, or remove this",
    ),
    "tenants: {web: {}}": ("tenants: {}", "tenants: is empty", "write at least one entry"),
    "  shop: {": ("  Shop: {", "apps.Shop: Shop is no name here", "use a to z"),
}


@pytest.mark.parametrize("good", PROBLEMS_OF_PLATFORM)
def test_a_platform_that_does_not_fit_together_is_refused(good):
    worse, what, hint = PROBLEMS_OF_PLATFORM[good]
    [problem] = refused(PLATFORM.replace(good, worse), read_platform).problems

    assert f"{problem.path}: {problem.what}" == what
    assert hint in problem.hint
    assert problem.name == "platform.yaml"


def test_a_rule_of_a_platform_with_wrong_clusters_is_not_blamed_for_them():
    text = PLATFORM.replace("dr: true", "dr: 3")

    assert [problem.path for problem in refused(text, read_platform).problems] == ["clusters.dr.dr"]


def test_a_platform_made_in_python_may_be_a_part():
    whole = read_platform(PLATFORM)
    part = {"tenants": {"web": {}}, "clusters": {"az1": {}}, "apps": {"shop": {"tenant": "x", "repository": "/x"}}}

    assert Platform.model_validate({**part, "protection": whole.protection}).protection == whole.protection


def test_the_starter_is_valid_and_names_the_app():
    app = read_app(starter("blog", cluster="west"))

    assert (app.app, app.waves[0].clusters) == ("blog", ("west",))
    assert app.serve.run.endswith("$PORT")


def test_a_path_is_found_in_the_text_or_the_nearest_above():
    assert locate(SMALL, "waves[0].clusters[0]") == Spot(4, 16, 3)
    assert locate(SMALL, "waves[0].soak") == Spot(4, 5)
    assert locate(SMALL, "judge") == Spot(1, 1)
    assert locate(SMALL, "") == Spot(1, 1)


def test_the_complaints_of_a_plan_are_shown_in_the_text():
    told = complained(SMALL, [("waves[0].clusters[0]", '"az1" is no cluster here; it has west')])

    assert str(told) == (
        'sluice.yaml:4:16 waves[0].clusters[0]: "az1" is no cluster here\n'
        "    4 |   - clusters: [az1]\n"
        "      |                ^^^\n"
        "   it has west"
    )
