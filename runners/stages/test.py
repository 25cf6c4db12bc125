"""Run the app's own tests on what was built, one after the other."""

from datetime import timedelta

from pipeline.definition.app import Test
from pipeline.release import Release
from pipeline.verdict import Fail, Pass, Wait
from runners.ports import JobSpec, JobState, World

from .attempts import current
from .ran import Ran


def job_stem(release: Release, test: str) -> str:
    """What the names of the jobs of one test begin with."""
    return f"r{release.id}-test-{test}"


def run(release: Release, world: World) -> Ran:
    """Start the first test that was not started, or look at it. The first failure ends it."""
    took = []
    for test, command in release.spec.test.items():
        name = current(world.jobs, job_stem(release, test))
        seen = world.jobs.look(name)
        match seen.state:
            case JobState.UNKNOWN:
                world.jobs.start(_job(release, world, name, command))
                return Ran(Wait(f"Test {test} starts", look_again=timedelta(seconds=1)))
            case JobState.RUNNING:
                return Ran(Wait(f"Test {test} runs", look_again=timedelta(seconds=1)))
            case JobState.FAILED:
                return Ran(Fail(f"Test {test} failed: {seen.why}"))
            case JobState.DONE:
                took.append(f"{test} passed in {seen.seconds:.1f} s")
    return Ran(Pass("; ".join(took) or "The definition has no tests"))


def _job(release: Release, world: World, name: str, test: Test) -> JobSpec:
    tree = world.sources[release.app].checkout(release.commit)
    return world.builders[release.app].command(release.digest, tree, name, test.run, test.timeout)
