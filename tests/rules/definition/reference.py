"""The reference as it must be. After a change of a key: `python -m tests.rules.definition.reference` writes it anew."""

import json
from pathlib import Path

from pipeline.definition.app import App
from pipeline.definition.platform import Platform
from pipeline.definition.reference import table
from pipeline.definition.schema import schema

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
PAGES = {"sluice-yaml.md": App, "platform-yaml.md": Platform}
BEGIN, END = "<!-- keys -->\n", "<!-- /keys -->"


def page(name: str) -> str:
    """The page as it stands, with the table of keys as the models have it."""
    before, rest = (REFERENCE / name).read_text().split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}{table(schema(PAGES[name]))}\n{END}{after}"


def editors_schema() -> str:
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    for name in PAGES:
        (REFERENCE / name).write_text(page(name))
    (REFERENCE / "sluice.schema.json").write_text(editors_schema())
