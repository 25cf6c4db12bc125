"""What is new in a release, on a terminal."""

from .client import Json
from .terminal import Screen

STYLES = {"+": "green", "-": "red", "@": "cyan"}


def draw(screen: Screen, found: Json) -> None:
    """Commits first, then the definition, then cluster by cluster."""
    nothing = "It is the first version, or does not go forward any more: nothing is live beside it"
    screen.say((f"What is new since R-{found['since']}" if found["since"] else nothing, "bold"))
    for one in found["commits"]:
        screen.say((f"  {one['hash'][:7]} ", "yellow"), one["subject"], (f"  {one['author']}", "dim"))
    if found["definition"]:
        screen.say("Definition:")
        _lines(screen, found["definition"])
    if found["configured_anew"]:
        screen.say("The configuration of its targets is another one.")
    for cluster in found["clusters"]:
        if not cluster["rendered"] or cluster["objects"]:
            _cluster(screen, cluster)


def _cluster(screen: Screen, cluster: Json) -> None:
    screen.say((f"{cluster['cluster']}: ", "bold"), cluster["says"])
    for one in cluster["objects"]:
        if one["change"] != "same":
            screen.say((f"  {one['kind']} {one['name']} ({one['change']})", "bold"))
            _lines(screen, one["diff"])


def _lines(screen: Screen, diff: str) -> None:
    for line in diff.splitlines():
        screen.say((f"    {line}", STYLES.get(line[:1], "")))
