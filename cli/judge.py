"""`sluice judge`: recorded counts of any system, judged as a canary would be. No server is asked."""

import json
from collections.abc import Iterator
from math import inf
from pathlib import Path

import click

from pipeline.definition.judging import JudgeBy
from pipeline.judge.phrases import amount, duration
from pipeline.judge.series import UNDECIDED, Series
from pipeline.plan import judge_of
from pipeline.settings import Judge

from . import counts
from .definition import judge_settings
from .exits import EPILOG, Exit, Stop

HELP = "More traffic, a larger share for the canary or a wider margin would help."


@click.command("judge", epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--judge", "settings", type=click.Path(path_type=Path), help="A file with the judge: part of a sluice.yaml."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: series, t, harm, not_worse, verdict.")
def judge(file: Path, settings: Path | None, as_json: bool) -> None:
    """Judge recorded counts, tick by tick.

    The CSV file has the columns t, canary_requests, canary_bad, stable_requests and stable_bad: the counts of the tick
    that ends at t, in seconds. A column series may name several traces, a column pod the pod of each row; then pods are
    judged instead of requests.
    """
    by = judge_settings(settings) if settings else JudgeBy()
    recorded = counts.read(file)
    if by.unit == "pod-window" and not recorded.pods:
        raise Stop(
            f"{file} has no column pod, but the settings say unit: pod-window; add it, or use request.", Exit.USAGE
        )
    pods = recorded.pods and by.unit != "request"
    told = judge_of(by, by.errors.margin)
    for name in recorded.rows:
        lives = _lives(Series.begin(told, pods=pods), recorded.ticks(name))
        click.echo("\n".join(_as_json(name, lives) if as_json else _as_text(name, lives, told)))


def _lives(series: Series, ticks: list[counts.Tick]) -> Iterator[Series]:
    for tick in ticks:
        series = series.after(tick.t, tick.seconds, tick.rows)
        yield series


def _as_json(name: str | None, lives: Iterator[Series]) -> Iterator[str]:
    for now in lives:
        told = {"series": name, "t": now.t, "harm": now.harm, "not_worse": now.not_worse, "verdict": now.verdict}
        yield json.dumps(told, ensure_ascii=False)


def _as_text(name: str | None, lives: Iterator[Series], judge: Judge) -> Iterator[str]:
    yield f"{'t':>10}  {'harm':>12}  {'not worse':>12}" + (f"  {name}" if name else "")
    for now in lives:
        yield f"{now.t:>10g}  {_number(now.harm):>12}  {_number(now.not_worse):>12}"
    yield _verdict(name, now, judge)


def _number(evidence: float) -> str:
    return f"{evidence:.4g}"


def _verdict(name: str | None, now: Series, judge: Judge) -> str:
    at = f" at {now.decided:g} s" if now.verdict else ""
    sums = now.sums
    seen = f"canary {sums.k_c:,} of {sums.n_c:,} bad, stable {sums.k_b:,} of {sums.n_b:,}"
    evidence = f"evidence for harm {amount(now.harm)}, that it is not worse {amount(now.not_worse)}"
    lines = [f"{name + ': ' if name else ''}{now.verdict or UNDECIDED}{at}; {seen}; {evidence}"]
    if plan := now.planned():
        waits = [(plan.double, "to catch one that fails twice as often")]
        if plan.promote is not None:
            waits.insert(0, (plan.promote, "to promote a canary like stable"))
        lines += [f"  planned: {_wait(seconds)} {what}{_late(seconds, judge)}" for seconds, what in waits]
    return "\n".join(lines)


def _wait(seconds: float) -> str:
    return "no time is enough" if seconds == inf else f"about {duration(seconds)}"


def _late(seconds: float, judge: Judge) -> str:
    return f", longer than the deadline of {duration(judge.deadline)}. {HELP}" if seconds > judge.deadline else ""
