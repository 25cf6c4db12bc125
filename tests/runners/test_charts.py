"""Helm charts of an app, rendered by the real helm: alone, bounded, and read like manifests."""

import os
from pathlib import Path

import pytest

from pipeline.definition.app import Chart
from pipeline.definition.objects import read_objects
from pipeline.errors import BadDefinition, NeedsHuman
from runners import charts
from tests.rules.definition.test_objects import DEPLOYMENT, SERVICE
from tests.runners.test_manifests import BRINGS, office

CHART = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
TEMPLATE = DEPLOYMENT.replace("tier: front", "tier: {{ .Values.tier }}")


def tree(folder: Path, **templates: str) -> Path:
    """A commit with a chart of these templates."""
    texts = {"Chart.yaml": CHART, "values.yaml": "tier: front\n"}
    texts |= {
        f"templates/{name}.yaml": text
        for name, text in {"deployment": TEMPLATE, "service": SERVICE, **templates}.items()
    }
    for name, text in texts.items():
        path = folder / "chart" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def rendered(folder: Path, *values: str) -> dict[str, str]:
    return charts.rendered(folder, Chart(path="chart", values=values), "shop")


def tier(folder: Path, *values: str) -> str:
    found: str = read_objects(rendered(folder, *values), "shop")["template"]["labels"]["tier"]
    return found


def test_a_chart_gives_what_manifests_would(tmp_path: Path) -> None:
    assert tier(tree(tmp_path)) == "front"


def test_values_files_of_the_commit_win_in_their_order(tmp_path: Path) -> None:
    made = tree(tmp_path)
    for name in ("one", "two"):
        (made / f"{name}.yaml").write_text(f"tier: {name}\n")

    assert tier(made, "one.yaml", "two.yaml") == "two"


def test_a_problem_is_told_with_the_template_it_comes_from(tmp_path: Path) -> None:
    wrong = TEMPLATE.replace("    spec:\n", "    spec:\n      hostNetwork: true\n")

    with pytest.raises(BadDefinition, match=r"shop/templates/deployment.yaml, rendered:\d+:\d+ .*hostNetwork"):
        read_objects(rendered(tree(tmp_path, deployment=wrong)), "shop")


def test_hooks_are_left_out(tmp_path: Path) -> None:
    hook = "kind: Job\nmetadata:\n  name: x\n  annotations: {helm.sh/hook: pre-install}\n"

    assert tier(tree(tmp_path, hook=hook)) == "front"


def test_a_chart_sees_nothing_of_sluice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop:hunter2@db/shop")
    prying = SERVICE.replace("team: web", '"team": {{ env "DATABASE_URL" | default "nothing" | quote }}')
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("hunter2")
    made = tree(tmp_path, files='# {{ .Files.Get "../../outside.txt" }}\n')

    assert "hunter2" not in "".join(rendered(made).values())
    with pytest.raises(NeedsHuman, match='function "env" not defined'):
        rendered(tree(tmp_path, service=prying))


def test_a_template_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(NeedsHuman, match=r"helm does not render the chart: .*no tier"):
        rendered(tree(tmp_path, deployment='{{ fail "no tier" }}'))


def test_a_chart_that_renders_too_much_is_ended(tmp_path: Path) -> None:
    with pytest.raises(NeedsHuman, match="more than 400,000 bytes"):
        rendered(tree(tmp_path, many='a: {{ repeat 500000 "x" }}\n'))


def test_a_chart_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    made = tree(tmp_path, slow="a: {{ range until 2000 }}{{ range until 2000 }}{{ end }}{{ end }}\n")

    with pytest.raises(NeedsHuman, match=r"was not rendered within 0\.01 s"):
        charts.rendered(made, Chart(path="chart"), "shop", patience=0.01)


@pytest.mark.parametrize(("chart", "values"), [("../other", ()), ("chart", ("../../etc/passwd",))])
def test_nothing_outside_of_the_commit_is_read(tmp_path: Path, chart: str, values: tuple[str, ...]) -> None:
    made = tree(tmp_path / "tree")
    asked = Chart.model_construct(path=chart, values=values)

    with pytest.raises(NeedsHuman, match="leads out of the repository"):
        charts.rendered(made, asked, "shop")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NeedsHuman, match=r"more\.yaml is not in this commit"):
        rendered(tree(tmp_path), "more.yaml")


def test_a_release_runs_what_the_chart_gives(tmp_path: Path) -> None:
    definition = BRINGS.replace("manifests: deploy", "chart: {path: chart}")
    one = office(tmp_path)
    one.definition = definition
    made = tree(tmp_path / "files")
    one.files = {str(path.relative_to(made)): path.read_bytes() for path in made.rglob("*") if path.is_file()}

    assert one.play(one.push("v1")) == "live"
    found = one.clusters["az1"].desired.service("shop").slots["a"].serve["objects"]
    assert isinstance(found, dict)
    assert found["template"]["labels"]["tier"] == "front"


def test_a_chart_that_is_not_there_is_said_at_its_key(tmp_path: Path) -> None:
    one = office(tmp_path)
    one.definition = BRINGS.replace("manifests: deploy", "chart: {path: chart}")

    assert "serve.chart: chart is not in this commit" in one.row(one.push("v1")).why
    assert os.listdir(tmp_path)
