"""A tiny wheel made on the spot, so that tests of packages need no index and no network."""

import hashlib
import zipfile
from pathlib import Path


def make_wheel(folder: Path, name: str = "sluicetiny", version: str = "1.0", code: str = "") -> str:
    """Write `name`-`version` into `folder`; a line for a lock with its true hash. It has one command, `<name>-say`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    body = code or f"import sys\n\ndef main():\n    print('{name} {version} from', sys.prefix)\n"
    parts = {
        f"{name}.py": body,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name}-say = {name}:main\n",
    }
    parts[f"{info}/RECORD"] = "".join(f"{part},,\n" for part in [*parts, f"{info}/RECORD"])
    with zipfile.ZipFile(file, "w") as wheel:
        for part, text in parts.items():
            wheel.writestr(zipfile.ZipInfo(part), text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"
