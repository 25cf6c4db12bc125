"""The parts of documents that follow from code. After a change: `python -m tests.docs.written` writes them anew."""

import re
from collections.abc import Iterator

import click

from cli.__main__ import sluice
from pipeline.definition.reading import read_app, read_platform
from pipeline.plan import make, passages
from web.api import ENDPOINTS
from web.endpoint import Endpoint

from .pages import REFERENCE, ROOT, blocks

README = ROOT / "README.md"
PLATFORM = read_platform("""
tenants: {web: {}}
clusters: {az1: {group: west}, az2: {group: west}, dr: {dr: true}}
apps: {shop: {tenant: web, repository: "https://git.example.org/web/shop.git"}}
""")
PARTS = {"commands": REFERENCE / "cli.md", "addresses": REFERENCE / "api.md", "plan": README}


def commands(group: click.Group, words: str = "sluice") -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it, groups first."""
    for name, one in sorted(group.commands.items()):
        path = f"{words} {name}"
        yield path, one
        if isinstance(one, click.Group):
            yield from commands(one, path)


def written(part: str) -> str:
    match part:
        case "commands":
            return "\n\n".join(
                _command(path, one) for path, one in commands(sluice) if not isinstance(one, click.Group)
            )
        case "addresses":
            return "\n".join([*_HEAD, *(_address(one) for one in ENDPOINTS)])
    return f"```text\n{_plan()}\n```"


def page(part: str) -> str:
    """The page as it stands, with this part as the code has it."""
    begin, end = f"<!-- {part} -->\n", f"<!-- /{part} -->"
    before, rest = PARTS[part].read_text().split(begin)
    return f"{before}{begin}{written(part)}\n{end}{rest.split(end)[1]}"


def _command(path: str, one: click.Command) -> str:
    arguments = [found for found in one.params if isinstance(found, click.Argument)]
    options = [found for found in one.params if isinstance(found, click.Option)]
    words = " ".join([path, *(found.make_metavar(click.Context(one)) for found in arguments)])
    told = [f"### `{words}`", "", _sentence(one.help or "")]
    shown = [found for found in options if found.opts[0] not in {"--server", "--token", "--json"}]
    if shown:
        told += ["", "| Option | Means | Default |", "| --- | --- | --- |", *map(_option, shown)]
    return "\n".join(told)


def _option(found: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in [*found.opts, *found.secondary_opts])
    means = _sentence(re.sub(r"\s+\[default: .*", "", found.help or "")) or "–"
    if isinstance(found.type, click.Choice):
        means = f"{means.removeprefix('–')} One of {', '.join(f'`{choice}`' for choice in found.type.choices)}."
    return f"| {names} | {means.strip().replace('|', chr(92) + '|')} | {_default(found)} |"


def _default(found: click.Option) -> str:
    if found.required:
        return "**required**"
    if said := re.search(r"\[default: (.*)\]", found.help or ""):
        return said[1]
    value = found.default
    if found.is_flag:
        return "–"
    if value in (None, "", ()) or type(value).__name__ == "Sentinel":
        return "none"
    return ", ".join(f"`{one}`" for one in value) if isinstance(value, tuple) else f"`{value}`"


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if not text or text[-1] in ".:?" else f"{text}."


_HEAD = ("| Call | Does | Who may | Takes |", "| --- | --- | --- | --- |")


def _address(one: Endpoint) -> str:
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/api{one.rule}")
    who = "everybody" if one.public else f"{one.role}, scope `{one.scope}`"
    body = [f"`{name}`" for name in (one.takes.model_fields if one.takes else ())]
    asked = [f"`?{name}`" for name in (one.query.model_fields if one.query else ())]
    return f"| `{one.method} {path}` | {_sentence(one.says)} | {who} | {', '.join(body + asked) or 'nothing'} |"


def _plan() -> str:
    """The passages of the README's definition, with what each asks."""
    texts = {block.text.split("\n", 1)[0]: block.text for block in blocks(README) if block.kind == "yaml"}
    app = read_app(texts["# sluice.yaml"])
    asked = [(one.name, ", ".join(gate.name for gate in one.gates)) for one in passages(make(app, PLATFORM))]
    lines = [f"{name:20}{gates}".rstrip() for name, gates in [("build", ""), *asked]]
    return "\n".join(lines)


if __name__ == "__main__":
    for part, path in PARTS.items():
        path.write_text(page(part))
