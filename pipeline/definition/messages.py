"""What the models say of a value, in sentences that tell a person what to write."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sized
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from . import words
from .problems import Complaint, Complaints, Path, listed, near, shown, spoken

Said = tuple[str, str]  # what, and the hint
Limits = Mapping[str, Any]

_FORMS = {
    words.NAME: ("is no name here", "use a to z, 0 to 9 and -, begin with a letter, at most 40 signs"),
    words.ENV_NAME: ("is no name of a variable", "use letters, digits and _, like DATABASE_URL"),
    words.PATH: ("is no path in the repository", "write it from the root of the repository, like deploy/sluice.yaml"),
    words.READY: ("is no path of a page", "begin with /, like /readyz"),
    words.BRANCH: ("is no branch", "write its name, like main"),
    words.USER: ("is no name of a user", "write the name used to sign in, like lena"),
    words.LABEL: ("is no name in Kubernetes", "use a to z, 0 to 9 and -, at most 63 signs"),
    words.LABEL_NAME: ("is no name of a label or counter", "use letters, digits and _, like hits_total"),
    words.GATEWAY: ("is no Gateway", "write its namespace and name, like edge/web"),
    words.ADDRESS: ("is no address", "write it like http://prometheus.example.org:9090"),
    words.IMAGE: ("is no repository of images", "write it without a tag, like registry.example.org/web/shop"),
    words.PULLED: ("is no image", "write it with its tag or digest, like registry.example.org/tools/busybox:1.37"),
    words.HOST: ("is no name of a host", "write it like shop.example.org"),
    words.CPU: ("is no number of processors", "write it like 250m or 2"),
    words.MEMORY: ("is no size of memory", "write it like 192Mi or 2Gi"),
}


def complaints(error: Mapping[str, Any], model: type[BaseModel], written: Mapping[Path, str]) -> Iterator[Complaint]:
    """What `error` means, at its path. `written`: the scalars as they stand in the file."""
    path: Path = error["loc"]
    kind, value = error["type"], error["input"]
    context: dict[str, Any] = error.get("ctx", {})
    of_key = path[-1:] == ("[key]",)
    if of_key:
        path = path[:-1]
    if isinstance(found := context.get("error"), Complaints):
        for one in found.found:
            yield Complaint((*path, *one.path), one.what, one.hint, of_key)
    elif kind == "missing":
        yield Complaint(path[:-1], f'"{path[-1]}" is missing', _example(model, path))
    elif kind == "extra_forbidden":
        yield _unknown(model, path)
    elif not (kind == "too_short" and len(value) >= context["min_length"]):  # else only its entries are wrong
        what, hint = _SAID[kind](value, context, written.get(path, ""))
        yield Complaint(path, what, hint, of_key)


def parts(annotation: object) -> Iterator[type[BaseModel]]:
    """The models that a value of this type may be made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from parts(inner)


def keys(model: type[BaseModel]) -> dict[str, Any]:
    """The keys of `model` as files write them, each with its field."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _part_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """The model that the mapping at `path` must fit."""
    annotation: Any = model
    for step in path:
        arguments = get_args(annotation)
        if get_origin(annotation) is dict:
            annotation = arguments[1]
        elif get_origin(annotation) is tuple:
            annotation = arguments[0]
        else:
            annotation = keys(next(parts(annotation)))[str(step)].annotation
    return next(parts(annotation))


def _unknown(model: type[BaseModel], path: Path) -> Complaint:
    known, key = list(keys(_part_at(model, path[:-1]))), str(path[-1])
    hint = near(key, known) or f"possible here: {', '.join(known)}"
    return Complaint(path, f'unknown key "{shown(key)}"', hint, of_key=True)


def _example(model: type[BaseModel], path: Path) -> str:
    field = keys(_part_at(model, path[:-1]))[str(path[-1])]
    example = field.examples[0]
    return f"add it, like {path[-1]}: {example if isinstance(example, str) else json.dumps(example)}"


def _text(value: object, _: Limits, written: str) -> Said:
    if value is None:
        return "is empty, and a text is wanted", "write a text, or leave the key out"
    if isinstance(value, bool | int | float):
        kind = "a number" if written[-1:].isdigit() or written[-1:] == "." else "true or false for YAML"
        return f"{written} is {kind}, and a text is wanted", f'write quotes around it: "{written}"'
    return f"{spoken(value)} stands where a text is wanted", "write it on one line, in quotes if it has special signs"


def _whole(value: object, _: Limits, written: str) -> Said:
    return f"{shown(written) or spoken(value)} is no whole number", "write digits, without quotes and without a unit"


def _yes_no(value: object, _: Limits, written: str) -> Said:
    return f"{shown(written) or spoken(value)} is neither true nor false", "write true or false, without quotes"


def _keys(value: object, _: Limits, written: str) -> Said:
    hint = "write its keys below, indented by two spaces" + (", or leave it out" if value is None else "")
    return f"{shown(written) or spoken(value)} stands where keys are wanted", hint


def _list(value: object, _: Limits, written: str) -> Said:
    hint = f"put it in brackets: [{shown(written)}]" if written else 'write the entries below, each after "- "'
    return f"{shown(written) or spoken(value)} stands where a list is wanted", hint


def _choice(value: object, context: Limits, written: str) -> Said:
    choices = re.findall("'([^']*)'", str(context["expected"]))
    told = shown(written) or spoken(value)
    return f"{told} is not possible here", near(told, choices) or f"write {listed(choices)}"


def _form(value: object, context: Limits, _: str) -> Said:
    what, hint = _FORMS[context["pattern"]]
    return f"{spoken(value)} {what}", hint


def _short(value: Sized, context: Limits, _: str) -> Said:
    if not value:
        return "is empty", "write a text" if isinstance(value, str) else "write at least one entry"
    return f"{spoken(value)} is too short", f"write at least {context['min_length']} signs"


def _long(value: Sized, context: Limits, _: str) -> Said:
    unit = "signs" if isinstance(value, str) else "entries"
    return f"has {len(value):,} {unit}", f"at most {context['max_length']:,} are possible"


def _low(value: object, context: Limits, written: str) -> Said:
    if "gt" in context:
        return f"{written} is too small", f"write more than {_in_unit(context['gt'], written)}"
    return f"{written} is too small", f"write {_in_unit(context['ge'], written)} or more"


def _high(value: object, context: Limits, written: str) -> Said:
    if "lt" in context:
        return f"{written} is too large", f"write less than {_in_unit(context['lt'], written)}"
    return f"{written} is too large", f"write {_in_unit(context['le'], written)} or less"


def _in_unit(limit: float, written: str) -> str:
    if written.endswith("%"):
        return words.chance_text(limit)
    if written.endswith("pp"):
        return words.points_text(limit)
    return f"{limit:,g}" if written[-1:].isdigit() else words.seconds_text(limit)


_SAID: dict[str, Callable[[Any, Limits, str], Said]] = {
    "string_type": _text,
    "int_type": _whole,
    "int_from_float": _whole,
    "bool_type": _yes_no,
    "model_type": _keys,
    "dict_type": _keys,
    "tuple_type": _list,
    "literal_error": _choice,
    "string_pattern_mismatch": _form,
    "string_too_short": _short,
    "too_short": _short,
    "string_too_long": _long,
    "too_long": _long,
    "greater_than": _low,
    "greater_than_equal": _low,
    "less_than": _high,
    "less_than_equal": _high,
}
