"""Everything that changes: one method, one transaction, one line in a journal."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ..decision import Ruling
from ..errors import Lost, Refused
from ..facts import Facts, FreezeSpan, Said
from ..lease import Lease
from ..plan import Passage
from ..release import Release
from ..states import TERMINAL, State
from . import cases, changes, configured, events, hearing, rendered, returning, settling, timing
from .configured import Configured
from .records import FreezeRow, SettingRow
from .restore import NewRelease, Refusal, key_of, release_of, required_of, row_of, targets_of, told_of
from .said import Content, configuration, hear
from .session import Sessions, insert_once
from .tables import AskedRow, ReleaseRow, VoteRow, unfinished

SWEPT = "swept_at"  # the setting that holds when a sweeper was last seen
Decide = Callable[[Release, Facts, Said], Ruling]


class Ledger:
    """Where releases are written down. People add votes and orders; only `settle` moves a release."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    # ---- releases begin -----------------------------------------------------------------------------------------

    def submit(self, new: NewRelease, actor: str) -> int:
        """The id of the release, made now or when the same was submitted before."""
        return self._create(new, actor)

    def refuse(self, new: Refusal, actor: str) -> int:
        """Write down a release whose definition cannot be used: it has ended, and says why."""
        return self._create(new, actor)

    def submit_return(self, release_id: int, to: int | None, who: str, reason: str = "") -> int:
        """Take a live release back, to release `to` or to what was live before it; the id of the new release."""
        with self._sessions.reading() as session:
            new = returning.back_from(session, release_id, to, reason)
        return self._create(new, who)

    def _create(self, new: NewRelease | Refusal, actor: str) -> int:
        with self._sessions.writing() as session:
            known = session.scalars(select(ReleaseRow.id).where(ReleaseRow.key == key_of(new))).first()
            if known is not None:
                return known
            now = self._sessions.now(session)
            row = row_of(new, configuration(session, new.app), now)
            session.add(row)
            session.flush()
            events.open_chain(session, row.id)
            if isinstance(new, NewRelease):
                session.add_all(required_of(row.id, new.plan))
                timing.wake(session, now, ReleaseRow.app == new.app, ReleaseRow.id < row.id)
            events.append(session, now, *told_of(new, row), actor=actor, release_id=row.id)
            return row.id

    # ---- the tick -----------------------------------------------------------------------------------------------

    def claim(self, release_id: int) -> Lease | None:
        """The right to move a release whose time has come, if nobody else has it.

        A lease or a look further away than the clock allows was written before the clock was set back.
        """
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            taken = (
                update(ReleaseRow)
                .where(ReleaseRow.id == release_id, unfinished(), *timing.free(timing.moment(now)))
                .values(epoch=ReleaseRow.epoch + 1, held_until=now + timing.LEASE, due=now + timing.LEASE)
                .returning(ReleaseRow.epoch)
                .execution_options(synchronize_session=False)
            )
            epoch = session.execute(taken).scalar_one_or_none()
        return None if epoch is None else Lease(release_id, epoch)

    def load(self, lease: Lease) -> Release:
        """The release as it is after the claim."""
        with self._sessions.reading() as session:
            row = session.get_one(ReleaseRow, lease.release_id)
            if row.epoch != lease.epoch:
                raise Lost(f"R-{row.id} was taken over by epoch {row.epoch}")
            stored = targets_of(session, row.id), self._sessions.now(session), rendered.known(session, row.id)
            return release_of(row, *stored)

    def settle(
        self, lease: Lease, release: Release, facts: Facts, decide: Decide, stays: timedelta = timedelta()
    ) -> timedelta | None:
        """
        Let `decide` choose on what people have said, and write it down, in one transaction. How soon the caller is to
        look again, None: whoever is rung for. `stays`: it would wait for so long, and nobody is rung for meanwhile.

        The write lock is taken before votes, orders, freezes and neighbours are read: nothing said before the commit
        is missed, nothing said after it is overwritten.
        """
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            row = settling.held(session, lease, now)
            settling.store_facts(session, row, release, facts, now)
            said = replace(hear(session, row, now), cases=cases.followed(session, release, facts))
            ruling = decide(release, facts, said)
            ruling = settling.make_room(session, release.after(ruling.decision, facts), ruling)
            after = release.after(ruling.decision, facts)
            settling.write(session, row, settling.Change(release, after, ruling, facts, said.cfg_hash, now))
            return settling.let_go(session, row, ruling.decision, now, stays)

    # ---- people and bots ----------------------------------------------------------------------------------------

    def vote(
        self, release_id: int, who: str, *, yes: bool, comment: str = "", step: str = "", shown: Content | None = None
    ) -> bool:
        """
        A person's yes or no to a passage, "" = the one ahead. `shown`: what the person looked at; if something else
        would go there by now, nothing is written. False: the same was said a moment ago, nothing is written either.
        """
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            row = _going(session, release_id)
            step = step or _ahead(session, row, now).name
            if not hearing.asks_people(release_of(row, (), now).plan, step):
                raise Refused(f'R-{row.id} asks nobody at "{step}"')
            content = hearing.seen(session, row, shown)
            vote = VoteRow(release_id=row.id, step=step, who=who, yes=yes, comment=comment, at=now)
            vote.digest, vote.def_hash, vote.cfg_hash = content.digest, content.def_hash, content.cfg_hash
            if hearing.repeats_vote(session, vote):
                return False
            session.add(vote)
            told = {"passage": step, "yes": yes, "comment": comment, "digest": content.digest}
            _said(session, row, now, "vote", told, who)
            return True

    def ask(self, release_id: int, verb: str, who: str, *, reason: str = "", passage: str = "") -> bool:
        """An order: cancel, pause, resume, promote (at `passage`, "" = the one ahead) or rollback. False: repeated."""
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            row = _going(session, release_id)
            if verb == "promote":
                passage = passage or _ahead(session, row, now).name
            if hearing.repeats_order(session, row, verb, passage):
                return False
            session.add(AskedRow(release_id=row.id, verb=verb, who=who, reason=reason, passage=passage, at=now))
            _said(session, row, now, verb, {"reason": reason, "passage": passage}, who)
            return True

    def freeze(self, span: FreezeSpan, who: str) -> int:
        """Enter a freeze; its id. It holds from the commit on, also for releases that are being decided now."""
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            row = configured.freeze_row(span, "people", who, now)
            session.add(row)
            session.flush()
            timing.wake(session, now, *([ReleaseRow.app.in_(span.apps)] if span.apps else []))
            events.append(session, now, "freeze", {"freeze": row.id, **configured.told(span)}, actor=who)
            return row.id

    def unfreeze(self, freeze_id: int, who: str, reason: str = "") -> None:
        """Lift a freeze that people entered."""
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            row = session.get(FreezeRow, freeze_id, with_for_update=True)
            if row is None or row.lifted_at is not None:
                raise Refused(f"There is no freeze {freeze_id} to lift")
            if row.source != "people":
                raise Refused(f'"{row.name}" is a freeze of platform.yaml; change it there')
            row.lifted_at, row.lifted_by = now, who
            timing.wake(session, now)
            events.append(session, now, "unfreeze", {"freeze": row.id, "name": row.name, "reason": reason}, actor=who)

    def configure(self, platform: Configured, actor: str = "platform.yaml") -> bool:
        """Take over what platform.yaml says now. True: something changed; approvals for what was before are void."""
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            timing.wake(session, now)  # before anything is written: a decision on its way comes first or sees all of it
            changed = configured.replace(session, platform, now)
            if changed:
                events.append(session, now, "configure", {"changed": changed}, actor=actor)
            return bool(changed)

    # ---- the sweeper --------------------------------------------------------------------------------------------

    def ring_due(self, limit: int = 200) -> tuple[int, ...]:
        """The releases to ring for now, each at most once in three seconds, the longest overdue first."""
        with self._sessions.writing() as session:
            now = self._sessions.now(session)
            ids = tuple(session.scalars(timing.ringable(timing.moment(now), limit).with_for_update(skip_locked=True)))
            session.execute(update(ReleaseRow).where(ReleaseRow.id.in_(ids)).values(rung_at=now))
            return ids

    def swept(self) -> None:
        """A sweeper went through one round; the pages say so when none does."""
        with self._sessions.writing() as session:
            now = str(self._sessions.now(session).timestamp())
            if not insert_once(session, SettingRow, name=SWEPT, value=now):
                session.execute(update(SettingRow).where(SettingRow.name == SWEPT).values(value=now))

    def live_commit(self, app: str) -> str:
        """The commit that everybody has now, "" before the first version."""
        with self._sessions.reading() as session:
            return changes.live_commit(session, app)

    def known(self, app: str, commit: str) -> bool:
        """This commit of this app was submitted before."""
        with self._sessions.reading() as session:
            found = select(ReleaseRow.id).where(ReleaseRow.app == app, ReleaseRow.commit == commit)
            return session.scalars(found.limit(1)).first() is not None

    def digests(self, latest: int) -> set[str]:
        """What was built for unfinished releases and for the `latest` live ones of each app."""
        rank = func.row_number().over(partition_by=ReleaseRow.app, order_by=ReleaseRow.id.desc())
        live = select(ReleaseRow.digest, rank.label("rank")).where(ReleaseRow.state == State.LIVE).subquery()
        with self._sessions.reading() as session:
            moving = session.scalars(select(ReleaseRow.digest).where(unfinished())).all()
            return {*moving, *session.scalars(select(live.c.digest).where(live.c.rank <= latest))} - {""}

    def unfinished(self, app: str = "") -> tuple[int, ...]:
        """The releases that have not ended, of one app or of all, oldest first."""
        chosen = select(ReleaseRow.id).where(unfinished()).order_by(ReleaseRow.id)
        with self._sessions.reading() as session:
            return tuple(session.scalars(chosen.where(ReleaseRow.app == app) if app else chosen))


def _going(session: Session, release_id: int) -> ReleaseRow:
    """The row, locked, of a release that has not ended."""
    row = session.get(ReleaseRow, release_id, with_for_update=True)
    if row is None:
        raise Refused(f"There is no release R-{release_id}")
    if row.state in TERMINAL:
        raise Refused(f"R-{row.id} has ended: it is {row.state}")
    return row


def _ahead(session: Session, row: ReleaseRow, now: datetime) -> Passage:
    return release_of(row, targets_of(session, row.id), now).ahead


def _said(session: Session, row: ReleaseRow, now: datetime, kind: str, told: dict[str, object], who: str) -> None:
    row.due = min(row.due, now)
    events.append(session, now, kind, told, actor=who, release_id=row.id, epoch=row.epoch)
