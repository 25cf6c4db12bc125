"""Builder: the fake and bundles keep the same promises; bundles have some of their own."""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import NeedsHuman
from runners.builders.bundle import bundle_env, bundle_path, intact, passed_on, recipe, spec_for_test
from runners.ports import BuildSeen, BuildSpec, JobState
from tests.runners.builder_worlds import COMMIT, BundleWorld, FakeWorld, lay
from tests.runners.contract_builder import BuilderContract

BAD_PATHS = [{"python": path} for path in ("/etc/passwd", "../x", "a/../../x", "a\0")]


class TestFakeBuilder(BuilderContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> FakeWorld:
        return FakeWorld(tmp_path)


class TestBundleBuilder(BuilderContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[BundleWorld]:
        world = BundleWorld(tmp_path)
        yield world
        world.end()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BundleWorld]:
    world = BundleWorld(tmp_path)
    yield world
    world.end()


def test_a_bundle_holds_the_tree_as_it_was_and_proves_it(world: BundleWorld):
    tree = lay(world.folder / "t", {"a": b"1", "deep/b": b"\x00"})
    (tree / "a").chmod(0o755)
    bundle = world.builder.path(world.build("r1-build-1", tree).digest)

    assert (bundle / "tree/deep/b").read_bytes() == b"\x00"
    assert (bundle / "tree/a").stat().st_mode & 0o777 == 0o755
    assert intact(bundle)
    (bundle / "tree/a").write_bytes(b"2")
    assert not intact(bundle)


def test_the_right_to_execute_is_part_of_the_digest(world: BundleWorld):
    tree = lay(world.folder / "t", {"a": b"1"})
    before = world.build("r1-build-1", tree).digest
    (tree / "a").chmod(0o755)

    assert world.build("r2-build-1", tree).digest != before


def test_another_recipe_gives_another_digest_for_the_same_files(world: BundleWorld):
    tree = lay(world.folder / "t", {"a": b"1"})

    assert world.build("r1-build-1", tree).digest != world.build("r2-build-1", tree, run="true").digest


def test_the_log_has_sections_with_durations_and_ends_with_the_digest(world: BundleWorld):
    seen = world.build("r1-build-1", lay(world.folder / "t", {"a": b"1"}), run="echo made by hand")

    lines = world.log("r1-build-1").splitlines()
    assert lines[:2] == [f"» Build shop at {COMMIT[:12]}", "--- Copy the tree"]
    assert lines[2].startswith("    1 files, 0 kB, ")
    assert lines[2].endswith(" s")
    assert lines[3:5] == ["--- Run echo made by hand", "made by hand"]
    assert lines[-1] == seen.digest


def test_what_the_command_makes_is_in_the_bundle_and_not_in_the_tree(world: BundleWorld):
    tree = lay(world.folder / "t", {"a": b"1"})
    seen = world.build("r1-build-1", tree, run="echo built > made && ln -s made link")

    bundle = world.builder.path(seen.digest)
    assert (bundle / "tree/link").read_text() == "built\n"
    assert sorted(path.name for path in tree.iterdir()) == ["a"]


def test_a_failed_build_leaves_no_bundle(world: BundleWorld):
    seen = world.build("r1-build-1", lay(world.folder / "t", {"a": b"1"}), run="echo half > made; exit 3")

    assert seen == BuildSeen(JobState.FAILED, "", "the build command ended with exit code 3")
    assert world.log("r1-build-1").splitlines()[-2] == "The build failed: the build command ended with exit code 3."
    assert [path.name for path in (world.folder / "bundles").iterdir()] == [".results"]


def test_the_command_sees_nothing_of_how_packages_are_fetched(world: BundleWorld):
    world.builder = world.another(env={"PIP_INDEX_URL": "https://user:hunter2@index.example/simple"})
    seen = world.build("r1-build-1", lay(world.folder / "t", {"a": b"1"}), run="env | sort")

    assert seen.state is JobState.DONE
    names = {line.partition("=")[0] for line in world.log("r1-build-1").splitlines() if "=" in line}
    assert names == {"HOME", "LANG", "PATH", "PWD"}


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "deep/../../outside", "loop/../.."])
def test_a_link_that_leads_outside_is_refused_and_not_followed(world: BundleWorld, target: str):
    (world.folder / "outside").write_text("secret")
    tree = lay(world.folder / "t", {"deep/a": b"1"})
    (tree / "loop").symlink_to(".")
    (tree / "link").symlink_to(target)
    seen = world.build("r1-build-1", tree)

    assert seen.state is JobState.FAILED
    assert seen.why == f"link is a link to {target}, outside the tree; replace it by the file"


def test_a_link_that_stays_inside_stays_a_link(world: BundleWorld):
    tree = lay(world.folder / "t", {"deep/a": b"1"})
    (tree / "link").symlink_to("deep/a")
    (tree / "deep/up").symlink_to("../deep")
    bundle = world.builder.path(world.build("r1-build-1", tree).digest)

    assert os.readlink(bundle / "tree/link") == "deep/a"
    assert os.readlink(bundle / "tree/deep/up") == "../deep"


def test_something_that_is_no_file_is_refused(world: BundleWorld):
    tree = lay(world.folder / "t", {"a": b"1"})
    os.mkfifo(tree / "pipe")

    assert world.build("r1-build-1", tree).why == "pipe is neither file, folder nor link; take it out of the tree"


def test_a_lock_that_is_not_there_is_named(world: BundleWorld):
    seen = world.build("r1-build-1", lay(world.folder / "t", {"a": b"1"}), python="requirements.lock")

    assert seen.why == "`build: bundle: python:` names requirements.lock, which is not a file of the repository"


@pytest.mark.parametrize("line", ["-r other.txt", "-c limits.txt", "-e .", "  --requirement=x", "--editable ."])
def test_a_lock_that_points_elsewhere_is_refused(world: BundleWorld, line: str):
    tree = lay(world.folder / "t", {"requirements.lock": f"# ours\n{line}\n".encode()})
    seen = world.build("r1-build-1", tree, python="requirements.lock")

    assert seen.why.startswith("requirements.lock: -")
    assert seen.why.endswith("is not accepted; one file must name every package with its hash")


@pytest.mark.parametrize(
    "build",
    [*({name: "x"} for name in ("docker", "bundle")), {"python": 3}, {"run": ["a"]}, {"run": ""}, *BAD_PATHS],
    ids=str,
)
def test_a_recipe_we_do_not_understand_is_refused(world: BundleWorld, build: Mapping[str, object]):
    with pytest.raises(NeedsHuman, match=r"^builder\.recipe: "):
        world.builder.start(BuildSpec("r1-build-1", "shop", COMMIT, world.folder, build))
    assert world.builder.look("r1-build-1").state is JobState.UNKNOWN


def test_the_recipe_is_found_with_and_without_its_wrapping():
    assert recipe({"bundle": {"python": "a.lock", "run": None}}) == ("a.lock", None)
    assert recipe({"run": "make"}) == (None, "make")


def test_a_build_needs_room_on_the_disk(world: BundleWorld):
    world.builder = world.another(floor=10**18)

    with pytest.raises(NeedsHuman, match=r"^builder\.disk: .* GB are free in .*, a build needs 1000000000\.0 GB; "):
        world.build("r1-build-1", lay(world.folder / "t", {"a": b"1"}))
    assert world.builder.look("r1-build-1").state is JobState.UNKNOWN


def test_a_running_build_is_adopted_even_when_the_disk_is_full(world: BundleWorld):
    tree = lay(world.folder / "t", {"a": b"1"})
    world.builder.start(BuildSpec("r1-build-1", "shop", COMMIT, tree, {}))
    world.another(floor=10**18).start(BuildSpec("r1-build-1", "shop", COMMIT, tree, {}))
    world.play()

    assert world.builder.look("r1-build-1").state is JobState.DONE


def test_tests_run_in_a_copy_and_cannot_change_the_bundle(world: BundleWorld):
    seen = world.build("r1-build-1", lay(world.folder / "t", {"a": b"1"}))
    bundle = world.builder.path(seen.digest)
    world.jobs.start(spec_for_test("r1-test-1", bundle, "cat a; echo 2 > a; cat a; exit 3", timeout=30))
    world.play()

    assert world.jobs.look("r1-test-1").exit_code == 3
    assert world.log("r1-test-1").splitlines()[:3] == [
        "» cat a; echo 2 > a; cat a; exit 3",
        "12",
        "» It ended with exit code 3.",
    ]
    assert intact(bundle)


def test_bundles_in_use_stay_and_old_ones_go(world: BundleWorld):
    kept = world.build("r1-build-1", lay(world.folder / "t", {"a": b"1"})).digest
    gone = world.build("r2-build-1", lay(world.folder / "u", {"a": b"2"})).digest

    assert world.builder.prune({kept}, timedelta(days=1)) == 0
    assert world.builder.prune({kept}, timedelta(0)) >= 1
    assert intact(world.builder.path(kept))
    assert not world.builder.path(gone).exists()


@pytest.mark.parametrize("digest", ["", "sha256:x", "sha256:" + "a" * 63, "sha256:../../x", "md5:" + "a" * 64])
def test_a_digest_that_is_none_leads_to_no_path(digest: str):
    with pytest.raises(NeedsHuman, match=r"^builder\.digest: "):
        bundle_path(Path("bundles"), digest)


def test_pip_gets_index_proxy_and_certificates_and_nothing_that_bends_it(tmp_path: Path):
    config = tmp_path / ".config/pip/pip.conf"
    lay(tmp_path, {".config/pip/pip.conf": b""})
    outer = {"HOME": str(tmp_path), "PIP_INDEX_URL": "i", "PIP_TARGET": "t", "https_proxy": "p", "TOKEN": "x"}

    assert passed_on(outer) == {"PIP_INDEX_URL": "i", "https_proxy": "p", "PIP_CONFIG_FILE": str(config)}


def test_a_bundle_without_packages_keeps_the_path_of_the_machine(tmp_path: Path):
    assert bundle_env(tmp_path, "/bin") == {"PATH": "/bin", "PYTHONDONTWRITEBYTECODE": "1"}


def test_the_build_program_is_not_taken_from_the_tree_it_builds(world: BundleWorld):
    evil = b"open('owned', 'w')\n"
    tree = lay(world.folder / "t", {"runners/__init__.py": evil, "json.py": evil, "sitecustomize.py": evil})

    assert world.build("r1-build-1", tree).state is JobState.DONE
    assert not list(world.folder.rglob("owned"))
