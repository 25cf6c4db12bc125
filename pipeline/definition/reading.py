"""`sluice.yaml` and `platform.yaml` as text → models, or all that is wrong with them, each with its place."""

import json
from collections.abc import Iterable, Iterator
from typing import TypeVar

from pydantic import Field, ValidationError

from ..errors import BadDefinition
from .app import App
from .judging import JudgeBy
from .messages import complaints
from .part import Part
from .platform import Platform
from .problems import Complaint, Path, Problem, Spot, bad, parse_path
from .text import read_tree
from .tree import Tree
from .words import BY_PEOPLE

Made = TypeVar("Made", bound=Part)


def read_app(text: str | bytes, name: str = "sluice.yaml") -> App:
    """The app that `text` defines. BadDefinition tells all problems at once, also as `.problems`."""
    return _read(App, text, name)


def read_judge(text: str | bytes, name: str = "judge.yaml") -> JudgeBy:
    """The `judge:` part of a sluice.yaml: by itself, under its key, or in a whole one. BadDefinition as above."""
    keys = read_tree(text, name).value
    if isinstance(keys, dict) and "app" in keys:
        return read_app(text, name).judge
    if isinstance(keys, dict) and "judge" in keys:
        return _read(_JudgeFile, text, name).judge
    return _read(JudgeBy, text, name)


class _JudgeFile(Part):
    """A file with nothing but `judge:`."""

    judge: JudgeBy = Field(description="When a canary is good enough.")


def read_platform(text: str | bytes, name: str = "platform.yaml") -> Platform:
    """The platform that `text` defines. BadDefinition tells all problems at once, also as `.problems`."""
    return _read(Platform, text, name)


def locate(text: str | bytes, path: str) -> Spot:
    """Where `path` (`waves[0].clusters[1]`) is in `text`, or the nearest above it that is there."""
    return read_tree(text, "").spot(parse_path(path))


def complained(text: str | bytes, found: Iterable[tuple[str, str]], name: str = "sluice.yaml") -> BadDefinition:
    """What others say of a definition that was read well, (path, sentence) each, with its place in `text`."""
    tree = read_tree(text, name)
    return bad(name, [tree.place(Complaint(parse_path(path), *_halves(said))) for path, said in found])


def _halves(said: str) -> tuple[str, str]:
    what, _, hint = said.partition("; ")
    return what, hint


def _read(model: type[Made], text: str | bytes, name: str) -> Made:
    return validated(model, read_tree(text, name))


def validated(model: type[Made], tree: Tree) -> Made:
    """What `tree` says, as `model`. BadDefinition as above."""
    problems = list(tree.problems)
    try:
        made = model.model_validate_json(
            json.dumps(tree.value), strict=True, context=BY_PEOPLE, by_alias=True, by_name=False
        )
    except ValidationError as wrong:
        problems += _placed(wrong, model, tree)
        raise bad(tree.name, problems) from None
    if problems:
        raise bad(tree.name, problems)
    return made


def _placed(wrong: ValidationError, model: type[Part], tree: Tree) -> Iterator[Problem]:
    """A problem each, but nothing more of values that are refused already."""
    for error in wrong.errors(include_url=False):
        for found in complaints(error, model, tree.written):
            if not _refused(found.path, tree):
                yield tree.place(found)


def _refused(path: Path, tree: Tree) -> bool:
    return any(path[:length] in tree.refused for length in range(len(path) + 1))
