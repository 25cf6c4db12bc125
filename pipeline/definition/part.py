"""What every part of a definition is: read strictly, and never changed."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Every part of a definition: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
