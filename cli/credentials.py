"""Which Sluice, and who asks: from the command, the environment, the home in this folder, or an earlier log-in."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from .exits import Exit, Stop

DEFAULT_HOME = Path("sluice-home")
FILE = "credentials"


@dataclass(frozen=True, slots=True)
class Login:
    """A server and a token for it; "" = none."""

    server: str
    token: str


@dataclass(slots=True)
class Kept:
    """A file of tokens by server, readable by its owner alone. `last` is the server of the last log-in."""

    path: Path
    last: str = ""
    logins: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, path: Path) -> "Kept":
        """What the file says; nothing if there is none."""
        if not path.is_file():
            return cls(path)
        if path.stat().st_mode & 0o077:
            raise Stop(f"Others can read {path}. Run `chmod 600 {path}`, and log in anew if they may have.", Exit.USAGE)
        try:
            told = json.loads(path.read_text())
            return cls(path, str(told["last"]), {str(key): str(value) for key, value in told["logins"].items()})
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Stop(f"{path} cannot be read; delete it and log in again.", Exit.USAGE) from None

    def keep(self, server: str, token: str) -> None:
        """Remember the token; nobody else ever sees the file."""
        self.last, self.logins = server, {**self.logins, server: token}
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"last": self.last, "logins": self.logins}, file, indent=2)
        fresh.replace(self.path)


def own_file() -> Path:
    """Where `sluice login` writes."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "sluice" / FILE


def home_file() -> Path:
    """Where `sluice up` writes, in the home of this folder or of SLUICE_HOME."""
    return Path(os.environ.get("SLUICE_HOME") or DEFAULT_HOME) / FILE


def find(server: str | None, token: str | None) -> Login:
    """
    The server and the token to use.

    A token goes only to the server it is from: one that was kept for another address is never sent.
    """
    kept = [Kept.at(path) for path in (home_file(), own_file())]
    chosen = (server or next((one.last for one in kept if one.last), "")).rstrip("/")
    if not chosen:
        raise Stop(
            "Which Sluice? `sluice up` starts one here; --server or SLUICE_URL names another; `sluice login` keeps it.",
            Exit.USAGE,
        )
    if not chosen.startswith(("http://", "https://")):
        raise Stop(f"{chosen} is no address of a Sluice; write it like https://sluice.example.com.", Exit.USAGE)
    return Login(chosen, token or next((one.logins[chosen] for one in kept if chosen in one.logins), ""))
