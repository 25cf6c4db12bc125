"""Who has agreed to the entry of a wave, for exactly what is about to go there."""

from datetime import datetime, timedelta

from .facts import Said, Vote
from .release import Release
from .settings import Approval
from .states import Reason
from .verdict import Fail, Pass, Verdict, Wait


def agreed(gate: Approval, release: Release, entry: str, now: datetime, said: Said) -> Verdict:
    """
    A quorum of `gate.group`, none of them an author, each for this digest, definition and target configuration.

    The last vote of a person counts. One no is a no. A vote for anything else, or an expired one, counts nothing.
    """
    votes = [vote for vote in _latest(said, entry).values() if counts(vote, gate, release, said, now)]
    for vote in votes:
        if not vote.yes:
            return Fail(f"{vote.who} rejected it{_quoted(vote.comment)}", Reason.CANCELLED)
    if len(votes) >= gate.of:
        names = ", ".join(sorted(vote.who for vote in votes))
        expiry = min(vote.at for vote in votes) + timedelta(seconds=gate.expires)
        return Pass(f"{len(votes)} of {gate.of} of {gate.group} agreed: {names}", by=names, until=expiry)
    outdated = _outdated(gate, release, entry, now, said)
    return Wait(
        f"Waits for approval: {len(votes)} of {gate.of} of {gate.group} agreed{outdated}",
        who=f"{gate.group.replace('-', ' ').capitalize()} other than the author can approve",
        look_again=timedelta(seconds=10),
    )


def counts(vote: Vote, gate: Approval, release: Release, said: Said, now: datetime) -> bool:
    """This vote is for exactly this content, of the right group, not of an author, and not expired."""
    same = (vote.digest, vote.def_hash, vote.cfg_hash) == (release.digest, release.def_hash, said.cfg_hash)
    fresh = now - vote.at < timedelta(seconds=gate.expires)
    return same and fresh and gate.group in vote.groups and (not vote.yes or vote.who not in release.authors)


def _latest(said: Said, entry: str) -> dict[str, Vote]:
    return {vote.who: vote for vote in sorted(said.votes, key=lambda vote: vote.at) if vote.step == entry}


def _outdated(gate: Approval, release: Release, entry: str, now: datetime, said: Said) -> str:
    void = [
        vote.who
        for vote in _latest(said, entry).values()
        if gate.group in vote.groups and vote.yes and not counts(vote, gate, release, said, now)
    ]
    own = [who for who in void if who in release.authors]
    if own:
        return f"; {', '.join(own)} is an author and cannot approve"
    if void:
        return (
            f"; the approval of {', '.join(sorted(void))} is outdated, as what it was given for changed or it expired"
        )
    return ""


def _quoted(comment: str) -> str:
    return f': "{comment}"' if comment else ""
