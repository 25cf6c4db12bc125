"""What every Source adapter promises; each adapter's test file runs this suite against its own `SourceWorld`."""

from collections.abc import Mapping
from typing import Protocol

import pytest

from pipeline.errors import NeedsHuman, TryLater
from runners.ports import Source

REFS = ["", "-x", "--output=x", "--upload-pack=x", "a..b", "../x", "a//b", "a/", "a.", "a.lock", "a/.b", "a b", "a\n"]
REFS += ["a:b", "a~1", "a^", "a?", "a*", "a[", "a\\b", "a@{1}", "@", "a\0", "\x1b[31m", "a" * 300, "+a", "ä"]


class SourceWorld(Protocol):
    """An adapter, and somebody who pushes to its repository."""

    source: Source

    def push(self, files: Mapping[str, bytes], *, ref: str = "main", subject: str = "Change", by: str = ...) -> str:
        """A new commit on `ref` with exactly these files; its hash."""
        ...

    def go_away(self) -> None:
        """The repository cannot be reached any more."""
        ...


class SourceContract:
    """The promises."""

    def test_the_head_follows_every_push(self, world: SourceWorld):
        for text in (b"1", b"2"):
            pushed = world.push({"a": text})
            assert world.source.head("main") == pushed

    def test_branches_have_heads_of_their_own(self, world: SourceWorld):
        one = world.push({"a": b"1"})
        two = world.push({"a": b"2"}, ref="fix/one-2.x")

        assert (world.source.head("main"), world.source.head("fix/one-2.x")) == (one, two)

    def test_a_commit_tells_who_and_what(self, world: SourceWorld):
        pushed = world.push({"a": b"1"}, subject="Add a cart", by="lena@example.org")
        world.source.head("main")

        seen = world.source.commit(pushed)
        assert (seen.hash, seen.subject) == (pushed, "Add a cart")
        assert (seen.author_name, seen.author_email, seen.committer_email) == ("lena",) + ("lena@example.org",) * 2
        assert seen.at.tzinfo is not None

    def test_commits_between_are_newest_first_without_the_old_one(self, world: SourceWorld):
        old, *middle = [world.push({"a": str(i).encode()}, subject=f"Change {i}") for i in range(4)]
        world.source.head("main")

        assert [seen.hash for seen in world.source.between(old, middle[-1])] == middle[::-1]
        assert world.source.between(middle[-1], old) == ()

    def test_a_file_is_read_at_its_commit(self, world: SourceWorld):
        one = world.push({"sluice.yaml": b"app: one\n", "deep/er/b": b"\x00\xff"})
        two = world.push({"sluice.yaml": b"app: two\n"})
        world.source.head("main")

        assert world.source.file(one, "sluice.yaml") == b"app: one\n"
        assert world.source.file(two, "sluice.yaml") == b"app: two\n"
        assert world.source.file(one, "deep/er/b") == b"\x00\xff"

    def test_a_missing_file_is_for_a_person(self, world: SourceWorld):
        pushed = world.push({"a": b"1"})
        world.source.head("main")

        with pytest.raises(NeedsHuman, match=r"^git\.file_missing: sluice\.yaml is not in commit "):
            world.source.file(pushed, "sluice.yaml")

    def test_a_file_over_one_mebibyte_is_refused(self, world: SourceWorld):
        pushed = world.push({"ok": b"x" * 1024 * 1024, "large": b"x" * (1024 * 1024 + 1)})
        world.source.head("main")

        assert len(world.source.file(pushed, "ok")) == 1024 * 1024
        with pytest.raises(NeedsHuman, match=r"^git\.too_large: large has 1048577 bytes"):
            world.source.file(pushed, "large")

    def test_a_checkout_is_the_whole_tree_without_git(self, world: SourceWorld):
        files = {"a": b"1\r\n", "deep/er/b": b"\x00\xff", "with space": b""}
        pushed = world.push(files)
        world.source.head("main")

        tree = world.source.checkout(pushed)
        found = {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}
        assert found == files
        assert world.source.checkout(pushed) == tree

    def test_old_and_new_checkouts_live_side_by_side(self, world: SourceWorld):
        one, two = world.push({"a": b"1"}), world.push({"b": b"2"})
        world.source.head("main")

        assert (world.source.checkout(one) / "a").read_bytes() == b"1"
        assert (world.source.checkout(two) / "b").read_bytes() == b"2"
        assert not (world.source.checkout(two) / "a").exists()

    def test_a_branch_that_is_not_there_is_for_a_person(self, world: SourceWorld):
        world.push({"a": b"1"})

        with pytest.raises(NeedsHuman, match=r"^git\.ref_missing: "):
            world.source.head("nowhere")

    def test_a_remote_that_is_away_may_come_back(self, world: SourceWorld):
        pushed = world.push({"a": b"1"})
        world.source.head("main")
        world.go_away()

        with pytest.raises((TryLater, NeedsHuman), match=r"^git\.(unreachable|repository_missing): "):
            world.source.head("main")
        assert world.source.file(pushed, "a") == b"1"

    @pytest.mark.parametrize(
        "ref",
        REFS,
    )
    def test_a_ref_that_is_no_branch_name_is_refused(self, world: SourceWorld, ref: str):
        world.push({"a": b"1"})

        with pytest.raises(NeedsHuman, match=r"^git\.ref_invalid: "):
            world.source.head(ref)

    @pytest.mark.parametrize("name", ["", "HEAD", "main", "-x", "--output=x", "a" * 39, "a" * 41, "A" * 40, "g" * 40])
    def test_a_hash_that_is_not_full_is_refused_everywhere(self, world: SourceWorld, name: str):
        pushed = world.push({"a": b"1"})
        world.source.head("main")

        asks = (
            lambda: world.source.commit(name),
            lambda: world.source.between(name, pushed),
            lambda: world.source.between(pushed, name),
            lambda: world.source.file(name, "a"),
            lambda: world.source.checkout(name),
        )
        for ask in asks:
            with pytest.raises(NeedsHuman, match=r"^git\.hash_invalid: "):
                ask()

    def test_a_commit_nobody_fetched_is_missing_everywhere(self, world: SourceWorld):
        pushed = world.push({"a": b"1"})
        world.source.head("main")

        asks = (
            lambda: world.source.commit("0" * 40),
            lambda: world.source.between(pushed, "0" * 40),
            lambda: world.source.file("0" * 40, "a"),
            lambda: world.source.checkout("0" * 40),
        )
        for ask in asks:
            with pytest.raises(NeedsHuman, match=r"^git\.commit_missing: "):
                ask()
