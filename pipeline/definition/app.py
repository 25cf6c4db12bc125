"""`sluice.yaml`: what the app's team says about its app."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from .checks import agreed, clusters_once, gates_once, once, rising, said_in_manifests
from .judging import JudgeBy
from .part import Part
from .words import CPU, LABEL, MEMORY, READY, Duration, EnvName, Name, Percent, RepoPath

Command = Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class Bundle(Part):
    """How to make a bundle: a copy of the tree and, for Python apps, a virtual environment from a lock with hashes."""

    python: RepoPath | None = Field(
        default=None,
        description="Path of a requirements file with hashes; Sluice makes a virtual environment from it.",
        examples=["requirements.lock"],
    )
    run: Command | None = Field(
        default=None, description="One command that is run in the copy, for other languages.", examples=["make build"]
    )


class Image(Part):
    """How to make an image: a Dockerfile and the folder that it may copy from."""

    context: RepoPath = Field(
        default=".", description="The folder that the Dockerfile may copy from.", examples=["services/shop"]
    )
    dockerfile: RepoPath = Field(
        default="Dockerfile", description="The Dockerfile, as seen from the context.", examples=["deploy/Dockerfile"]
    )
    args: dict[EnvName, str] = Field(
        default={}, description="Values for the ARGs of the Dockerfile, no secrets.", examples=[{"PYTHON": "3.11"}]
    )


class Build(Part):
    """What to build. Local clusters take a bundle, Kubernetes clusters an image."""

    bundle: Bundle = Field(
        default=Bundle(), description="A copy of the tree with what it needs to run.", examples=[{"run": "make build"}]
    )
    image: Image = Field(
        default=Image(),
        description="An image, kept in the registry that platform.yaml names.",
        examples=[{"dockerfile": "deploy/Dockerfile"}],
    )


class Chart(Part):
    """A Helm chart in the repository of the app."""

    path: RepoPath = Field(description="The folder of the chart.", examples=["deploy/chart"])
    values: Annotated[tuple[RepoPath, ...], Field(max_length=10), AfterValidator(once)] = Field(
        default=(),
        description="Files with values, the later ones win.",
        examples=[["deploy/values.yaml"]],
    )


class Serve(Part):
    """How a replica runs: ready when `ready` answers 200 on $PORT. A local cluster runs `run` in a shell; an image has
    its own command."""

    run: Command | None = Field(
        default=None,
        description="The command of one replica in a local cluster, run in a shell. It listens on 127.0.0.1:$PORT.",
        examples=["gunicorn -b 127.0.0.1:$PORT shop:app"],
    )
    ready: Annotated[str, StringConstraints(pattern=READY)] = Field(
        default="/", description="The page that answers 200 when a replica can serve.", examples=["/readyz"]
    )
    replicas: Annotated[int, Field(ge=1, le=50)] = Field(
        default=2, description="Replicas in each cluster at full size.", examples=[4]
    )
    ready_within: Annotated[Duration, Field(ge=1, le=3600)] = Field(
        default=60.0,
        alias="ready-within",
        description="A replica that is not ready after so long fails the release.",
        examples=["2m"],
    )
    drain: Annotated[Duration, Field(ge=0, le=600)] = Field(
        default=2.0, description="The longest request; an old replica is stopped after it.", examples=["10s"]
    )
    env: dict[EnvName, str] = Field(
        default={}, description="Variables of the environment, no secrets.", examples=[{"LOG_LEVEL": "info"}]
    )
    secrets: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=LABEL)], ...], Field(max_length=20), AfterValidator(once)
    ] = Field(
        default=(),
        description="Secrets of a Kubernetes cluster whose keys become variables too: where its database is, and such.",
        examples=[["shop-database"]],
    )
    cpu: Annotated[str, StringConstraints(pattern=CPU)] | None = Field(
        default=None, description="What a replica asks of its node, in Kubernetes.", examples=["250m"]
    )
    manifests: RepoPath | None = Field(
        default=None,
        description="A file or folder with a Deployment and a Service for Kubernetes; releases set image and replicas.",
        examples=["deploy/kubernetes"],
    )
    chart: Chart | None = Field(
        default=None,
        description="A Helm chart that gives the same, rendered by helm 4 at the commit of a release.",
        examples=[{"path": "deploy/chart", "values": ["deploy/values.yaml"]}],
    )
    memory: Annotated[str, StringConstraints(pattern=MEMORY)] | None = Field(
        default=None,
        description="What a replica asks of its node and may not exceed, in Kubernetes.",
        examples=["192Mi"],
    )

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        return agreed(self, said_in_manifests(dict(self)))


class Test(Part):
    """One test command, run in the built tree."""

    run: Command = Field(description="The command; it passes when it ends with 0.", examples=["python -m pytest -q"])
    timeout: Annotated[Duration, Field(ge=1, le=7200)] = Field(
        default=600.0, description="A test that takes longer is stopped and failed.", examples=["5m"]
    )


class ApprovalBy(Part):
    """Who must agree at the entry of a wave."""

    from_: Name = Field(alias="from", description="The group that is asked.", examples=["release-managers"])
    of: Annotated[int, Field(ge=1, le=20)] = Field(
        default=1, description="How many of the group must agree; authors of the release do not count.", examples=[2]
    )
    expires: Annotated[Duration, Field(ge=60, le=30 * 86400)] = Field(
        default=86400.0, description="A yes is valid for so long.", examples=["8h"]
    )


class ApprovalGate(Part):
    """`- approval: {from: release-managers, of: 2}`"""

    approval: ApprovalBy = Field(
        description="People who must agree before the wave begins.", examples=[{"from": "release-managers", "of": 2}]
    )


class Wave(Part):
    """Clusters that get the release together, the ladder of shares there, and the soak."""

    clusters: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50), AfterValidator(once)] = Field(
        description="Clusters that get the release together.", examples=[["az1"]]
    )
    canary: Annotated[tuple[Percent, ...], Field(max_length=20), AfterValidator(rising)] = Field(
        default=(5, 25, 50),
        description="Shares of the traffic the canary climbs, each larger than the one before.",
        examples=[["1%", "10%", "50%"]],
    )
    soak: Annotated[Duration, Field(ge=0, le=7 * 86400)] = Field(
        default=300.0,
        description="Observed healthy time at 95 % (without a gateway 50 %) before the wave ends; outages add nothing.",
        examples=["10m"],
    )
    gates: Annotated[tuple[ApprovalGate, ...], Field(max_length=10), AfterValidator(gates_once)] = Field(
        default=(),
        description="What must agree before the wave begins.",
        examples=[[{"approval": {"from": "release-managers"}}]],
    )


class App(Part):
    """A whole `sluice.yaml`."""

    app: Name = Field(description="The name of the app, as platform.yaml has it.", examples=["shop"])
    build: Build = Field(
        default=Build(), description="How to build it.", examples=[{"bundle": {"python": "requirements.lock"}}]
    )
    serve: Serve = Field(description="How to run it.", examples=[{"run": "./serve --port $PORT"}])
    test: Annotated[dict[Name, Test], Field(max_length=20)] = Field(
        default={}, description="Test commands by name; all must pass.", examples=[{"unit": {"run": "make test"}}]
    )
    judge: JudgeBy = Field(
        default=JudgeBy(), description="When a canary is good enough.", examples=[{"errors": {"margin": "2pp"}}]
    )
    waves: Annotated[tuple[Wave, ...], Field(min_length=1, max_length=50), AfterValidator(clusters_once)] = Field(
        description="Where the release goes, one wave after the other.", examples=[[{"clusters": ["az1"]}]]
    )
    undo: Literal["all", "wave"] = Field(
        default="all",
        description="When a later wave fails: take back all waves, or only that one.",
        examples=["wave"],
    )
    order: Literal["in_order", "latest_wins"] = Field(
        default="latest_wins",
        description="When commits queue up: release each in order, or let a newer one take the place of a waiting one.",
        examples=["in_order"],
    )
    keep_old: Literal["full", "floor"] = Field(
        default="full",
        alias="keep-old",
        description="How much of the old version runs during the soak: all of it, or only what its share needs.",
        examples=["floor"],
    )
