"""What an API server refuses, as an error of ours with what to do about it."""

import json
from datetime import timedelta

from kubernetes.client import ApiException

from pipeline.errors import NeedsHuman, PipelineError, TryLater


class Missing(TryLater):
    """There is no such object, or none any more: read again, and decide again."""


class Conflict(TryLater):
    """The object was written by somebody since it was read: read it again, and decide again."""


def refused(name: str, error: ApiException) -> PipelineError:
    """An answer of the API server of `name` that is no success."""
    return trouble(name, error.status or 0, _said(error), _after(error))


def trouble(name: str, status: int, message: str, after: float) -> PipelineError:
    """An answer of the API server of `name` as an error of ours, with what to do about it."""
    match status:
        case 401:
            return TryLater(f"{name} no longer takes the token of Sluice; renew it: sluice cluster add {name}")
        case 404:
            return Missing(f"{name} has no such object: {message}", timedelta(seconds=1))
        case 409 if "conflict with" in message:
            return NeedsHuman(f"somebody else changed an object in {name} that Sluice manages: {message}")
        case 409:
            return Conflict(f"somebody else wrote in {name} at the same moment: {message}", timedelta(seconds=0.3))
        case 429:
            return TryLater(f"the API server of {name} is busy: {message}", timedelta(seconds=after or 2))
        case 403 | 422 | 400:
            return NeedsHuman(f"{name} refuses it: {message}")
        case _:
            return TryLater(f"the API server of {name} answers {status}: {message}", timedelta(seconds=after or 2))


def _said(error: ApiException) -> str:
    """The server's own sentence."""
    try:
        return str(json.loads(error.body or "")["message"])[:500]
    except (TypeError, ValueError, KeyError):
        return str(error.reason or error.body)[:500]


def _after(error: ApiException) -> float:
    """Seconds the server asks us to stay away, 0 = it did not say."""
    told = (error.headers or {}).get("Retry-After", "")
    return float(told) if str(told).isdigit() else 0.0
