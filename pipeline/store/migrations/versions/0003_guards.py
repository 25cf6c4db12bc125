"""The rules that the database itself keeps, whatever the program does: triggers of both databases."""

# ruff: noqa: S608 - every part of these statements is written in this file

from dataclasses import dataclass

from alembic import op

revision = "0003"
down_revision = "0002"

SAME_CONTENT = " AND ".join(
    f"r.{column} = NEW.{column}" for column in ("release_id", "step", "digest", "def_hash", "cfg_hash")
)
NEWEST = f"SELECT max(r.id) FROM gate_result r WHERE {SAME_CONTENT} AND r.gate = q.gate"
PASSES = f"""SELECT 1 FROM gate_result p WHERE p.id = ({NEWEST})
    AND p.verdict = 'pass' AND (p.valid_until IS NULL OR p.valid_until > NEW.at)"""
PASSAGE = "gate_required q WHERE q.release_id = NEW.release_id AND q.passage = NEW.step"
LACKS = f"""(NOT EXISTS (SELECT 1 FROM {PASSAGE})
    OR EXISTS (SELECT 1 FROM {PASSAGE} AND q.gate <> '' AND NOT EXISTS ({PASSES})))"""
REFERRED = "EXISTS (SELECT 1 FROM crossing c WHERE {})".format(
    " AND ".join(f"c.{column} = OLD.{column}" for column in ("release_id", "step", "digest", "def_hash", "cfg_hash"))
)
OF_RELEASE = "l.id = NEW.release_id AND l.digest = NEW.digest AND l.epoch = NEW.epoch"
PINNED = ("key", "app", "kind", '"commit"', "definition", "def_hash", "cfg_hash", "plan_json", "created_at")
CHANGED = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in PINNED)


@dataclass(frozen=True, slots=True)
class Guard:
    """When `operation` on `table` meets `condition`, the statement fails with `message`."""

    name: str
    table: str
    operation: str
    condition: str
    message: str


def append_only(table: str) -> tuple[Guard, ...]:
    message = f"rows of {table} are never changed or deleted"
    return tuple(
        Guard(f"{table}_no_{operation.lower()}", table, operation, "1 = 1", message)
        for operation in ("UPDATE", "DELETE")
    )


GUARDS = (
    *(
        guard
        for table in ("event", "gate_required", "gate_result", "crossing", "vote", "asked")
        for guard in append_only(table)
    ),
    *(
        Guard(
            f"gate_set_passes_{operation.lower()}",
            "gate_set",
            operation,
            f"NEW.status = 'passed' AND {LACKS}",
            "a set passes only when every gate the plan requires has a valid pass for this content",
        )
        for operation in ("INSERT", "UPDATE")
    ),
    *(
        Guard(
            f"gate_set_referred_{operation.lower()}",
            "gate_set",
            operation,
            REFERRED,
            "a set that a crossing refers to is never changed or deleted",
        )
        for operation in ("UPDATE", "DELETE")
    ),
    Guard(
        "crossing_passes",
        "crossing",
        "INSERT",
        LACKS,
        "a crossing needs a valid pass of every gate the plan requires for this content, now",
    ),
    Guard(
        "crossing_content",
        "crossing",
        "INSERT",
        f"NOT EXISTS (SELECT 1 FROM release l WHERE {OF_RELEASE})",
        "a crossing carries the digest and the epoch of its release",
    ),
    Guard(
        "release_ended",
        "release",
        "UPDATE",
        "OLD.state IN ('live', 'rolled back') AND (NEW.state <> OLD.state OR NEW.at <> OLD.at"
        " OR NEW.percent <> OLD.percent)",
        "a release that has ended stays as it is",
    ),
    Guard("release_pinned", "release", "UPDATE", CHANGED, "what is pinned with a release is never changed"),
    Guard(
        "release_digest",
        "release",
        "UPDATE",
        "OLD.digest <> '' AND NEW.digest <> OLD.digest",
        "the digest of a release is set once",
    ),
    Guard("release_epoch", "release", "UPDATE", "NEW.epoch < OLD.epoch", "the epoch of a release only rises"),
    Guard("release_stays", "release", "DELETE", "1 = 1", "releases are never deleted"),
)


def sqlite(guard: Guard) -> str:
    return (
        f"CREATE TRIGGER {guard.name} BEFORE {guard.operation} ON {guard.table} WHEN {guard.condition} "
        f"BEGIN SELECT RAISE(ABORT, '{guard.message}'); END"
    )


def postgresql(guard: Guard) -> str:
    kept = "OLD" if guard.operation == "DELETE" else "NEW"
    return (
        f"CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {guard.condition} THEN "
        f"RAISE EXCEPTION '{guard.message}' USING ERRCODE = 'integrity_constraint_violation'; "
        f"END IF; RETURN {kept}; END $$; "
        f"CREATE TRIGGER {guard.name} BEFORE {guard.operation} ON {guard.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {guard.name}()"
    )


def upgrade() -> None:
    write = postgresql if op.get_context().dialect.name == "postgresql" else sqlite
    for guard in GUARDS:
        op.execute(write(guard))
    op.execute("INSERT INTO chain (release_id, seq, head) VALUES (-1, 0, ''), (0, 0, '')")
