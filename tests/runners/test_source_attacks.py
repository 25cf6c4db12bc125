"""What a stranger may put into a repository: refused by name, and nothing happens."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import NeedsHuman
from tests.runners.hostile import local, outside
from tests.runners.repository import Repository


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Nothing outside mirror and trees changes while Sluice acts, and no payload runs."""
    yield tmp_path
    assert not list(tmp_path.rglob("owned*"))
    assert not Path("owned").exists()


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", ".git/config", "a/.GIT/x", "a\0b"]
)
def test_a_path_that_leaves_the_repository_is_refused(folder: Path, path: str):
    Repository(folder / "shop").push({"a": b"1"})
    git = local(folder)
    head = git.head("main")

    with pytest.raises(NeedsHuman, match=r"^git\.path: "):
        git.file(head, path)


def test_a_submodule_is_an_empty_folder(folder: Path):
    shop = Repository(folder / "shop")
    first = shop.push({"a": b"1"})
    modules = b'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch owned"\n'
    made = shop.point(
        b"100644 .gitmodules\0" + shop.blob(modules) + b"160000 x\0" + bytes.fromhex(first),
    )
    before = outside(folder)
    git = local(folder)

    assert git.head("main") == made
    assert list((git.checkout(made) / "x").iterdir()) == []
    assert outside(folder) == before


@pytest.mark.parametrize(
    ("name", "mode"),
    [(b".git", b"40000"), (b".GIT", b"40000"), (b"..", b"40000"), (b"a/b", b"100644"), (b".git", b"120000")],
)
def test_a_tree_that_reaches_for_git_or_out_is_refused(folder: Path, name: bytes, mode: bytes):
    shop = Repository(folder / "shop")
    inner = shop.blob(b"[core]\n\tfsmonitor = touch owned\n")
    if mode == b"40000":
        raw = shop.git("hash-object", "-t", "tree", "-w", "--stdin", stdin=b"100644 config\0" + inner)
        inner = bytes.fromhex(raw)
    shop.point(mode + b" " + name + b"\0" + inner)
    before = outside(folder)

    for _ in ("at first", "and no less when parts of it are here already"):
        with pytest.raises(NeedsHuman, match=r"^git\.object_refused: "):
            local(folder).head("main")
    assert outside(folder) == before


def test_a_gitmodules_path_that_is_an_option_is_refused(folder: Path):
    shop = Repository(folder / "shop")
    shop.push({".gitmodules": b'[submodule "x"]\n\tpath = -u./owned\n\turl = https://example.org/x\n'})

    with pytest.raises(NeedsHuman, match=r"^git\.object_refused: "):
        local(folder).head("main")


def test_a_link_is_written_as_a_small_file(folder: Path):
    shop = Repository(folder / "shop")
    shop.push({"a": b"1"})
    (shop.path / "link").symlink_to("/etc/passwd")
    (shop.path / "dir").symlink_to(folder)
    shop.commit()
    git = local(folder)
    head = git.head("main")

    tree = git.checkout(head)
    assert not any(path.is_symlink() for path in tree.rglob("*"))
    assert (tree / "link").read_text() == "/etc/passwd"
    with pytest.raises(NeedsHuman, match=r"^git\.file_missing: link .* is no regular file"):
        git.file(head, "link")


def test_a_file_is_not_written_through_a_link_of_the_same_name(folder: Path):
    shop = Repository(folder / "shop")
    inner = shop.git("hash-object", "-t", "tree", "-w", "--stdin", stdin=b"100644 owned\0" + shop.blob(b"1"))
    shop.point(b"120000 x\0" + shop.blob(b"..") + b"40000 x\0" + bytes.fromhex(inner))

    with pytest.raises(NeedsHuman, match=r"^git\.object_refused: "):
        local(folder).head("main")


def test_settings_and_filters_of_the_repository_run_nothing(folder: Path):
    shop = Repository(folder / "shop")
    attributes = b"* filter=evil diff=evil merge=evil export-subst\nb export-ignore\n"
    pushed = shop.push({".gitattributes": attributes, "a": b"$Format:%H$", "b": b"2"})
    touch = f"touch {folder}/owned"
    for name in (
        "core.fsmonitor",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
        "core.sshCommand",
    ):
        shop.git("config", name, f"{touch}-{name}")
    shop.git("config", "uploadpack.packObjectsHook", touch)
    for hook in ("post-checkout", "pre-receive", "reference-transaction", "post-upload-pack"):
        (shop.path / ".git/hooks").mkdir(exist_ok=True)
        (shop.path / ".git/hooks" / hook).write_text(f"#!/bin/sh\n{touch}-{hook}\n")
        (shop.path / ".git/hooks" / hook).chmod(0o755)
    before = outside(folder)

    git = local(folder)
    tree = git.checkout(git.head("main"))
    assert (tree / "a").read_bytes() == b"$Format:%H$"
    assert (tree / "b").read_bytes() == b"2"
    assert git.commit(pushed).hash == pushed
    assert outside(folder) == before


def test_the_environment_cannot_bend_git(folder: Path, monkeypatch: pytest.MonkeyPatch):
    pushed = Repository(folder / "shop").push({"a": b"1"})
    touch = f"touch {folder}/owned"
    for name, value in {
        "GIT_DIR": "/nowhere",
        "GIT_EXTERNAL_DIFF": touch,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "uploadpack.packObjectsHook",
        "GIT_CONFIG_VALUE_0": touch,
        "GIT_EXEC_PATH": str(folder),
        "GIT_TEMPLATE_DIR": str(folder),
    }.items():
        monkeypatch.setenv(name, value)
    git = local(folder)

    assert git.head("main") == pushed
    assert (git.checkout(pushed) / "a").read_bytes() == b"1"


def test_a_repository_over_the_limit_is_refused(folder: Path):
    Repository(folder / "shop").push({"big": random.Random(3).randbytes(2_000_000)})

    with pytest.raises(NeedsHuman, match=r"^git\.too_large: "):
        local(folder, most_fetched=1_000_000).head("main")
    left = sum(path.stat().st_size for path in (folder / "mirror").rglob("*") if path.is_file())
    assert left <= 1_100_000


def test_a_small_pack_with_a_large_tree_is_refused_before_it_is_written(folder: Path):
    shop = Repository(folder / "shop")
    shop.push({f"f{i}": b"0" * 1_000_000 for i in range(30)})
    git = local(folder, most_checked_out=20_000_000)
    head = git.head("main")

    with pytest.raises(NeedsHuman, match=r"^git\.too_large: the tree of .* has 30000000 bytes; the limit is 20000000"):
        git.checkout(head)
    assert not list((folder / "trees").glob("*"))
