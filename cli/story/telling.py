"""How the demo tells its story: quiet lines, and under them one that moves, where there is a terminal."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import TracebackType

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from ..client import Json
from ..following import KINDS, sentence
from ..moving import Moving, bar
from ..terminal import STYLES, plain
from .crowd import Tally
from .seen import Seen

COLOURS = {"v1": "blue", "v2": "magenta", "v3": "red"}


class Teller:
    """Prints the story. Times count from its beginning."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = time.monotonic()
        self._moving = Moving(console)

    def __enter__(self) -> "Teller":
        self._moving.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._moving.__exit__(kind, error, trace)

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def head(self, text: str) -> None:
        """A new part of the story."""
        self._print(Text(""), Text(text, style="bold"))

    def line(self, text: str, style: str = "", *, who: str = "") -> None:
        """One thing that happened: the time, whose it is, what."""
        first, _, rest = plain(text).partition(". ")
        told = Text.assemble((f"{first}{'.' if rest else ''}", style), (f" {rest}" if rest else "", "dim"))
        stamp = Text(f"{int(self.passed) // 60:>3}:{int(self.passed) % 60:02}", style="dim")
        if not self.console.is_terminal:
            self._print(Text.assemble(stamp, f"  {who:<3} ", told))
            return
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_column(width=6)
        row.add_column(width=3)
        row.add_column()
        row.add_row(stamp, Text(who, style=COLOURS.get(who, "")), told)
        self._print(row)

    def event(self, event: Json, who: str) -> None:
        """A line of a journal; of the reasons for going on the first is enough here."""
        told, style = sentence(event), KINDS.get(event["kind"], "")
        if event["kind"] in ("start", "shift", "finish") and "; " in told:
            told = f"{told.partition('; ')[0]}."
        self.line(told, style, who=who)

    def now(self, clusters: Iterable[str], on_its_way: Seen, live: str, tally: Tally) -> None:
        """What the moving lines show."""
        shares = {target["cluster"]: target["share"] for target in on_its_way.found.get("targets", [])}
        name = on_its_way.commit.name
        bars = [_bar(cluster, name, shares.get(cluster, 0), live) for cluster in clusters]
        total = tally.total()
        counts = f"{tally.rate:4.0f} requests/s   {total.requests:,} answers   {total.failed:,} failed"
        stands = plain(on_its_way.found.get("stands", ""))
        buyers = [Text(f"  {counts}", style="dim")] if total.requests else []
        where = Text(f"  {stands}", style="dim")
        self._moving.show(Text("  ").append_text(Text("   ").join(bars)), *buyers, where)

    def table(self, releases: Sequence[Seen], tally: Tally) -> None:
        """What became of each, in numbers."""
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
        table.add_column("")
        table.add_column("became")
        table.add_column("in", justify="right")
        for cluster in tally.counts:
            table.add_column(f"{cluster} failed", justify="right")
        for one in releases:
            table.add_row(*_row(one, tally))
        self._print(Text(""), table)
        for one in releases:
            decision, gone = one.first_failure_to_decision(tally), one.decision_to_zero(tally)
            if decision is not None:
                told = f"first failing answer → decision {decision:.1f} s; decision → last answer {gone:.1f} s"
                self._print(Text(f"{one.commit.name}  {told}"))

    def _print(self, *told: RenderableType) -> None:
        with suppress(BrokenPipeError):
            for one in told:
                self.console.print(one, soft_wrap=not self.console.is_terminal)


def _bar(cluster: str, name: str, share: int, live: str) -> Text:
    shown = bar(share, COLOURS.get(name, ""), COLOURS.get(live, "dim"), filled_up=bool(live))
    return Text(f"{cluster:<3} ").append_text(shown).append(f" {name} {share:>3} %")


def _row(one: Seen, tally: Tally) -> list[Text]:
    cells = [Text(f"{one.commit.name} {one.version}", style=COLOURS.get(one.commit.name, ""))]
    cells += [Text(one.state, style=STYLES.get(one.found.get("colour", ""), "")), Text(f"{one.seconds:.0f} s")]
    for cluster in tally.counts:
        failed, requests = tally.failed(cluster, one.version), tally.requests(cluster, one.version)
        cells.append(Text(f"{failed:,} of {requests:,}", style="red" if failed else ""))
    return cells
