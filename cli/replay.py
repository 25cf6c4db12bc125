"""`sluice replay` and `sluice backtest`: would other settings have caught it, when, and what would they change?"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from pipeline.definition.judging import JudgeBy
from pipeline.definition.words import Duration
from pipeline.judge.phrases import amount
from pipeline.judge.replay import Stay

from . import recorded
from .calling import Talk, calls, release_argument
from .client import Json
from .definition import judge_settings
from .exits import EPILOG
from .outcome import Outcome, other_rules, outcome, summary
from .terminal import STYLES

Cell = str | tuple[str, str]
PAST = "Only what was recorded is known: a canary that was taken back cannot show what it would have done later."
_DURATION = TypeAdapter(Duration)
_by_file = click.Path(path_type=Path)


@click.command("replay", epilog=EPILOG)
@release_argument
@click.option("--judge", "file", type=_by_file, help="A file with other settings: part of a sluice.yaml.")
@calls
def replay(talk: Talk, number: int, file: Path | None) -> None:
    """Judge a past canary once more.

    From its recorded readings, share by share: when the evidence sufficed to go on, and when harm was found. With
    --judge it is judged by other settings as well, beside its own.
    """
    by = judge_settings(file) if file else None
    past = recorded.fetch(talk.api, number)
    then, now = past.lives(), past.lives(by) if by else {}
    data = {"release": number, "as_set": _data(then), "by_file": _data(now) if by else None}
    talk.screen.give(data, lambda: _draw(talk, past, then, now, file))


@click.command("backtest", epilog=EPILOG)
@click.option(
    "--since", "span", default="90d", show_default=True, metavar="TIME", help="How far back, like 90d or 12h."
)
@click.option("--app", help="Of one app.")
@click.option("--judge", "file", type=_by_file, required=True, help="The settings to try: part of a sluice.yaml.")
@calls
def backtest(talk: Talk, span: str, app: str | None, file: Path) -> None:
    """Judge all recorded canaries by other settings, and print what would change."""
    by, start = judge_settings(file), datetime.now(UTC) - _seconds(span)
    found = list(_both(talk, start, app, by))
    changed = [one for one in found if one.then.verdict != one.now.verdict]
    data = {
        "judged": len(found),
        "changed": [
            {
                "release": one.release["id"],
                "app": one.release["app"],
                "as_set": asdict(one.then),
                "by_file": asdict(one.now),
            }
            for one in changed
        ],
        "as_set": summary([one.then for one in found]),
        "by_file": summary([one.now for one in found]),
    }
    talk.screen.give(data, lambda: _report(talk, data, changed, f"since {start:%Y-%m-%d}", file))


def _seconds(span: str) -> timedelta:
    try:
        return timedelta(seconds=_DURATION.validate_python(span))
    except ValidationError:
        raise click.BadParameter(f"{span!r} is no time; write it like 90d, 12h or 30m.", param_hint="--since") from None


@dataclass(frozen=True, slots=True)
class Both:
    """One release as it was judged, and as it would be."""

    release: Json
    then: Outcome
    now: Outcome


def _both(talk: Talk, start: datetime, app: str | None, by: JudgeBy) -> Iterator[Both]:
    for release in recorded.since(talk.api, start, app):
        past = recorded.fetch(talk.api, release["id"])
        if then := past.lives():
            yield Both(release, outcome(then), outcome(past.lives(by)))


def _data(lives: dict[str, tuple[Stay, ...]]) -> dict[str, list[dict[str, Any]]]:
    return {cluster: [_stay(stay) for stay in stays] for cluster, stays in lives.items()}


def _stay(stay: Stay) -> dict[str, Any]:
    found = asdict(stay)
    if stay.harmed:
        found["harmed"]["at"] = stay.harmed.at.isoformat()
    return found


def _draw(
    talk: Talk,
    past: recorded.Recorded,
    then: dict[str, tuple[Stay, ...]],
    now: dict[str, tuple[Stay, ...]],
    file: Path | None,
) -> None:
    one = past.release
    talk.screen.say((f"R-{one['id']} {one['app']} {one['version']}", "bold"), f", {one['state']}")
    heads = ["CLUSTER", "SHARE", "AS IT WAS SET", *([f"BY {file.name}"] if file else [])]
    rows: list[list[Cell]] = []
    for cluster, stays in then.items():
        others = {stay.percent: stay for stay in now.get(cluster, ())}
        for stay in stays:
            cells = [_said(stay), *([_said(others.get(stay.percent))] if file else [])]
            rows.append([cluster, f"{stay.percent} %", *cells])
    if note := other_rules(past.rules):
        talk.screen.note(note)
    talk.screen.table(heads, rows, "Nothing was recorded that could be judged: no canary beside an older version.")
    if file and rows:
        talk.screen.note(PAST)


def _said(stay: Stay | None) -> Cell:
    if stay is None:
        return ("not reached", STYLES["todo"])
    if harmed := stay.harmed:
        lost = f"{harmed.lost:,} of {harmed.requests:,} requests failed"
        return (f"roll back {harmed.seconds:.1f} s after the canary's first request; {lost}", STYLES["fail"])
    if stay.enough is None:
        return (f"not enough to go on in {stay.seconds:.1f} s; evidence for harm {amount(stay.harm)}", STYLES["wait"])
    return (f"enough to go on after {stay.enough:.1f} of {stay.seconds:.1f} s", STYLES["pass"])


def _report(talk: Talk, data: Json, changed: list[Both], when: str, file: Path) -> None:
    screen, judged = talk.screen, data["judged"]
    screen.say((f"{judged:,} judged canaries {when}, {len(changed):,} judged otherwise", "bold"))
    heads = ("RELEASE", "APP", "VERSION", "AS IT WAS SET", f"BY {file.name}")
    rows = [
        (f"R-{one.release['id']}", one.release["app"], one.release["version"], one.then.told(), one.now.told())
        for one in changed
    ]
    screen.table(heads, rows, "The verdicts are the same.")
    heads = ("", "ROLLED BACK", "WENT ON", "NOT ENOUGH", "MEDIAN WAIT AT A SHARE")
    sums = (("as it was set", data["as_set"]), (f"by {file.name}", data["by_file"]))
    screen.table(heads, [(name, *_summed(one)) for name, one in sums] if judged else (), "")
    screen.note(PAST)


def _summed(sums: Json) -> tuple[str, ...]:
    *counts, wait = sums.values()
    return (*map(str, counts), "none" if wait is None else f"{wait:g} s")
