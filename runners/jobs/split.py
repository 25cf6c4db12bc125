"""Jobs on this machine, and those on images in a cluster: one port for both."""

from datetime import timedelta

from runners.ports import JobSeen, JobSpec

from .kubernetes.jobs import KubernetesJobs
from .process import ProcessJobs


class SplitJobs:
    """What runs on an image runs `there`, everything else `here`. A job stays where it was started."""

    def __init__(self, here: ProcessJobs, there: KubernetesJobs) -> None:
        self._here, self._there = here, there

    def start(self, spec: JobSpec) -> None:
        """Start it, or adopt the one of that name."""
        (self._there if spec.image else self._here).start(spec)

    def look(self, name: str) -> JobSeen:
        """As it is now."""
        return self._of(name).look(name)

    def log(self, name: str, offset: int, limit: int = 262_144) -> bytes:
        """Its output from byte `offset`."""
        return self._of(name).log(name, offset, limit)

    def stop(self, name: str) -> None:
        """End it, if it runs."""
        self._of(name).stop(name)

    def prune(self, older_than: timedelta) -> int:
        """Forget the jobs that ended so long ago; how many went."""
        return self._here.prune(older_than) + self._there.prune(older_than)

    def _of(self, name: str) -> ProcessJobs | KubernetesJobs:
        return self._there if self._there.knows(name) else self._here
