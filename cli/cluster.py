"""`sluice cluster …`: let Sluice into a Kubernetes cluster, and put it out. Asks that cluster, from this machine."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from pipeline.definition.platform import Platform, Reached

from .calling import Group
from .exits import EPILOG, Exit, Stop
from .home import Home
from .running import home_option, read_here
from .up import CHECKOUT, run_module

Command = Callable[..., None]
cluster = Group("cluster", help="Kubernetes clusters: what lets Sluice in. Asks them directly, with your kubeconfig.")


def placed(command: Command) -> Command:
    """Which cluster of which home."""
    for option in (
        click.option("--namespace", help="The namespace of the apps.  [default: as platform.yaml has it]"),
        click.option(
            "--platform",
            "file",
            type=click.Path(path_type=Path, dir_okay=False),
            help="platform.yaml.  [default: in the home, or here]",
        ),
        home_option,
        click.argument("name"),
    ):
        command = option(command)
    return command


def admitted(command: Command) -> Command:
    """By which kubeconfig."""
    for option in (
        click.option("--trusted", is_flag=True, help="The file is your own: run its programs, read files it names."),
        click.option("--context", default="", help="Which context of it.  [default: the current one]"),
    ):
        command = option(command)
    return command


@cluster.command("add", epilog=EPILOG)
@placed
@click.option(
    "--kubeconfig", required=True, type=click.Path(path_type=Path, dir_okay=False), help="How you get in yourself."
)
@admitted
@click.option("--server", default="", help="The address Sluice uses.  [default: that of the kubeconfig]")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="Life of the token.")
@click.option("--print", "shown", is_flag=True, help="Print the access as JSON for a Secret; store nothing here.")
def add(name: str, home: Path, file: Path | None, namespace: str | None, *, shown: bool, **more: object) -> None:
    """Let Sluice into a cluster.

    Creates a ServiceAccount with the least rights in one namespace, and in a second one where `tests:` of platform.yaml
    run there. Stores its address, authority and token in the home, for the owner alone. Nothing else of the kubeconfig
    is kept. Again: brings the rights up to date.
    """
    place, _ = _place(name, home, file, namespace)
    words = [*_words(more), *_tests(name, home, file), *(["--print"] if shown else [])]
    click.echo(_admit("add", name, home, "--namespace", place, *words), nl=False)


@cluster.command("check", epilog=EPILOG)
@placed
def check(name: str, home: Path, file: Path | None, namespace: str | None) -> None:
    """Say whether Sluice gets in, and what it may not do.

    Asks the server, the rights, the Gateway API and the gateway's counters.
    """
    place, found = _place(name, home, file, namespace)
    counters = ["--counters", found.counters] if found and found.counters else []
    words = [*counters, "--gateway", found.gateway or ""] if found else []
    words += _tests(name, home, file)
    click.echo(_admit("check", name, home, "--namespace", place, *words), nl=False)


@cluster.command("rotate", epilog=EPILOG)
@placed
def rotate(name: str, home: Path, file: Path | None, namespace: str | None) -> None:
    """Put another token in the place of the stored one.

    A running Sluice does so by itself at half the life of a token.
    """
    place, _ = _place(name, home, file, namespace)
    click.echo(_admit("rotate", name, home, "--namespace", place), nl=False)


@cluster.command("remove", epilog=EPILOG)
@placed
@click.option(
    "--kubeconfig", type=click.Path(path_type=Path, dir_okay=False), help="Also remove the account in the cluster."
)
@admitted
def remove(name: str, home: Path, file: Path | None, namespace: str | None, **more: object) -> None:
    """Forget a cluster.

    With a kubeconfig the account goes too, which ends all its tokens. What runs in the cluster goes on.
    """
    place, _ = _place(name, home, file, namespace)
    click.echo(_admit("remove", name, home, "--namespace", place, *_words(more), *_tests(name, home, file)), nl=False)


def _place(name: str, home: Path, file: Path | None, namespace: str | None) -> tuple[str, Reached | None]:
    """The namespace, and what platform.yaml says of the cluster."""
    found = _entry(name, home, file)
    if not (place := namespace or (found.namespace if found else "")):
        raise Stop(f"Nobody says which namespace of {name} is meant: give --namespace, or a platform.yaml.", Exit.USAGE)
    return place, found


def _entry(name: str, home: Path, file: Path | None) -> Reached | None:
    """What platform.yaml says of the cluster. One that was named must know it."""
    platform = _platform(home, file)
    entry = platform.clusters.get(name) if platform else None
    if file and (entry is None or entry.kubernetes is None):
        raise Stop(f"{file} has no Kubernetes cluster {name}.", Exit.USAGE)
    return entry.kubernetes if entry else None


def _tests(name: str, home: Path, file: Path | None) -> list[str]:
    """Where tests run in the cluster, if platform.yaml says so."""
    platform = _platform(home, file)
    here = platform.tests if platform else None
    return ["--tests", here.namespace] if here and here.cluster == name else []


def _platform(home: Path, file: Path | None) -> Platform | None:
    known = [file] if file else [one for one in (home / "platform.yaml", Path("platform.yaml")) if one.is_file()]
    return read_here(known[0]) if known else None


def _words(more: dict[str, object]) -> Iterator[str]:
    for option, value in more.items():
        if value is True:
            yield f"--{option}"
        elif value:
            yield from (f"--{option}", str(value))


def _admit(verb: str, name: str, home: Path, *words: str) -> str:
    """In a process of its own, with our environment: the programs of a kubeconfig need it."""
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    secrets = Home.at(home).secrets
    words = (verb, name, "--secrets", str(secrets), *words)
    return run_module("runners.clusters.kubernetes.admit", *words, env=env, plain=True)
