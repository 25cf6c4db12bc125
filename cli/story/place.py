"""Where the demo plays: a fresh home of its own, with the shop's repository and a `platform.yaml`."""

import shutil
from pathlib import Path

from ..exits import Exit, Stop
from ..home import Home
from ..up import down

MARK = ".sluice-demo"  # only a folder that carries it is ever cleared
HOOK_SECRET = "shop-webhook"  # the name of the file, not the secret  # noqa: S105
PLATFORM = """\
# The installation of the demo: two zones of one region, and a region for disasters.
tenants:
  tern: {plane: online}

clusters:
  az1: {kind: local, group: west}
  az2: {kind: local, group: west}
  dr:  {kind: local, dr: true}

apps:
  shop:
    tenant: tern
    repository: "@REPOSITORY@"
    branch: main
    allow-local: true
    webhook: {kind: github, secret: @SECRET@}
    poll: false   # every release of the demo comes by a webhook
"""


def fresh(path: Path) -> Home:
    """An empty home for the demo. What an earlier demo left there is stopped and cleared, nothing else ever is."""
    path = path.expanduser().resolve()
    if path.exists() and any(path.iterdir()):
        if not (path / MARK).is_file():
            raise Stop(f"{path} is not a demo's; nothing was touched. Name another folder with --home.", Exit.USAGE)
        old = Home.at(path)
        if old.is_up():
            raise Stop(f"A demo runs in {path} already, as process {old.told().get('pid')}; end it with Ctrl-C there.")
        down(old)
        shutil.rmtree(path)
    home = Home.at(path)
    (path / MARK).write_text("This folder is cleared by the next `sluice demo`.\n")
    return home


def write_platform(home: Home, repository: Path) -> Path:
    """The `platform.yaml` of the demo, and the secret that it names."""
    home.secret(HOOK_SECRET)
    file = home.path / "platform.yaml"
    file.write_text(PLATFORM.replace("@REPOSITORY@", str(repository)).replace("@SECRET@", HOOK_SECRET))
    return file
