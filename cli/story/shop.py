"""The shop's repository, and how its forge reports a push."""

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

import httpx2

from ..exits import Stop
from ..up import CHECKOUT

SOURCE = CHECKOUT / "sample-shop"
PATCHES = Path(__file__).parent
AUTHOR, EMAIL = "mei", "mei@tern.example"


@dataclass(frozen=True, slots=True)
class Commit:
    """One version of the shop as its repository knows it."""

    name: str  # v1, as the story calls it
    hash: str
    subject: str


class ShopRepository:
    """A git repository of the sample shop; Mei commits to it. `base`: what its Dockerfile builds on, "" its own."""

    def __init__(self, path: Path, base: str = "") -> None:
        self.path = path
        self._base = base

    def begin(self) -> Commit:
        """The first commit: the shop as it is in this checkout, without what running it left there."""
        if not SOURCE.is_dir():
            raise Stop("The demo needs the sample shop; run it in a checkout of Sluice, with `make demo`.")
        ignored = (SOURCE / ".gitignore").read_text().split()
        left_out = shutil.ignore_patterns(*(line.strip("/") for line in ignored))
        shutil.copytree(SOURCE, self.path, ignore=left_out)
        if self._base:
            told = self.path / "sluice.yaml"
            args = f"build:\n  image: {{args: {{PYTHON: {self._base}}}}}\n"
            told.write_text(told.read_text().replace("build:\n", args, 1))
        self._git("init", "--quiet", "--initial-branch=main")
        return self._commit("v1", "Open the shop")

    def change(self, name: str, subject: str) -> Commit:
        """The next version, from the patch of that name."""
        self._git("apply", "--index", str(PATCHES / f"{name}.patch"))
        return self._commit(name, subject)

    def _commit(self, name: str, subject: str) -> Commit:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", subject)
        return Commit(name, self._git("rev-parse", "HEAD"), subject)

    def _git(self, *words: str) -> str:
        """Git as on any machine, whatever its user has set up."""
        env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.path), "LC_ALL": "C"}
        env |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        for role in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{role}_NAME": AUTHOR.capitalize(), f"GIT_{role}_EMAIL": EMAIL}
        try:
            done = subprocess.run(  # noqa: S603  our own words
                ["git", *words],  # noqa: S607  wherever git is
                cwd=self.path,
                env=env,
                capture_output=True,
                text=True,
                check=True,
            )
        except FileNotFoundError:
            raise Stop("The demo needs git; on Debian: apt-get install git.") from None
        except subprocess.CalledProcessError as failed:
            raise Stop(f"git {words[0]} failed: {failed.stderr.strip()}") from None
        return done.stdout.strip()


def report_push(web_url: str, secret: str, commit: Commit) -> float:
    """Report a push as GitHub does, signed; milliseconds until it was accepted."""
    body = json.dumps(
        {
            "ref": "refs/heads/main",
            "after": commit.hash,
            "repository": {"full_name": "tern/shop"},
            "pusher": {"name": AUTHOR, "email": EMAIL},
            "head_commit": {"id": commit.hash, "message": commit.subject},
        }
    ).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    answer = httpx2.post(f"{web_url}/hooks/shop", content=body, headers=headers, trust_env=False)
    if answer.status_code != httpx2.codes.ACCEPTED:
        raise Stop(f"The webhook was answered {answer.status_code}: {answer.text[:300]}")
    return answer.elapsed.total_seconds() * 1000
