"""Source: the fake and git keep the same promises, and git keeps its mirror sound."""

import os
import subprocess
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import NeedsHuman, TryLater
from runners.sources.git import GitSource
from tests.fake_hands import FakeSource
from tests.runners.contract_source import SourceContract
from tests.runners.repository import Repository


class FakeWorld:
    def __init__(self, folder: Path) -> None:
        self.source = FakeSource(folder / "trees")
        self.push = self.source.push

    def go_away(self) -> None:
        self.source.trouble = "no route to host"


class GitWorld:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = Repository(folder / "shop")
        self.source = self.another()

    def another(self, **more: object) -> GitSource:
        where = str(self.repository.path)
        return GitSource(where, self.folder / "mirror", self.folder / "trees", allow_local=True, **more)  # type: ignore[arg-type]

    def push(self, files: Mapping[str, bytes], **more: str) -> str:
        return self.repository.push(files, **more)

    def go_away(self) -> None:
        self.repository.path.rename(self.folder / "gone")


class TestFakeSource(SourceContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> FakeWorld:
        return FakeWorld(tmp_path)


class TestGitSource(SourceContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> GitWorld:
        return GitWorld(tmp_path)


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    return GitWorld(tmp_path)


def test_a_forced_push_moves_the_head_back(world: GitWorld):
    one = world.push({"a": b"1"})
    two = world.push({"a": b"2"})
    assert world.source.head("main") == two

    world.repository.git("update-ref", "refs/heads/main", one)
    assert world.source.head("main") == one
    assert world.source.file(two, "a") == b"2"


def test_only_the_branch_that_was_asked_for_is_fetched(world: GitWorld):
    world.push({"a": b"1"})
    other = world.push({"secret": b"2"}, ref="private")
    world.repository.git("tag", "v1")
    world.source.head("main")

    with pytest.raises(NeedsHuman, match=r"^git\.commit_missing: "):
        world.source.commit(other)
    assert not list(world.folder.glob("mirror/refs/tags/*"))


def test_programs_stay_programs_and_text_stays_text(world: GitWorld):
    world.push({"run.sh": b"#!/bin/sh\n", "plain": b""})
    (world.repository.path / "run.sh").chmod(0o755)
    pushed = world.repository.commit()
    world.source.head("main")

    tree = world.source.checkout(pushed)
    assert (tree / "run.sh").stat().st_mode & 0o111
    assert not (tree / "plain").stat().st_mode & 0o111


def test_between_tells_at_most_two_hundred(world: GitWorld):
    first = world.push({"a": b"1"})
    stream = b"".join(
        b"commit refs/heads/main\ncommitter a <a@example.org> %d +0000\ndata 1\nx\nfrom %s\n\n"
        % (1_800_000_000 + i, at)
        for i, at in [(0, first.encode())]
    ) + b"".join(
        b"commit refs/heads/main\ncommitter a <a@example.org> %d +0000\ndata 1\nx\n\n" % (1_800_000_000 + i)
        for i in range(1, 230)
    )
    world.repository.git("fast-import", "--quiet", stdin=stream)

    assert len(world.source.between(first, world.source.head("main"))) == 200


@pytest.mark.parametrize(
    "lines",
    [
        b"author A <a@b> 99999999999999999 +0000\ncommitter C <c@d> -5 +0000\n",
        b"author nobody\ncommitter nobody\n",
        b"author \xff\xfe <a@b> 1 +0000\ncommitter \x1b[31m <c@d> 1 +0000\nencoding no-such-encoding\n",
    ],
    ids=["far-future", "no-address", "wrong-encoding"],
)
def test_odd_commits_are_told_without_a_crash(world: GitWorld, lines: bytes):
    world.push({"a": b"1"})
    tree = world.repository.git("rev-parse", "HEAD^{tree}").encode()
    raw = b"tree " + tree + b"\n" + lines + b"\n\xffsubject\nbody"
    name = world.repository.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw)
    world.source.head("main")
    # A fetch with fsck refuses some of these; the reader must stand them all.
    target = world.folder / "mirror" / "objects" / name[:2]
    target.mkdir(exist_ok=True)
    (target / name[2:]).write_bytes((world.repository.path / ".git/objects" / name[:2] / name[2:]).read_bytes())

    assert world.source.commit(name).subject == "\ufffdsubject"


def test_locks_and_drafts_of_a_killed_fetch_do_not_stand_in_the_way(world: GitWorld):
    world.push({"a": b"1"})
    world.source.head("main")
    (world.folder / "mirror/refs/heads/main.lock").touch()
    (world.folder / "mirror/objects/pack/tmp_pack_x").touch()
    pushed = world.push({"a": b"2"})

    assert world.source.head("main") == pushed
    assert not (world.folder / "mirror/objects/pack/tmp_pack_x").exists()


def test_many_heads_at_once_agree(world: GitWorld):
    pushed = world.push({"a": b"1"})
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(world.another().head("main"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [pushed] * 8


def test_many_checkouts_at_once_are_one_tree(world: GitWorld):
    pushed = world.push({f"d{i}/f": b"x" * i for i in range(50)})
    world.source.head("main")
    seen: list[Path] = []
    threads = [threading.Thread(target=lambda: seen.append(world.another().checkout(pushed))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [world.folder / "trees" / pushed] * 4
    assert [path.name for path in (world.folder / "trees").iterdir()] == [pushed]


def test_a_repository_with_the_other_kind_of_hash_says_so(tmp_path: Path):
    folder = tmp_path / "other"
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", "--object-format=sha256", "-b", "main"], cwd=folder, check=True)
    words = ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--allow-empty", "-m", "x"]
    subprocess.run(["git", *words], cwd=folder, check=True)

    with pytest.raises(NeedsHuman, match=r"^git\.object_format: "):
        GitSource(str(folder), tmp_path / "mirror", tmp_path / "trees", allow_local=True).head("main")


def test_a_tidied_mirror_answers_as_before(world: GitWorld):
    pushed = world.push({"a": b"1"})
    world.source.head("main")
    world.source.tidy()

    assert world.source.head("main") == pushed
    assert world.source.file(pushed, "a") == b"1"
    assert world.source.commit(pushed).subject == "Change"


def test_old_trees_are_removed_and_kept_ones_stay(world: GitWorld):
    one, two = world.push({"a": b"1"}), world.push({"a": b"2"})
    world.source.head("main")
    kept, gone = world.source.checkout(one), world.source.checkout(two)
    for tree in (kept, gone):
        os.utime(tree, (0, 0))

    assert world.source.prune({one}, timedelta(days=1)) == 1
    assert (kept.exists(), gone.exists()) == (True, False)
    assert (world.source.checkout(two) / "a").read_bytes() == b"2"


def test_a_disk_that_cannot_be_written_is_told_as_passing_trouble(world: GitWorld):
    world.push({"a": b"1"})
    (world.folder / "mirror").write_text("a file, not a folder")

    with pytest.raises(TryLater, match=r"^git\.disk: "):
        world.source.head("main")
