"""A real repository on this machine for tests to push to, whoever's git settings are around."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path


class Repository:
    """A working copy; `push` commits to a branch as if it had come from elsewhere."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str, by: str = "a@example.org", stdin: bytes = b"") -> str:
        """Run git in the working copy; what it printed."""
        clean = {"PATH": os.environ["PATH"], "HOME": str(self.path), "LC_ALL": "C"}
        clean |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        for role in ("AUTHOR", "COMMITTER"):
            clean |= {f"GIT_{role}_NAME": by.split("@")[0], f"GIT_{role}_EMAIL": by}
        done = subprocess.run(["git", *words], cwd=self.path, env=clean, input=stdin, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def push(
        self, files: Mapping[str, bytes], *, ref: str = "main", subject: str = "Change", by: str = "a@example.org"
    ) -> str:
        """A new commit on `ref` with exactly these files; its hash."""
        self.git("symbolic-ref", "HEAD", f"refs/heads/{ref}")
        for old in self.path.iterdir():
            if old.name != ".git":
                shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
        for path, content in files.items():
            (self.path / path).parent.mkdir(parents=True, exist_ok=True)
            (self.path / path).write_bytes(content)
        return self.commit(subject, by=by)

    def commit(self, subject: str = "Change", *, by: str = "a@example.org") -> str:
        """Commit the working copy as it is."""
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject, by=by)
        return self.git("rev-parse", "HEAD")

    def point(self, tree: bytes, *, ref: str = "main") -> str:
        """A commit on `ref` with a tree object written byte for byte, however wrong."""
        name = self.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=tree)
        made = self.git("commit-tree", name, "-m", "odd")
        self.git("update-ref", f"refs/heads/{ref}", made)
        return made

    def blob(self, content: bytes) -> bytes:
        """A stored blob; its hash in bytes, as trees hold it."""
        return bytes.fromhex(self.git("hash-object", "-w", "--stdin", stdin=content))
