"""By which unit an app can be judged, as its history says."""

from dataclasses import asdict

from pipeline.store.units import Units

from .. import acting
from ..endpoint import Call
from ..gives import OutcomeOut
from ..gives_units import TrialOut, UnitOut
from ..takes import ActionIn
from .releases import outcome_of


def show(call: Call) -> UnitOut:
    """What was chosen last, from how much history, and how each unit did."""
    app = call.path["app"]
    known = Units(acting.knowing(app).sessions).of(app)
    if known.choice is None:
        return UnitOut(app=app, why="its history was not asked yet", due=known.due)
    told = asdict(known.choice) | {"trials": [TrialOut(**asdict(one)) for one in known.choice.trials]}
    return UnitOut(app=app, why=known.choice.why, due=known.due, **told)


def choose(call: Call) -> OutcomeOut:
    form = acting.Form(call.body(ActionIn).reason)
    return outcome_of(acting.choose(call.path["app"], call.user, form))
