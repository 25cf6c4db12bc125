"""`sluice up`, `sluice down`, `sluice demo`: the whole system on this machine."""

import os
from pathlib import Path

import click

from pipeline.definition.platform import Platform
from pipeline.definition.reading import read_platform
from pipeline.errors import BadDefinition

from .access import SCOPES, sign_in
from .credentials import DEFAULT_HOME, FILE, Kept
from .exits import EPILOG, Exit, Stop
from .home import Home, Ports
from .terminal import Screen
from .up import Up
from .up import down as bring_down

ADMIN = "admin"
DAYS = 90  # how long the terminal of this machine stays signed in

home_option = click.option(
    "--home",
    envvar="SLUICE_HOME",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_HOME,
    show_default=True,
    help="The folder of this installation; or SLUICE_HOME.",
)
port_option = click.option(
    "--port",
    type=click.IntRange(1024, 65000),
    default=8700,
    show_default=True,
    help="Port of the dashboard; the others follow it.",
)


@click.command("up", epilog=EPILOG)
@home_option
@click.option(
    "--platform",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="platform.yaml.  [default: in the home, or here]",
)
@port_option
@click.option("--clusters-port", type=click.IntRange(1024, 65000), help="First port of the shop's doors.")
def up(home: Path, file: Path | None, port: int, clusters_port: int | None) -> None:
    """Run all of Sluice on this machine, until Ctrl-C.

    Dashboard, API, workers and local clusters behind a gateway. At the first start it prints the log-in, once. A Sluice
    that was killed is taken over: its releases go on where they were.
    """
    file = file or _platform_file(home)
    platform = read_here(file)
    place, screen = Home.at(home), Screen()
    with place.alone():
        parts = Up(place, platform, file, Ports.from_base(port, _local(platform), clusters_port or 0))
        try:
            parts.begin()
            _welcome(screen, parts, signed_in(parts))
            parts.keep(screen.say)
        finally:
            parts.end()
    screen.say("Sluice has stopped. The local clusters go on serving; `sluice down` stops them too.")


@click.command("down", epilog=EPILOG)
@home_option
def down(home: Path) -> None:
    """Stop everything that `sluice up` started here.

    The local clusters stop serving too. All data stay.
    """
    if not home.is_dir():
        raise Stop(f"There is no Sluice in {home}; --home names another folder.", Exit.USAGE)
    ran = bring_down(Home.at(home))
    Screen().say("Sluice and its local clusters have stopped." if ran else "Nothing was running.")


@click.command("demo", epilog=EPILOG)
@home_option
@port_option
@click.option("--exit", "leave", is_flag=True, help="Stop everything at the end; the exit code says if all went well.")
@click.option(
    "--clusters",
    type=click.Choice(["local", "kubernetes"]),
    default="local",
    show_default=True,
    help="Processes of this machine, or the Kubernetes clusters that `make clusters` has started.",
)
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write what was seen, as JSON.")
def demo(home: Path, port: int, leave: bool, clusters: str, report: Path | None) -> None:
    """Show it all on a small shop, in about five minutes.

    A first version, a good one that climbs cluster by cluster, and a bad one that is taken back, on real parts.
    """
    from .demo import play

    raise SystemExit(play(home, port, leave=leave, report=report, real=clusters == "kubernetes"))


def read_here(file: Path) -> Platform:
    """The platform in a file, or all that is wrong with it."""
    try:
        return read_platform(file.read_bytes(), str(file))
    except OSError as error:
        raise Stop(f"{file} cannot be read: {os.strerror(error.errno or 0)}.", Exit.USAGE) from None
    except BadDefinition as bad:
        raise Stop(str(bad), Exit.USAGE) from None


def signed_in(parts: Up) -> str:
    """Let the terminal of this machine in. The first admin's password, "" if there was one before."""
    password = parts.first_admin()
    kept = Kept.at(parts.home.path / FILE)
    if password:
        kept.keep(parts.web_url, sign_in(parts.web_url, ADMIN, password, SCOPES, days=DAYS, label="sluice up"))
    elif kept.last and kept.last != parts.web_url:
        kept.keep(parts.web_url, kept.logins.pop(kept.last))  # the same Sluice at another port
    return password


def _welcome(screen: Screen, parts: Up, password: str) -> None:
    screen.say(("Sluice is up. ", "bold"), f"Dashboard  {parts.web_url}")
    if password:
        screen.say(f"  log in as  {ADMIN}  with  {password}   (shown this once)")
    else:
        screen.say(("  log in as  before; `sluice user change NAME --password-stdin` sets a new password", "dim"))
    for name, port in parts.ports.clusters.items():
        screen.say(f"  {name:<9}  http://127.0.0.1:{port}")
    screen.say(f"  front door http://127.0.0.1:{parts.ports.front}")
    screen.say((f"  data, logs {parts.home.path}", "dim"))
    screen.say(("Ctrl-C stops Sluice; the local clusters go on serving, `sluice down` stops them too.", "dim"))


def _platform_file(home: Path) -> Path:
    for file in (home / "platform.yaml", Path("platform.yaml")):
        if file.is_file():
            return file
    raise Stop("There is no platform.yaml here. `sluice init --platform` writes one; --platform names one.", Exit.USAGE)


def _local(platform: Platform) -> tuple[str, ...]:
    return tuple(name for name, entry in platform.clusters.items() if entry.kind == "local")
