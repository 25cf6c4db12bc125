"""What the judge has of each canary, kept from look to look: a shortcut, it never says more than the samples do."""

from sqlalchemy.orm import Session

from .. import gates
from ..facts import Facts
from ..judge import kept
from ..judge.case import Case
from ..release import Release, Target
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


def _followed(session: Session, release: Release, target: Target, facts: Facts) -> Case:
    row = session.get(CaseRow, (release.id, target.cluster)) or CaseRow(release_id=release.id, cluster=target.cluster)
    asked = gates.judges(release, target)
    known = kept.case_of(row.case_json, asked) if row.case_json else None
    begun = known if known and _goes_on(known, target.cluster, facts) else Case.begin(asked)
    new = [SampleRow.cluster == target.cluster, SampleRow.at <= facts.now]
    found = begun.after(readings(session, release.id, *new, *([SampleRow.at > begun.at] if begun.at else [])))
    if found is not known and found.at is not None:
        row.case_json = kept.text_of(found)
        session.add(row)
    return found


def _goes_on(known: Case, cluster: str, facts: Facts) -> bool:
    """Whether all that is new lies behind it. Else the clock was set back, and everything is folded in order."""
    at = known.at
    return at is not None and at <= facts.now and all(one.at > at for one in facts.readings if one.cluster == cluster)
