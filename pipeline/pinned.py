"""The pinned form of a plan: what is stored with a release when it is created, and never read anew from outside."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from . import settings
from .definition.app import App
from .definition.platform import Platform
from .plan import Plan, Rung, Stage, Step
from .settings import Gate

FORM = 2  # how objects are rendered: where that changes, what was agreed to is void, as something else would be applied
_GATES: dict[str, type[Gate]] = {
    kind.__name__: kind
    for kind in (
        settings.AllTests,
        settings.Turn,
        settings.Approval,
        settings.Freeze,
        settings.Capacity,
        settings.Judge,
        settings.Soak,
        settings.Healthy,
        settings.Verified,
    )
}


def pin(app: App, plan: Plan, objects: Mapping[str, Any] | None = None) -> str:
    """Definition, plan and the app's own Kubernetes objects as one JSON text; `unpin` and `unpin_objects` read it."""
    steps = [_step(step) for step in plan]
    kept = {"app": app.model_dump(mode="json", by_alias=True), "plan": steps}
    return json.dumps(kept | ({"objects": dict(objects)} if objects else {}), sort_keys=True)


def unpin(text: str) -> tuple[App, Plan]:
    """What `pin` was given."""
    stored = json.loads(text)
    return App.model_validate(stored["app"]), tuple(_unstep(step) for step in stored["plan"])


def unpin_objects(text: str) -> dict[str, Any]:
    """The objects that `pin` was given; none where the app brings none."""
    found: dict[str, Any] = json.loads(text).get("objects", {})
    return found


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "stage": step.stage.value,
        "service": step.service,
        "clusters": step.clusters,
        "wave": step.wave,
        "rungs": [{"percent": rung.percent, "gates": _gates(rung.gates)} for rung in step.rungs],
        "enter": _gates(step.enter),
        "leave": _gates(step.leave),
        "by_replicas": step.by_replicas,
    }


def _unstep(stored: dict[str, Any]) -> Step:
    return Step(
        name=stored["name"],
        stage=Stage(stored["stage"]),
        service=stored["service"],
        clusters=tuple(stored["clusters"]),
        wave=stored["wave"],
        rungs=tuple(Rung(rung["percent"], _ungates(rung["gates"])) for rung in stored["rungs"]),
        enter=_ungates(stored["enter"]),
        leave=_ungates(stored["leave"]),
        by_replicas=stored.get("by_replicas", False),  # plans of older releases do not say
    )


def _gates(gates: tuple[Gate, ...]) -> list[dict[str, Any]]:
    return [{"gate": type(gate).__name__, **asdict(gate)} for gate in gates]


def _ungates(stored: list[dict[str, Any]]) -> tuple[Gate, ...]:
    return tuple(_GATES[gate["gate"]](**{key: _frozen(gate[key]) for key in gate if key != "gate"}) for gate in stored)


def _frozen(value: Any) -> Any:
    """A list of JSON as the tuple it was."""
    return tuple(_frozen(inner) for inner in value) if isinstance(value, list) else value


def configuration(platform: Platform, app: str) -> str:
    """
    The target configuration of an app as canonical JSON: its entry, the clusters, the rules that protect them, and the
    form in which objects are rendered from all that.
    """
    whole = platform.model_dump(mode="json", by_alias=True)
    rules = [rule for rule in whole["protection"] if not rule["apps"] or app in rule["apps"]]
    kept = {"app": whole["apps"][app], "clusters": whole["clusters"], "protection": rules, "groups": whole["groups"]}
    kept["form"] = FORM
    return json.dumps(kept, sort_keys=True)


def content_hash(text: str) -> str:
    """The name of a text by its content, as approvals and gates refer to it."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"
