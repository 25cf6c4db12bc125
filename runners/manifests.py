"""The Kubernetes objects that an app brings in its repository, read at the commit of a release."""

from pathlib import Path

from pipeline.definition.app import App
from pipeline.definition.objects import Objects, read_objects
from pipeline.errors import NeedsHuman
from runners import charts
from runners.ports import Source

MOST_FILES = 20
LARGEST = 200_000  # bytes of one file; reading refuses smaller ones with a sentence of its own


def brought(spec: App, source: Source, commit: str) -> Objects:
    """What the app brings, checked; nothing where Sluice makes its objects. BadDefinition tells what is wrong."""
    if spec.serve.chart:
        return read_objects(charts.rendered(source.checkout(commit), spec.serve.chart, spec.app), spec.app)
    if spec.serve.manifests:
        return read_objects(files(source.checkout(commit), spec.serve.manifests), spec.app)
    return {}


def files(tree: Path, named: str) -> dict[str, bytes]:
    """The file, or every YAML file right in the folder, by its path in the repository."""
    place = tree / named
    if place.is_symlink() or not place.resolve().is_relative_to(tree.resolve()):
        raise NeedsHuman(f"{named} leads out of the repository; name a file or a folder in it")
    found = sorted(path for path in place.iterdir() if _is_yaml(path)) if place.is_dir() else [place]
    if not found or not all(path.is_file() for path in found):
        raise NeedsHuman(f"there is no YAML file at {named} in this commit; correct the path")
    if len(found) > MOST_FILES:
        raise NeedsHuman(f"{named} has {len(found)} YAML files, {MOST_FILES} are read; keep a Deployment and a Service")
    return {str(path.relative_to(tree)): _head(path) for path in found}


def _is_yaml(path: Path) -> bool:
    return path.suffix in (".yaml", ".yml") and not path.is_symlink()


def _head(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(LARGEST)
