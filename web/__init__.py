"""The face: dashboard, API, webhooks. Shows rows, takes votes and orders, rings the bell."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from .settings import WebSettings


def create_app(settings: "WebSettings | None" = None) -> "Flask":
    """One web process. Reads the environment unless it is told what to use."""
    from .app import assembled  # here, as whoever needs one part of the face need not read all of it

    return assembled(settings)
