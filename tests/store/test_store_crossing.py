"""What the database itself refuses, in SQL on a connection of ours, whatever the program would do."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from store_world import DIGEST, new

from pipeline.store.tables import ReleaseRow

KEY = {"release_id": 1, "step": "canary az1", "digest": DIGEST, "def_hash": "def-1", "cfg_hash": "cfg-1"}
GATES = ("tests", "turn", "approval release-managers", "freeze")
FOREIGN = {
    "release": {"release_id": 2},
    "step": {"step": "rollout az1"},
    "digest": {"digest": "sha256:" + "e" * 64},
    "definition": {"def_hash": "def-2"},
    "configuration": {"cfg_hash": "cfg-2"},
}


class Database:
    """Statements on one release that is built and waits at the passage "canary az1"."""

    def __init__(self, sessions):
        self.sessions = sessions

    def run(self, statement, **values):
        with self.sessions.writing() as session:
            values = {"now": self.sessions.now(session).timestamp(), **values}
            session.execute(text(statement), values)

    def result(self, gate, verdict="pass", valid=None, **changes):
        with self.sessions.reading() as session:
            now = self.sessions.now(session)
        until = None if valid is None else (now + valid).timestamp()
        self.run(
            "INSERT INTO gate_result (release_id, step, digest, def_hash, cfg_hash, gate, verdict, evidence_json,"
            " actor, at, valid_until) VALUES (:release_id, :step, :digest, :def_hash, :cfg_hash, :gate, :verdict,"
            " '{}', '', :now, :until)",
            **{**KEY, "gate": gate, "verdict": verdict, "until": until, **changes},
        )

    def all_pass(self, **changes):
        for gate in GATES:
            self.result(gate, **changes)

    def set(self, status, **changes):
        self.run(
            "INSERT INTO gate_set (release_id, step, digest, def_hash, cfg_hash, status, at)"
            " VALUES (:release_id, :step, :digest, :def_hash, :cfg_hash, :status, :now)",
            **{**KEY, "status": status, **changes},
        )

    def cross(self, status="passed", **changes):
        self.run(
            "INSERT INTO crossing (release_id, step, digest, def_hash, cfg_hash, status, epoch, at)"
            " VALUES (:release_id, :step, :digest, :def_hash, :cfg_hash, :status, 0, :now)",
            **{**KEY, "status": status, **changes},
        )

    def count(self, table):
        with self.sessions.reading() as session:
            return session.execute(text(f"SELECT count(*) FROM {table}")).scalar()


@pytest.fixture
def db(sessions, ledger):
    for number in (1, 2):
        ledger.submit(new(f"{number}" * 40, digest=DIGEST), "tom")
    return Database(sessions)


def refused(why="."):
    return pytest.raises(IntegrityError, match=why)


def test_with_every_gate_passed_it_crosses(db):
    db.all_pass()
    db.set("passed")
    db.cross()

    assert db.count("crossing") == 1


def test_a_crossing_without_a_set_is_refused(db):
    db.all_pass()
    with refused():
        db.cross()


@pytest.mark.parametrize("status", ["passed", "pending"])
def test_a_crossing_on_a_pending_set_is_refused_and_cannot_call_itself_pending(db, status):
    db.all_pass()
    db.set("pending")
    with refused():
        db.cross(status)


@pytest.mark.parametrize("changes", FOREIGN.values(), ids=FOREIGN)
def test_a_crossing_on_the_set_of_something_else_is_refused(db, changes):
    """The set of the other content has passed; ours is missing."""
    db.all_pass()
    db.set("passed")
    with refused():
        db.cross(**changes)


@pytest.mark.parametrize("changes", FOREIGN.values(), ids=FOREIGN)
def test_passes_of_something_else_do_not_let_a_set_pass(db, changes):
    db.all_pass(**changes)
    with refused("every gate the plan requires"):
        db.set("passed")


def test_a_set_that_only_says_it_passed_is_refused(db):
    with refused("every gate the plan requires"):
        db.set("passed")
    db.set("pending")
    with refused("every gate the plan requires"):
        db.run("UPDATE gate_set SET status = 'passed'")


@pytest.mark.parametrize("missing", GATES)
def test_a_set_passes_only_with_every_required_gate(db, missing):
    for gate in GATES:
        if gate != missing:
            db.result(gate)
    with refused("every gate the plan requires"):
        db.set("passed")

    db.result(missing)
    db.set("passed")


@pytest.mark.parametrize("verdict", ["wait", "fail"])
def test_the_newest_word_of_a_gate_counts(db, verdict):
    db.all_pass()
    db.result("freeze", verdict)
    with refused("every gate the plan requires"):
        db.set("passed")


def test_a_pass_that_is_over_counts_nothing(db):
    db.all_pass()
    db.result("freeze", valid=timedelta(seconds=-1))
    with refused("every gate the plan requires"):
        db.set("passed")

    db.result("freeze", valid=timedelta(minutes=1))
    db.set("passed")


def test_a_gate_that_says_no_after_the_set_passed_still_stops_the_crossing(db):
    db.all_pass()
    db.set("passed")
    db.result("approval release-managers", "wait")
    with refused("a valid pass of every gate"):
        db.cross()


def test_a_passage_the_plan_does_not_have_cannot_be_crossed(db):
    with refused("every gate the plan requires"):
        db.set("passed", step="side door")


@pytest.mark.parametrize("changes", [{"epoch": 1}, {"digest": "sha256:" + "e" * 64}])
def test_a_crossing_carries_what_its_release_carries(db, changes):
    db.all_pass()
    db.all_pass(digest="sha256:" + "e" * 64)
    db.set("passed")
    db.set("passed", digest="sha256:" + "e" * 64)
    with refused("digest and the epoch"):
        db.run(
            "INSERT INTO crossing (release_id, step, digest, def_hash, cfg_hash, status, epoch, at)"
            " VALUES (:release_id, :step, :digest, :def_hash, :cfg_hash, 'passed', :epoch, :now)",
            **{**KEY, "epoch": 0, **changes},
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gate_set SET status = 'pending'",
        "UPDATE gate_set SET digest = 'x'",
        "UPDATE gate_set SET at = 0",
        "DELETE FROM gate_set",
    ],
)
def test_a_set_that_was_crossed_on_stays_as_it_is(db, statement):
    db.all_pass()
    db.set("passed")
    db.cross()
    with refused("never changed or deleted|every gate the plan requires"):
        db.run(statement)


def test_a_set_that_was_crossed_on_cannot_be_replaced_either(db):
    db.all_pass()
    db.set("passed")
    db.cross()
    if db.sessions.engine.dialect.name == "sqlite":
        with refused():
            db.run(
                "INSERT OR REPLACE INTO gate_set (release_id, step, digest, def_hash, cfg_hash, status, at) VALUES"
                " (:release_id, :step, :digest, :def_hash, :cfg_hash, 'pending', :now)",
                **KEY,
            )
    assert db.count("crossing") == 1


@pytest.mark.parametrize("table", ["event", "gate_required", "gate_result", "crossing", "vote", "asked"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET release_id = 2", "DELETE FROM {}"])
def test_what_was_written_is_never_rewritten(db, table, statement):
    db.all_pass()
    db.set("passed")
    db.cross()
    who = f"{', '.join(repr(value) for value in list(KEY.values())[1:])}, 'mia'"
    columns = "step, digest, def_hash, cfg_hash, who"
    flag = "TRUE" if db.sessions.engine.dialect.name == "postgresql" else "1"
    db.run(f"INSERT INTO vote (release_id, {columns}, yes, comment, at) VALUES (1, {who}, {flag}, '', 0)")
    db.run("INSERT INTO asked (release_id, verb, who, reason, passage, at) VALUES (1, 'pause', 'mia', '', '', 0)")
    before = db.count(table)
    with refused("never changed or deleted"):
        db.run(statement.format(table))
    assert db.count(table) == before > 0


@pytest.mark.parametrize(
    "change",
    ["digest = 'x'", "definition = 'x'", "def_hash = 'x'", "plan_json = 'x'", "\"commit\" = 'x'", "app = 'x'"],
)
def test_what_is_pinned_with_a_release_stays(db, change):
    with refused():
        db.run(f"UPDATE release SET {change} WHERE id = 1")


@pytest.mark.parametrize("state", ["live", "rolled back"])
@pytest.mark.parametrize("change", ["state = 'running'", "percent = 5", "at = 2"])
def test_an_end_is_an_end(db, state, change):
    db.run(f"UPDATE release SET state = '{state}' WHERE id = 1")
    with refused("has ended"):
        db.run(f"UPDATE release SET {change} WHERE id = 1")


def test_an_epoch_only_rises_and_a_release_stays(db):
    db.run("UPDATE release SET epoch = 5 WHERE id = 1")
    with refused("only rises"):
        db.run("UPDATE release SET epoch = 4 WHERE id = 1")
    with refused():
        db.run("DELETE FROM release WHERE id = 1")


@pytest.mark.parametrize("state", ["waiting", "LIVE", ""])
def test_there_are_five_states(db, state):
    with refused():
        db.run("UPDATE release SET state = :state WHERE id = 1", state=state)


def test_two_canaries_in_one_place_are_refused(db):
    target = (
        "INSERT INTO target (release_id, cluster, service, wave, slot, previous, touched_at, open, share_seen, trouble)"
        " VALUES (:release_id, 'az1', 'shop', 1, 'a', '', :now, :open, 0, '')"
    )
    db.run(target, release_id=1, open=True)
    with refused():
        db.run(target, release_id=2, open=True)
    db.run(target, release_id=2, open=False)


def test_a_digest_is_set_once(db, ledger):
    release_id = ledger.submit(new("3" * 40), "tom")
    db.run("UPDATE release SET digest = 'first' WHERE id = :id", id=release_id)
    with refused("set once"):
        db.run("UPDATE release SET digest = 'second' WHERE id = :id", id=release_id)
    with db.sessions.reading() as session:
        assert session.get_one(ReleaseRow, release_id).digest == "first"
