"""The documents as texts: files, headings, links, fenced blocks, tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    page: Path
    kind: str
    text: str


def every_page() -> tuple[Path, ...]:
    """Every document of the repository. Folders with a dot are tools' own, and a home of Sluice holds copies."""
    found = [one for folder in every_folder() for one in (ROOT / folder).rglob("*.md")]
    beside = [one for one in found if not any(part.startswith(".") for part in one.relative_to(ROOT).parts)]
    return tuple(sorted([*ROOT.glob("*.md"), *beside]))


def every_folder() -> frozenset[str]:
    """The folders at the top of the repository."""
    return frozenset(one.name for one in ROOT.iterdir() if one.is_dir() and one.name[0] != ".") - {"sluice-home"}


def our_pages() -> tuple[Path, ...]:
    """The documents of Sluice itself; the bundled shop and the fixtures are examples."""
    outside = {"sample-shop", "tests"}
    return tuple(one for one in every_page() if one.relative_to(ROOT).parts[0] not in outside)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return FENCE.sub("", text)


def blocks(page: Path) -> Iterator[Block]:
    for _, kind, text in FENCE.findall(page.read_text()):
        yield Block(page, kind, dedent(text))


def links(page: Path) -> Iterator[str]:
    for one, other in LINK.findall(CODE.sub("", prose(page.read_text()))):
        yield one or other


def headings(page: Path) -> frozenset[str]:
    """The anchors of a page, as forges make them from its headings."""
    found = re.findall(r"^#+ (.+)$", prose(page.read_text()), re.M)
    return frozenset(re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in found)


def section(page: Path, heading: str) -> str:
    """What stands under a heading, up to the next one that is not below it; "" if there is no such heading."""
    lines, found = page.read_text().splitlines(), []
    level = 0
    for line in lines:
        depth = len(line) - len(line.lstrip("#")) if line.startswith("#") else 0
        if level and depth and depth <= level:
            break
        if level:
            found.append(line)
        elif depth and line.lstrip("# ").strip("`") == heading:
            level = depth
    return "\n".join(found)


def rows(text: str) -> Iterator[tuple[str, ...]]:
    """The rows of its tables, without heads and rules."""
    for table in re.findall(r"(?:^\|.*\|$\n?)+", text, re.M):
        for line in table.splitlines()[2:]:
            yield tuple(cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1])


def firsts(text: str) -> frozenset[str]:
    """The words in code signs in the first column of its tables."""
    return frozenset(word for row in rows(text) for word in CODE.findall(row[0]))
