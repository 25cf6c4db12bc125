"""What documents show works: links, definitions, commands, addresses."""

import re
from pathlib import Path

import click
import pytest

from cli.__main__ import sluice
from pipeline.definition.reading import read_app, read_platform

from .pages import CODE, DOCS, REFERENCE, ROOT, blocks, every_page, headings, links, name, our_pages, prose
from .written import commands

HOSTS = {"127.0.0.1", "localhost", "git.example.org", "sluice.example.org", "keepachangelog.com", "semver.org"}
HOSTS |= {"www.rfc-editor.org", "github.com", "traefik.example.org", "prometheus.example.org"}
ELSEWHERE = re.compile(r"(?<![\w.~])/(?:work|root|tmp|home|mnt|srv|Users)/")


@pytest.mark.parametrize("document", every_page(), ids=name)
def test_every_relative_link_leads_somewhere(document):
    for link in links(document):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{name(document)} links to {link}"
        assert ROOT in (target, *target.parents), f"{link} leads out of the repository"
        assert not anchor or anchor in headings(target), f"{name(document)} links to {link}"


@pytest.mark.parametrize("document", our_pages(), ids=name)
def test_every_definition_that_is_shown_is_valid(document):
    for block in blocks(document):
        if block.kind == "yaml":
            whole = re.search(r"^(app|waves|tenants|clusters):", block.text, re.M)
            marked = re.match(r"# (?:yaml-language|sluice\.yaml|platform\.yaml)", block.text)
            if document.parent == REFERENCE or not (whole or marked):
                continue  # tests/rules/definition reads those of the reference; the others are excerpts
            assert marked, f"a whole definition in {name(document)} begins with its name as a comment"
            (read_platform if "platform.yaml" in block.text.split("\n")[0] else read_app)(block.text)


def shown() -> list[tuple[str, str]]:
    """Every line of a terminal that a document shows, without continuations."""
    found = []
    for document in our_pages():
        for block in blocks(document):
            if block.kind == "sh":
                text = block.text.replace("\\\n", " ")
                found += [(name(document), line.strip()) for line in text.splitlines() if line.strip()]
    return found


@pytest.mark.parametrize(("where", "line"), [one for one in shown() if re.search(r"\bsluice ", one[1])])
def test_every_command_that_is_shown_exists(where, line):
    known = dict(commands(sluice))
    words = re.split(r"\s+", re.split(r"\bsluice ", line.split("#")[0], maxsplit=1)[1].strip())
    path = "sluice"
    while words and f"{path} {words[0]}" in known:
        path = f"{path} {words.pop(0)}"

    assert path in known, line
    options = {option for found in known[path].params for option in [*found.opts, *found.secondary_opts]}
    asked = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert asked - options - {"--help"} == set(), f"{line} in {where}"
    assert not isinstance(known[path], click.Group) or not words or asked == {"--help"}, line


@pytest.mark.parametrize("document", our_pages(), ids=name)
def test_every_option_that_is_told_belongs_to_a_command(document):
    known = {
        option for _, one in commands(sluice) for found in one.params for option in (*found.opts, *found.secondary_opts)
    }
    told = {
        word.split("=")[0] for word in CODE.findall(prose(document.read_text())) if re.fullmatch(r"--[a-z-]+\S*", word)
    }

    assert told - known == set()


@pytest.mark.parametrize(("where", "line"), [one for one in shown() if re.search(r"\bmake |python\S* -m ", one[1])])
def test_every_target_and_module_that_is_shown_exists(where, line):
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M)
    if called := re.match(r"make (\w+)", line):
        assert called[1] in targets, where
    if called := re.search(r"-m ((?:cli|pipeline|runners|web|benchmarks|tests)[\w.]*)", line):
        path = ROOT / called[1].replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), where


@pytest.mark.parametrize("document", every_page(), ids=name)
def test_nothing_names_a_place_of_one_machine(document):
    text = document.read_text()

    assert not ELSEWHERE.findall(text)


@pytest.mark.parametrize("document", our_pages(), ids=name)
def test_every_address_is_an_example_or_well_known(document):
    found = re.findall(r"https?://(?:[^\s/@]*@)?([a-zA-Z0-9.-]+)", document.read_text())

    assert set(found) - HOSTS == set()


@pytest.mark.parametrize("document", our_pages(), ids=name)
def test_nothing_is_left_for_later_in_brackets(document):
    assert not re.search(r"\b(TODO|FIXME|TBD|XXX)\b", document.read_text())


def test_every_document_is_reached_from_the_readme():
    seen: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        document = ahead.pop()
        if document in seen or document.suffix != ".md" or not document.exists():
            continue
        seen.add(document)
        ahead += [(document.parent / link.partition("#")[0]).resolve() for link in links(document) if ":" not in link]

    assert {name(one) for one in DOCS.rglob("*.md")} - {name(one) for one in seen} == set()
