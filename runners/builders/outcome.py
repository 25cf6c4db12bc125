"""How a build stands, from what its job says and from what it left behind."""

import re
from pathlib import Path

from runners.ports import BuildSeen, Jobs, JobState

from .results import left

DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
TIMEOUT = 1800.0  # seconds a build may take
FLOOR = 5 * 1000**3  # bytes that must be free, or no build begins


def outcome(jobs: Jobs, results: Path, name: str) -> BuildSeen:
    """The digest once there is one, or the reason why there is none."""
    seen = jobs.look(name)
    if seen.state not in (JobState.DONE, JobState.FAILED):
        return BuildSeen(seen.state)
    result = left(results, name)
    if seen.state is JobState.FAILED:
        return BuildSeen(JobState.FAILED, "", result.get("why") or seen.why)
    if not DIGEST.fullmatch(digest := result.get("digest", "")):
        return BuildSeen(JobState.FAILED, "", "the build ended without leaving a digest")
    return BuildSeen(JobState.DONE, digest)


def no_room(free: int, floor: int, where: str) -> str:
    """Why no build begins on a disk that is nearly full, "" if there is room."""
    if free >= floor:
        return ""
    return (
        f"builder.disk: {free / 1e9:.1f} GB are free in {where}, a build needs {floor / 1e9:.1f} GB; remove what is "
        f"not needed, then run the release again"
    )
