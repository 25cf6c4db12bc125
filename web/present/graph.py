"""The plan of a release as groups of steps for the graph; the list beside it has the same rows."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from .draw.plan import Cell, Group
from .steps import Row

STATUS = {"pass": "done", "run": "now", "wait": "hold", "fail": "bad", "back": "back", "todo": "todo"}


def groups(rows: Sequence[Row], logs: Mapping[str, str], regions: Mapping[str, str]) -> tuple[Group, ...]:
    """
    Build and test by themselves, each wave as one group.

    `logs`: where the log of a step is, by its name. `regions`: what is said of a cluster beside its name.
    """
    found: list[Group] = []
    for wave, members in groupby(rows, key=lambda row: row.wave):
        cells = tuple(_cell(row, logs) for row in members)
        if not wave:
            found += [Group("", "", (cell,)) for cell in cells]
            continue
        clusters = next(row.clusters for row in rows if row.wave == wave)
        note = ", ".join(dict.fromkeys(regions[name] for name in clusters if regions.get(name)))
        found.append(Group(f"Wave {wave} · {'+'.join(clusters)}", note, cells))
    return tuple(found)


def _cell(row: Row, logs: Mapping[str, str]) -> Cell:
    status = "off" if row.word == "not reached" else STATUS[row.verdict]
    if row.place in logs:
        href = logs[row.place]
    elif row.kind == "approval":
        href = "#votes"
    elif row.kind == "gate":
        href = "#gates"
    else:
        href = "#now" if row.current and row.clusters else "#journal"
    return Cell(href, row.brief, row.hint, status, row.word)
