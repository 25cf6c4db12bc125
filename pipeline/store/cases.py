"""What the judge has of each canary, kept from look to look: a shortcut, it never says more than the samples do."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .. import gates
from ..facts import Facts, Reading
from ..judge import kept
from ..judge.case import Case
from ..release import Release, Target
from ..settings import Judge
from ..states import State
from .records import CaseRow, SampleRow
from .said import readings


def followed(session: Session, release: Release, facts: Facts) -> dict[str, Case]:
    """
    What the judge has of each cluster in which the release is now, with the samples of this look, once they are stored.

    It is kept for the next look, in the transaction that decides: a tick that loses its lease keeps nothing.
    """
    if release.state is not State.RUNNING:
        return {}
    return {target.cluster: _followed(session, release, target, facts) for target in release.here}


def known(session: Session, release: Release, now: datetime) -> dict[str, Case]:
    """What the latest look had of each cluster that the release touched, for who only looks: nothing is written."""
    found = {}
    for target in release.targets:
        row, asked = session.get(CaseRow, (release.id, target.cluster)), _asked(release, target)
        case = kept.case_of(row.case_json, asked) if row else None
        begun = case if case and case.at and case.at <= now else Case.begin(asked)
        found[target.cluster] = _gone_on(session, release, target, begun, now)
    return found


def at(session: Session, release: Release, moment: datetime) -> dict[str, Case]:
    """What the judge had at that moment, folded from the first sample on."""
    begun = {target: Case.begin(_asked(release, target)) for target in release.targets}
    return {target.cluster: _gone_on(session, release, target, case, moment) for target, case in begun.items()}


def samples(
    session: Session, release_id: int, cluster: str, until: datetime, after: datetime | None = None
) -> tuple[Reading, ...]:
    """What was read of one cluster, oldest first, up to and with `until`; `after`: not what was read by then."""
    new = [SampleRow.cluster == cluster, SampleRow.at <= until, *([SampleRow.at > after] if after else [])]
    return readings(session, release_id, *new)


def counted(session: Session, release_id: int, cluster: str, until: datetime) -> int:
    """How many samples of one cluster there are up to then; one that came late makes it another number."""
    wanted = [SampleRow.release_id == release_id, SampleRow.cluster == cluster, SampleRow.at <= until]
    return session.scalar(select(func.count()).select_from(SampleRow).where(*wanted)) or 0


def begun(session: Session, release: Release) -> datetime | None:
    """When the first sample was taken; each cluster is asked for its own, which an index has."""
    firsts = (
        session.scalar(
            select(func.min(SampleRow.at)).where(
                SampleRow.release_id == release.id, SampleRow.cluster == target.cluster
            )
        )
        for target in release.targets
    )
    return min((first for first in firsts if first), default=None)


def _followed(session: Session, release: Release, target: Target, facts: Facts) -> Case:
    row = session.get(CaseRow, (release.id, target.cluster)) or CaseRow(release_id=release.id, cluster=target.cluster)
    asked = _asked(release, target)
    case = kept.case_of(row.case_json, asked) if row.case_json else None
    begun = case if case and _goes_on(case, target.cluster, facts) else Case.begin(asked)
    found = _gone_on(session, release, target, begun, facts.now)
    if found is not case and found.at is not None:
        row.case_json = kept.text_of(found)
        session.add(row)
    return found


def _asked(release: Release, target: Target) -> tuple[Judge, ...]:
    """All by which it is judged; where nobody asks, pages show all the same what was counted."""
    return gates.judges(release, target) or (Judge(None),)


def _goes_on(case: Case, cluster: str, facts: Facts) -> bool:
    """Whether all that is new lies behind it. Else the clock was set back, and everything is folded in order."""
    at = case.at
    return at is not None and at <= facts.now and all(one.at > at for one in facts.readings if one.cluster == cluster)


def _gone_on(session: Session, release: Release, target: Target, case: Case, until: datetime) -> Case:
    """The case with all samples that lie behind it, up to `until`."""
    return case.after(samples(session, release.id, target.cluster, until, case.at))
