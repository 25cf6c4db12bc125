"""`python -m pipeline.store.migrate`, as the chart's job runs it."""

import os
import subprocess
import sys
from pathlib import Path

from pipeline.store.migrate import migrate


def run(url: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "pipeline.store.migrate"]
    return subprocess.run(words, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=False)


def test_a_database_that_is_away_is_a_sentence_and_no_traceback() -> None:
    ended = run("postgresql+psycopg://nobody@127.0.0.1:1/none")

    assert ended.returncode == 1
    assert ended.stderr.startswith("The database does not answer, nothing was changed: ")
    assert "Traceback" not in ended.stderr


def test_an_old_and_a_new_database_end_at_the_newest_schema(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sluice.db'}"

    assert run(url).returncode == 0
    migrate(url)
    assert run(url).returncode == 0


def test_no_address_says_how_to_give_one() -> None:
    ended = run("")

    assert ended.returncode == 2
    assert "DATABASE_URL" in ended.stdout
