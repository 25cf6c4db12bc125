"""`sluice down`: it ends what is of this home, and nobody else."""

import subprocess
import sys
from pathlib import Path

import pytest

from cli import processes
from cli.home import Home
from cli.up import end_what_continues
from runners.jobs.process import ProcessJobs
from runners.ports import JobSpec, JobState
from tests.runners.until import until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path):
    return Home.at(tmp_path / "home")


def test_down_ends_running_jobs_too(home):
    jobs = ProcessJobs(home.path / "jobs")
    jobs.start(JobSpec("r1-build-1", ("sleep", "600"), home.path, {}, 600.0))
    until(lambda: jobs.look("r1-build-1").seconds, "the job runs")  # one that never began may be begun again
    assert processes.jobs_of(home.path)

    end_what_continues(home)

    until(lambda: jobs.look("r1-build-1").state is JobState.FAILED, "the job was stopped")


ENDS_ITSELF = """
import subprocess, sys
from pathlib import Path
from cli.home import Home
from cli.up import down

class Ending(Home):
    def is_up(self):
        return next(looks)

    def told(self):
        return {"pid": supervisor.pid} if supervisor.poll() is None else {}

looks = iter([True, True, True, True, False])
with subprocess.Popen(["sleep", "600"]) as supervisor:
    down(Ending(Path(sys.argv[1])))
    print("the supervisor ended by", -supervisor.wait())
"""


def test_down_ends_nobody_else_when_the_supervisor_has_tidied_up_and_is_not_gone_yet(home):
    argv = [sys.executable, "-c", ENDS_ITSELF, str(home.path)]

    told = subprocess.run(argv, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, text=True, check=True).stdout

    assert told == "the supervisor ended by 15\n"


def test_down_where_nothing_is_says_so(nobody):
    assert nobody("down").exit_code == 2
    (nobody.folder / "sluice-home").mkdir()
    assert nobody("down").output == "Nothing was running.\n"
