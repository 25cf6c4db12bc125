"""By which unit an app can be judged, as its history says."""

from dataclasses import asdict

from pipeline.store.units import Units

from .. import acting
from ..endpoint import Call
from ..face import face
from ..gives import OutcomeOut
from ..gives_units import TrialOut, UnitOut
from ..problems import Problem
from ..takes import ActionIn
from .releases import outcome_of


def show(call: Call) -> UnitOut:
    """What was chosen last, from how much history, and how each unit did."""
    here, app = face(), call.path["app"]
    if app not in here.settings.platform.apps:
        raise Problem(404, "app.unknown", f"{app} is no app of this installation; see platform.yaml.")
    known = Units(here.sessions).of(app)
    if known.choice is None:
        return UnitOut(app=app, why="its history was not asked yet", due=known.due)
    told = asdict(known.choice) | {"trials": [TrialOut(**asdict(one)) for one in known.choice.trials]}
    return UnitOut(app=app, why=known.choice.why, due=known.due, **told)


def choose(call: Call) -> OutcomeOut:
    form = acting.Form(call.body(ActionIn).reason)
    return outcome_of(acting.choose(call.path["app"], call.user, form))
