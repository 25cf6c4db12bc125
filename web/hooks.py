"""Webhooks in: limits, signature, one row, one answer. What they mean is read later, by the intake."""

import re

from flask import Blueprint, Response, json, request

from pipeline.definition.platform import Hook

from . import limits, signatures
from .bodies import read_body
from .face import Face, face
from .problems import Problem
from .settings import UnsafeSettings
from .strict_json import JsonRefused, read_object

LARGEST = 25 * 1024 * 1024
EVENTS = ("X-GitHub-Event", "X-Gitea-Event", "X-Forgejo-Event", "X-Gogs-Event")
DELIVERIES = ("X-GitHub-Delivery", "X-Gitea-Delivery", "X-Forgejo-Delivery", "X-Gogs-Delivery")
WORD = re.compile(r"[A-Za-z0-9._-]{1,100}")

hooks = Blueprint("hooks", __name__)


@hooks.post("/hooks/<string:app>")
def receive(app: str) -> Response:
    """Nothing is read before the limits agree and the headers can be those of a signed delivery."""
    here = face()
    with (
        here.limiter.limit(limits.HOOK_ADDRESS, key_func=limits.address, scope="hooks"),
        here.limiter.limit(limits.HOOK, key_func=limits.source, scope="hook"),
    ):
        hook = _hook(here, app)
        claimed = _claimed(hook)
        body = read_body("webhook", LARGEST)
        signatures.refuse_unsigned(_secret(here, hook), body, claimed)
        _refuse_unclean(body)
        return _keep(here, app, body)


def _hook(here: Face, app: str) -> Hook:
    entry = here.settings.platform.apps.get(app)
    if entry is None or entry.webhook is None:
        # the same words whether the app is unknown or has no webhook: outsiders learn nothing about what there is
        raise Problem(404, "webhook.unknown_source", "No webhook is set up at this address; see `webhook` of the app.")
    return entry.webhook


def _claimed(hook: Hook) -> bytes:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(415, "webhook.encoding", "Compressed bodies are not read; send it without Content-Encoding.")
    signature = signatures.claimed(hook.kind, request.headers)
    if request.mimetype != "application/json":
        detail = f"{request.mimetype or 'No content type'} is not read; set the webhook to application/json."
        raise Problem(415, "webhook.content_type", detail)
    return signature


def _secret(here: Face, hook: Hook) -> bytes:
    try:
        return here.settings.read_secret(hook.secret)
    except UnsafeSettings as unsafe:
        detail = f"The secret of this webhook cannot be used: {unsafe}."
        raise Problem(503, "webhook.secret", detail, headers={"Retry-After": "60"}) from None


def _refuse_unclean(body: bytes) -> None:
    try:
        read_object(body)
    except JsonRefused as refused:
        raise Problem(400, f"webhook.{refused.kind}", str(refused)) from None


def _keep(here: Face, app: str, body: bytes) -> Response:
    headers = {"event": _word(EVENTS)}
    received = here.inbox.put(app, body, _word(DELIVERIES), headers)
    if not received.duplicate:
        here.bell.ring("intake", received.id)
    told = {"delivery": received.id, "duplicate": received.duplicate}
    return Response(json.dumps(told), status=202, mimetype="application/json")


def _word(names: tuple[str, ...]) -> str:
    """The value of the first of these headers that is there, if it is a plain word."""
    value = next((request.headers[name] for name in names if name in request.headers), "")
    return value if WORD.fullmatch(value) else ""
