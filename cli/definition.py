"""`sluice init` and `sluice validate`: definitions on this machine, without a server."""

import json
import os
import re
import sys
from pathlib import Path

import click

from pipeline import safety
from pipeline.definition import reading
from pipeline.definition.judging import JudgeBy
from pipeline.definition.objects import read_objects
from pipeline.definition.platform import Platform
from pipeline.definition.problems import Problem
from pipeline.definition.starter import starter
from pipeline.errors import BadDefinition

from .exits import EPILOG, Exit, Stop

APP_FILE, PLATFORM_FILE = Path("sluice.yaml"), Path("platform.yaml")
LARGEST = 10_000_000  # bytes; reading refuses much smaller files with a sentence of its own
PLATFORM = """\
# What this installation of Sluice is. Every key is explained in docs/reference/platform-yaml.md of Sluice.
tenants:
  own: {plane: online}

clusters:
  az1: {kind: local}   # processes on this machine

apps:
  @APP@:
    tenant: own
    repository: @PATH@
    branch: @BRANCH@
    allow-local: true   # a path on this machine, for trying it out
"""


@click.command("init", epilog=EPILOG)
@click.argument("app", required=False)
@click.option("--platform", "also_platform", is_flag=True, help="Also a platform.yaml, to try it on this machine.")
def init(app: str | None, also_platform: bool) -> None:
    """Write a commented sluice.yaml to start from.

    It goes into this folder. Nothing is ever overwritten.
    """
    name = app or _name_of(Path.cwd())
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", name):
        raise click.UsageError(f"{name!r} is no name of an app; write small letters, digits and -.")
    texts = {APP_FILE: starter(name)}
    if also_platform:
        where = json.dumps(str(Path.cwd()))
        texts[PLATFORM_FILE] = (
            PLATFORM.replace("@APP@", name).replace("@PATH@", where).replace("@BRANCH@", _branch(Path.cwd()))
        )
    if there := [str(path) for path in texts if path.exists() or path.is_symlink()]:
        raise Stop(f"{' and '.join(there)} is there already; nothing was written.")
    for path, text in texts.items():
        path.write_text(text)
        click.echo(f"{path} is written.")
    after = "commit it, then `sluice up --platform platform.yaml`" if also_platform else "`sluice validate`"
    click.echo(f"Next: read it, change what differs; {after}.")


@click.command("validate", epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path), default=APP_FILE)
@click.option("--platform", type=click.Path(path_type=Path), help="Also check it against this platform.yaml.")
@click.option("--json", "as_json", is_flag=True, help="The problems as JSON.")
def validate(file: Path, platform: Path | None, as_json: bool) -> None:
    """Say everything that is wrong with a definition.

    Of a sluice.yaml or platform.yaml, each with line, column and what to do. No server is asked.
    """
    try:
        told = _checked(file, platform)
    except BadDefinition as bad:
        if as_json:
            click.echo(json.dumps({"valid": False, "problems": [_problem(one) for one in bad.problems]}, indent=2))
        else:
            click.echo(str(bad), err=True)
        sys.exit(Exit.FAILED)
    click.echo(json.dumps({"valid": True, "problems": []}) if as_json else told)


def _checked(file: Path, platform: Path | None) -> str:
    """What to say of a file that is well; BadDefinition tells what is not."""
    if platform is None and file.name.startswith("platform"):
        reading.read_platform(file_bytes(file), str(file))
        return f"{file} is valid."
    text = file_bytes(file)
    app = reading.read_app(text, str(file))
    if app.serve.manifests:
        read_objects(_manifests(_root(Path.cwd()), Path(app.serve.manifests)), app.app)
    if platform is None:
        return f"{file} is valid. With --platform it is also checked against the clusters."
    there = reading.read_platform(file_bytes(platform), str(platform))
    if found := tuple(safety.complaints(app, there)):
        raise reading.complained(text, found, str(file))
    return f"{file} is valid on {platform}: {_where(there)}."


def _manifests(root: Path, named: Path) -> dict[str, bytes]:
    """What a release would read at this path of the repository."""
    place = root / named
    inside = sorted(place.glob("*.y*ml")) if place.is_dir() else [place]
    return {str(path.relative_to(root)): file_bytes(path) for path in inside}


def _root(folder: Path) -> Path:
    """Of the repository that the folder is in; the folder itself where there is none."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def _where(platform: Platform) -> str:
    return ", ".join(platform.clusters)


def file_bytes(file: Path) -> bytes:
    """What is in `file`; Stop says why it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST)
    except OSError as error:
        hint = "; `sluice init` writes one" if isinstance(error, FileNotFoundError) else ""
        raise Stop(f"{file} cannot be read: {os.strerror(error.errno or 0)}{hint}.", Exit.USAGE) from None


def judge_settings(file: Path) -> JudgeBy:
    """The judge's settings in `file`, part of a definition; Stop says what is wrong with them, and where."""
    try:
        return reading.read_judge(file_bytes(file), str(file))
    except BadDefinition as bad:
        raise Stop(str(bad), Exit.USAGE) from None


def _problem(one: Problem) -> dict[str, object]:
    names = ("name", "line", "column", "path", "what", "hint")
    return {name: getattr(one, name) for name in names}


def _name_of(folder: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-").lstrip("0123456789-")[:40] or "app"


def _branch(folder: Path) -> str:
    """The branch that is checked out; main where that cannot be read."""
    try:
        head = (folder / ".git" / "HEAD").read_text().strip()
    except OSError:
        return "main"
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else "main"
