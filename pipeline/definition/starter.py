"""The commented `sluice.yaml` that `sluice init` writes to start from."""

_TEXT = """\
# How @APP@ is built, tested and released. Every key is explained in docs/reference/sluice-yaml.md of Sluice;
# `sluice validate` reads this file and says what is wrong, with line and column.
app: @APP@   # as platform.yaml names it

# A copy of the tree, with what it needs to run. For a Python app: {python: requirements.lock}, a file with hashes.
build:
  bundle: {run: "true"}

# One replica: it listens on 127.0.0.1:$PORT and is ready when this page answers 200.
serve:
  run: exec python3 -m http.server --bind 127.0.0.1 $PORT
  ready: /
  ready-within: 60s
  replicas: 2
  drain: 2s   # the longest request; an old replica is stopped after it

# All must end with 0 before anybody sees the new version.
test:
  unit: {run: "true", timeout: 10m}

# A canary climbs while it is not worse than what was there; it is taken back when it is.
judge:
  errors: {not-above: stable, margin: 0.5pp}

# One wave after the other. Shares grow from left to right; 100% follows by itself, after the soak.
waves:
  - clusters: [@CLUSTER@]
    canary: [5%, 25%, 50%]
    soak: 5m
    # gates:
    #   - approval: {from: release-managers, of: 2}

undo: all            # when a later wave fails, take back: all | wave
order: latest_wins   # when commits queue up: latest_wins | in_order
"""


def starter(app: str, cluster: str = "az1") -> str:
    """A valid `sluice.yaml` for `app`, first released to `cluster`."""
    return _TEXT.replace("@APP@", app).replace("@CLUSTER@", cluster)
