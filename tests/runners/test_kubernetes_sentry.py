"""The process around the guard: what keeps it from starting, and what its probes say."""

import subprocess
import sys
import time

import pytest

from runners.clusters.kubernetes.sentry import STUCK, Health


def guard(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "runners", "guard", *words]
    return subprocess.run(argv, env=env, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (["gateway", "5", "shop"], {}, "would take healthy canaries back; write 30 or more"),
        (["mesh", "60", "shop"], {}, "'mesh' is no way to split requests; write gateway or replicas"),
        (["gateway", "60"], {}, "name the namespaces to guard"),
        (["gateway", "60", "shop"], {}, "this is no pod: KUBERNETES_SERVICE_HOST is not set"),
        (["gateway", "60", "shop"], {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, "the pod has no account"),
    ],
)
def test_what_keeps_it_from_starting_is_said_in_one_line(words: list[str], env: dict[str, str], said: str) -> None:
    done = guard(*words, **env)

    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_time_that_is_no_number_shows_how_it_is_called() -> None:
    assert guard("gateway", "soon", "shop").returncode == 2


def test_a_guard_is_ready_once_it_has_seen_and_alive_while_its_rounds_end() -> None:
    now = time.monotonic()
    fresh, seeing = Health(ended=now), Health(ended=now, sees=True)

    assert fresh.answer("/livez", now) == (200, "alive")
    assert fresh.answer("/readyz", now)[0] == 503
    assert seeing.answer("/readyz", now) == (200, "guarding")
    assert seeing.answer("/livez", now + STUCK) == (503, "no round has ended for 60 s")
    assert seeing.answer("/", now)[0] == 404
