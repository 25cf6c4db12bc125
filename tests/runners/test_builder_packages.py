"""Python packages of a bundle: made once per lock, checked by hash, usable in every bundle."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runners.builders import venv
from runners.builders.bundle import bundle_env, intact, spec_for_test
from runners.ports import BuildSpec, JobState
from tests.runners.builder_worlds import COMMIT, BundleWorld, lay
from tests.runners.wheel import make_wheel


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BundleWorld]:
    world = BundleWorld(tmp_path)
    world.builder = world.another(env={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "wheels")})
    yield world
    world.end()


def test_packages_are_installed_once_and_work_in_every_bundle(world: BundleWorld):
    lock = make_wheel(world.folder / "wheels").encode()
    seen = [
        world.build(
            f"r{i}-build-1", lay(world.folder / f"t{i}", {"deps.lock": lock, "a": b"%d" % i}), python="deps.lock"
        )
        for i in range(2)
    ]

    assert [one.state for one in seen] == [JobState.DONE] * 2
    assert "    installed, " in world.log("r0-build-1")
    assert "    cached, " in world.log("r1-build-1")
    for one in seen:
        bundle = world.builder.path(one.digest)
        said = subprocess.run(["sluicetiny-say"], env=bundle_env(bundle), capture_output=True, check=True, text=True)
        assert said.stdout == f"sluicetiny 1.0 from {bundle / 'venv'}\n"
        assert intact(bundle)


def test_a_bundle_stands_on_its_own_when_the_cache_is_deleted(world: BundleWorld):
    lock = make_wheel(world.folder / "wheels").encode()
    digest = world.build("r1-build-1", lay(world.folder / "t", {"deps.lock": lock}), python="deps.lock").digest
    (world.folder / "cache").rename(world.folder / "gone")

    world.jobs.start(spec_for_test("r1-test-1", world.builder.path(digest), "sluicetiny-say", timeout=30))
    world.play()
    assert world.jobs.look("r1-test-1").state is JobState.DONE
    assert "sluicetiny 1.0 from " in world.log("r1-test-1")


def test_two_builds_of_the_same_lock_at_once_install_it_once(world: BundleWorld):
    lock = make_wheel(world.folder / "wheels").encode()
    for i in range(2):
        tree = lay(world.folder / f"t{i}", {"deps.lock": lock})
        world.builder.start(BuildSpec(f"r{i}-build-1", "shop", COMMIT, tree, {"python": "deps.lock"}))
    world.play()

    assert world.builder.look("r0-build-1").digest == world.builder.look("r1-build-1").digest != ""
    logs = world.log("r0-build-1") + world.log("r1-build-1")
    assert (logs.count("    installed, "), logs.count("    cached, ")) == (1, 1)


def test_a_wrong_hash_fails_the_build_and_names_the_package(world: BundleWorld):
    make_wheel(world.folder / "wheels")
    lock = f"sluicetiny==1.0 --hash=sha256:{'0' * 64}\n".encode()
    seen = world.build("r1-build-1", lay(world.folder / "t", {"deps.lock": lock}), python="deps.lock")

    assert (seen.state, seen.digest) == (JobState.FAILED, "")
    assert seen.why.startswith("deps.lock: sluicetiny==1.0 does not have the hash that is written there")


def test_an_installation_that_was_cut_short_is_made_again(world: BundleWorld):
    lock = make_wheel(world.folder / "wheels").encode()
    half = world.folder / "cache/venvs" / venv.key(lock)
    (half / "bin").mkdir(parents=True)
    seen = world.build("r1-build-1", lay(world.folder / "t", {"deps.lock": lock}), python="deps.lock")

    assert seen.state is JobState.DONE
    assert "    installed, " in world.log("r1-build-1")


def test_another_lock_is_another_environment():
    assert venv.key(b"a==1") != venv.key(b"a==2")


UNPINNED = """\
Collecting sluicetiny (from -r deps.lock (line 1))
ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==. These do not:
    sluicetiny from deps.lock
"""
UNHASHED = """\
ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements here. Here is a list.
    sluicetiny==1.0 --hash=sha256:0000
"""
NOWHERE = """\
ERROR: Could not find a version that satisfies the requirement sluicetiny==9 (from versions: 1.0)
ERROR: No matching distribution found for sluicetiny==9
"""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (UNPINNED, "sluicetiny has no hash or no exact version"),
        (UNHASHED, "sluicetiny==1.0 has no hash or no exact version"),
        (NOWHERE, "no wheel of sluicetiny==9 fits this Python"),
        ("ERROR: Invalid requirement: 'x y'", "Invalid requirement: 'x y'"),
        ("", "pip failed"),
    ],
)
def test_what_pip_says_is_told_in_a_sentence(said: str, meant: str):
    assert venv.trouble(said.splitlines()).startswith(meant)


def test_a_script_with_a_long_path_still_starts(tmp_path: Path):
    """The kernel cuts long first lines; such a script begins with a line of shell instead."""
    where = tmp_path / ("long " + "x" * 150) / "venv"
    (where / "bin").mkdir(parents=True)
    (where / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (where / "bin/python").symlink_to(sys.executable)
    (where / "bin/say").write_text("#!/short/bin/python\nprint('started')\n")
    (where / "bin/say").chmod(0o755)
    venv.relocate(where, Path("/short"), where)

    done = subprocess.run([str(where / "bin/say")], capture_output=True, check=True, text=True)
    assert done.stdout == "started\n"
