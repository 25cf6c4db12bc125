"""What looks like a secret in an object, replaced by a sign that changes with it. Nothing else leaves this machine.

The sign is keyed: whoever reads it learns whether the value is another one, and cannot try values against it.
"""

import hmac
import os
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from .notes import Manifest

KEY = "hidden-values"  # the file in the home's secrets
_SECRET = re.compile(r"secret|token|authorization|passw|pwd|credential|private|(?:^|[_.-])keys?(?:[_.-]|$)|key$", re.I)
_SIGNED_IN = re.compile(r"(?<=://)([^/\s:@]*):([^/\s@]+)@")  # the name and the password before a host
_TOLD = re.compile(r"(--?[\w-]*(?:secret|token|passw\w*|key)[=\s])(\S+)", re.I)  # as an option of a command
_ASKS = re.compile(r"--?[\w-]*(?:secret|token|passw\w*|key)", re.I)

Sign = Callable[[str], str]


def key(folder: Path) -> bytes:
    """The key of this installation, made at first use. Several processes may ask at once; all get the same."""
    path = folder / KEY
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=folder, prefix=f".{KEY}.") as fresh:  # readable by its owner alone
            fresh.write(secrets.token_hex(32))
            fresh.flush()
            with suppress(FileExistsError):  # another process was first
                os.link(fresh.name, path)
    return path.read_bytes()


def signing(by: bytes) -> Sign:
    """What stands for a value."""
    return lambda value: f"<hidden {hmac.new(by, value.encode('utf-8', 'replace'), sha256).hexdigest()[:8]}>"


def hide(manifest: Manifest, sign: Sign) -> Manifest:
    """The object without what looks like a secret: in variables by their names, in Secrets and ConfigMaps, and
    passwords in addresses and options wherever they are."""
    kind = manifest.get("kind")
    hidden = {name: _hidden(value, sign) for name, value in manifest.items()}
    for part in ("data", "stringData", "binaryData"):
        if isinstance(manifest.get(part), Mapping) and kind in ("Secret", "ConfigMap"):
            hidden[part] = {
                name: sign(str(value)) if kind == "Secret" or _SECRET.search(name) else _hidden(value, sign)
                for name, value in manifest[part].items()
            }
    return hidden


def _hidden(value: Any, sign: Sign) -> Any:
    if isinstance(value, Mapping):
        secret = bool(_SECRET.search(str(value.get("name", ""))))  # {name: PASSWORD, value: …}
        return {
            name: sign(str(below)) if secret and name == "value" else _hidden(below, sign)
            for name, below in value.items()
        }
    if isinstance(value, list):
        asked = [False, *(isinstance(one, str) and bool(_ASKS.fullmatch(one)) for one in value)]  # --token, then it
        return [sign(str(one)) if told else _hidden(one, sign) for told, one in zip(asked, value, strict=False)]
    return _text(value, sign) if isinstance(value, str) else value


def _text(text: str, sign: Sign) -> str:
    text = _SIGNED_IN.sub(lambda found: f"{found[1]}:{sign(found[2])}@", text)
    return _TOLD.sub(lambda found: f"{found[1]}{sign(found[2])}", text)
