"""How the judge says numbers to people."""


def amount(value: float) -> str:
    """Evidence, as exact as a person needs it: 7.0, 242, 1,204, more than a million."""
    if value >= 1_000_000:
        return "more than a million"
    if value < 0.05:
        return "below 0.1"
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.1f}"


def limit(value: float) -> str:
    """A limit: 20, 33.3, 100."""
    return f"{value:,.1f}".removesuffix(".0")


def duration(seconds: float) -> str:
    """A time span in the unit a person would choose."""
    if seconds < 99.5:
        return _some(max(1, round(seconds)), "second")
    if seconds < 5400:
        return _some(round(seconds / 60), "minute")
    return _some(round(seconds / 3600), "hour")


def _some(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number:,} {unit}s"
