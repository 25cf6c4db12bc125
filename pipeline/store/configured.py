"""What platform.yaml says, as rows that decisions read: target configurations, groups, freezes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..facts import FreezeSpan
from .records import ConfigurationRow, FreezeRow, MembershipRow
from .said import span_of


@dataclass(frozen=True, slots=True)
class AppConfigured:
    """One app as platform.yaml has it. `cfg_hash` stands for clusters, replicas, manifests and protection rules."""

    tenant: str
    cfg_hash: str
    text: str = ""  # what was hashed, to show what changed


@dataclass(frozen=True, slots=True)
class Configured:
    """All that decisions need of platform.yaml."""

    apps: Mapping[str, AppConfigured]
    groups: Mapping[str, Iterable[str]] = field(default_factory=dict)
    freezes: tuple[FreezeSpan, ...] = ()


def replace(session: Session, platform: Configured, now: datetime) -> list[str]:
    """Make the rows say what `platform` says; what changed, in words."""
    changed = [f"targets of {app}" for app, entry in sorted(platform.apps.items()) if _app(session, app, entry, now)]
    return changed + _groups(session, platform.groups) + _freezes(session, platform.freezes, now)


def _app(session: Session, app: str, entry: AppConfigured, now: datetime) -> bool:
    row = session.get(ConfigurationRow, app, with_for_update=True)
    if row is None:
        row = ConfigurationRow(app=app, cfg_hash="")
        session.add(row)
    elif (row.cfg_hash, row.tenant) == (entry.cfg_hash, entry.tenant):
        return False
    row.tenant, row.cfg_hash, row.text, row.at = entry.tenant, entry.cfg_hash, entry.text, now
    return True


def _groups(session: Session, groups: Mapping[str, Iterable[str]]) -> list[str]:
    wanted = {(group, member) for group, members in groups.items() for member in members}
    known = {(row.group_name, row.account) for row in session.scalars(select(MembershipRow))}
    if wanted == known:
        return []
    session.execute(delete(MembershipRow))
    session.add_all(MembershipRow(group_name=group, account=member) for group, member in sorted(wanted))
    session.flush()
    return ["groups"]


def _freezes(session: Session, freezes: tuple[FreezeSpan, ...], now: datetime) -> list[str]:
    current = select(FreezeRow).where(FreezeRow.source == "platform", FreezeRow.lifted_at.is_(None))
    known = {span_of(row): row for row in session.scalars(current)}
    for span in known.keys() - set(freezes):
        known[span].lifted_at, known[span].lifted_by = now, "platform.yaml"
    fresh = [span for span in freezes if span not in known]
    session.add_all(freeze_row(span, "platform", "platform.yaml", now) for span in fresh)
    session.flush()
    return ["freezes"] if fresh or known.keys() - set(freezes) else []


def freeze_row(span: FreezeSpan, source: str, who: str, now: datetime) -> FreezeRow:
    return FreezeRow(
        source=source,
        name=span.name,
        reason=span.reason,
        starts=span.starts,
        ends=span.ends,
        weekly=span.weekly,
        zone=span.zone,
        apps=span.apps,
        clusters=span.clusters,
        who=who,
        at=now,
    )


def told(span: FreezeSpan) -> dict[str, object]:
    """A freeze as its journal line keeps it."""
    return {
        "name": span.name,
        "reason": span.reason,
        "starts": span.starts.timestamp() if span.starts else None,
        "ends": span.ends.timestamp() if span.ends else None,
        "weekly": span.weekly,
        "zone": span.zone,
        "apps": sorted(span.apps),
        "clusters": sorted(span.clusters),
    }
