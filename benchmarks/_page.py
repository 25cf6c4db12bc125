"""Where the figures of a benchmark stand in a page of the docs: between two marks of its name."""

from pathlib import Path


def put(page: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, rest = page.read_text().split(begin)
    page.write_text(f"{before}{begin}{text}\n{end}{rest.split(end)[1]}")
