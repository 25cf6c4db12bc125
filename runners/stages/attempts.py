"""Which attempt of a job counts: the first, unless the platform lost it."""

from runners.ports import Jobs

MOST = 3  # attempts; what fails by itself is never tried again


def current(jobs: Jobs, stem: str) -> str:
    """The name of the attempt to look at or to start, `<stem>-<attempt>`; the same for whoever asks."""
    attempt = 1
    while attempt < MOST and jobs.look(f"{stem}-{attempt}").lost:
        attempt += 1
    return f"{stem}-{attempt}"
