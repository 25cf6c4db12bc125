"""Images from a real Docker engine in a real registry, and tests that run on them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import docker
import pytest

from pipeline.errors import NeedsHuman
from runners import engine
from runners.ports import BuildSpec, JobState
from tests.kubernetes.clusters import image
from tests.kubernetes.image_worlds import BASE, ContainerWorld, ImageWorld
from tests.runners.builder_worlds import COMMIT
from tests.runners.contract_builder import BuilderContract
from tests.runners.contract_jobs import JobsContract
from tests.runners.until import until


@pytest.fixture
def images(tmp_path: Path) -> Iterator[ImageWorld]:
    world = ImageWorld(tmp_path)
    yield world
    world.end()


class TestImageBuilder(BuilderContract):
    @pytest.fixture
    def world(self, images: ImageWorld) -> ImageWorld:
        return images


class TestJobsInContainers(JobsContract):
    @pytest.fixture
    def world(self, images: ImageWorld) -> ContainerWorld:
        images.repository = "localhost:5000/app"
        images.builder = images.another()
        return ContainerWorld(images, image("v1"))


def test_what_was_built_is_in_the_registry_under_its_digest(images: ImageWorld) -> None:
    seen = images.built("r1-build-1", {"Dockerfile": f"{BASE}COPY a /a\n".encode(), "a": b"1"})

    client = docker.from_env()
    told = client.api.inspect_distribution(f"{images.repository}@{seen.digest}")
    client.close()
    assert told["Descriptor"]["digest"] == seen.digest


def test_the_same_content_is_built_once_and_the_log_says_so(images: ImageWorld) -> None:
    for number in (1, 2):
        images.built(f"r{number}-build-1", {"Dockerfile": BASE.encode()})

    assert "Build Dockerfile" in images.log("r1-build-1")
    assert "the same content was built before" in images.log("r2-build-1")
    assert "Build Dockerfile" not in images.log("r2-build-1")


def test_context_dockerfile_and_arguments_are_as_the_definition_says(images: ImageWorld) -> None:
    recipe = f'{BASE}ARG WORD=none\nRUN echo "$WORD" >/word\n'
    files = {"services/shop/build/Dockerfile": recipe.encode(), "services/shop/a": b"1"}

    image = {"context": "services/shop", "dockerfile": "build/Dockerfile", "args": {"WORD": "hello"}}
    seen = images.built("r1-build-1", files, **image)

    said = images.ran("r1-test-1", "cat /word", images.folder / "trees", seen.digest)
    assert said.endswith("hello\n")


def test_a_test_sees_the_image_and_a_copy_of_the_tree_that_it_may_change(images: ImageWorld) -> None:
    seen = images.built("r1-build-1", {"Dockerfile": f"{BASE}COPY a /inside\n".encode(), "a": b"1", "tests/b": b"2"})
    tree = images.folder / "trees" / "r1-build-1"

    said = images.ran("r1-test-1", "cat /inside tests/b && echo changed >tests/b && cat tests/b", tree, seen.digest)

    assert said.endswith("12changed\n")
    assert (tree / "tests" / "b").read_bytes() == b"2"


def test_a_test_that_wants_too_much_memory_is_ended_and_says_so(images: ImageWorld) -> None:
    seen = images.built("r1-build-1", {"Dockerfile": BASE.encode()})

    eats = "python3.11 -c 'x = bytearray(4 * 1024**3); x[::4096] = bytes(len(x[::4096]))'"
    said = images.ran("r1-test-1", eats, images.folder / "trees", seen.digest)

    assert "used more than 2048 MiB of memory and was ended" in said
    assert images.jobs.look("r1-test-1").state is JobState.FAILED


def test_an_attempt_that_was_left_alone_ends_when_the_next_one_begins(images: ImageWorld) -> None:
    seen = images.built("r1-build-1", {"Dockerfile": BASE.encode()})
    client = docker.from_env()
    labels = {engine.OWNER: str(images.folder), engine.STEM: "r1-test"}
    left = client.containers.run(
        f"{images.repository}@{seen.digest}", "-c 'import time; time.sleep(1000)'", labels=labels, detach=True
    )

    said = images.ran("r1-test-2", "echo second", images.folder / "trees", seen.digest)

    assert said.endswith("second\n")
    assert left.id not in [one.id for one in client.containers.list(all=True, ignore_removed=True)]
    client.close()


def test_a_test_that_is_stopped_leaves_no_container(images: ImageWorld) -> None:
    seen = images.built("r1-build-1", {"Dockerfile": BASE.encode()})
    client = docker.from_env()
    mine = {"label": f"{engine.OWNER}={images.folder}"}
    images.jobs.start(images.builder.command(seen.digest, images.folder, "r1-test-1", "sleep 1000", 60.0))
    until(lambda: client.containers.list(filters=mine, ignore_removed=True), "the container runs")

    images.jobs.stop("r1-test-1")

    until(lambda: not client.containers.list(all=True, filters=mine, ignore_removed=True), "the container is gone")
    client.close()


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        ({"dockerfile": "nowhere"}, "`build: image: dockerfile:` names nowhere, which is not there in the repository"),
        ({"context": "out"}, "`build: image: context:` names out, which is not there in the repository"),
    ],
)
def test_what_is_not_in_the_repository_is_named(images: ImageWorld, recipe: dict[str, str], why: str) -> None:
    (images.folder / "trees" / "r1-build-1").mkdir(parents=True)
    (images.folder / "trees" / "r1-build-1" / "out").symlink_to("/etc")

    assert images.built("r1-build-1", {"Dockerfile": BASE.encode()}, **recipe).why == why


def test_a_base_that_nobody_has_fails_the_build_with_the_engines_words(images: ImageWorld) -> None:
    why = images.built("r1-build-1", {"Dockerfile": b"FROM localhost:5000/nobody:1\n"}).why

    assert "localhost:5000/nobody" in why


def test_no_build_begins_on_a_disk_that_is_nearly_full(images: ImageWorld) -> None:
    images.builder = images.another(floor=10**18)

    assert "builder.disk" in images.built("r1-build-1", {"Dockerfile": BASE.encode()}).why


@pytest.mark.parametrize(
    "recipe", [{"context": "/etc"}, {"dockerfile": "../Dockerfile"}, {"volumes": "/"}, {"args": 1}]
)
def test_a_recipe_that_reaches_out_is_refused(images: ImageWorld, recipe: dict[str, object]) -> None:
    with pytest.raises(NeedsHuman, match=r"^builder\.recipe: "):
        images.builder.start(BuildSpec("r1-build-1", "shop", COMMIT, images.folder, {"image": recipe}))


def test_an_engine_that_is_away_is_named(images: ImageWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    images.builder = images.another()

    why = images.built("r1-build-1", {"Dockerfile": BASE.encode()}).why

    assert why.startswith("the Docker engine of tcp://127.0.0.1:1 does not answer")


def test_pruning_removes_what_is_ours_and_old_and_nothing_else(images: ImageWorld) -> None:
    kept, gone = (images.built(f"r{n}-build-1", {"Dockerfile": f"{BASE}LABEL n={n}\n".encode()}).digest for n in (1, 2))

    assert images.builder.prune({kept}, timedelta(days=1)) == 0
    assert images.builder.prune({kept}, timedelta(0)) >= 1

    client = docker.from_env()
    there = {name for one in client.images.list(images.repository) for name in one.attrs["RepoDigests"]}
    client.close()
    assert f"{images.repository}@{kept}" in there
    assert f"{images.repository}@{gone}" not in there
