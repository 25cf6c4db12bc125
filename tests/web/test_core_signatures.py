"""Signatures of webhooks: the grammar of the header, then the bytes."""

import hmac
from hashlib import sha256

import pytest
from werkzeug.datastructures import Headers

from web.problems import Problem
from web.signatures import claimed, refuse_unsigned

GOOD = hmac.new(b"key", b"body", sha256).hexdigest()


@pytest.mark.parametrize(
    ("forge", "headers"),
    [
        ("github", {"X-Hub-Signature-256": f"sha256={GOOD}"}),
        ("github", {"X-Hub-Signature-256": f"sha256={GOOD}", "X-Hub-Signature": "sha1=abc"}),
        ("gitea", {"X-Gitea-Signature": GOOD}),
        ("gitea", {"X-Forgejo-Signature": GOOD}),
        ("gitea", {"X-Forgejo-Signature": GOOD, "X-Gitea-Signature": GOOD}),
    ],
)
def test_a_signed_body_is_believed(forge, headers):
    refuse_unsigned(b"key", b"body", claimed(forge, Headers(headers)))


@pytest.mark.parametrize(
    ("headers", "status", "code", "words"),
    [
        pytest.param({}, 401, "signature_missing", "X-Hub-Signature-256 is required for source 'github'", id="A1"),
        pytest.param({"X-Hub-Signature-256": "sha256=é"}, 401, "signature_malformed", "64 hex digits", id="A3"),
        pytest.param({"X-Hub-Signature-256": GOOD}, 401, "signature_malformed", "64 hex digits", id="no prefix"),
        pytest.param({"X-Hub-Signature-256": f"sha256={GOOD.upper()}"}, 401, "signature_malformed", "small", id="caps"),
        pytest.param({"X-Hub-Signature": "sha1=abc"}, 401, "signature_algorithm", "use SHA-256", id="A4"),
        pytest.param({"X-Hub-Signature-256": "sha1=abc"}, 401, "signature_algorithm", "use SHA-256", id="A4 in place"),
        pytest.param({"X-Hub-Signature-256": f"sha256={GOOD},x"}, 400, "header_repeated", "more than once", id="A5"),
    ],
)
def test_a_header_that_cannot_be_a_signature_is_refused(headers, status, code, words):
    with pytest.raises(Problem, match=words) as refused:
        claimed("github", Headers(headers))

    assert (refused.value.status, refused.value.code) == (status, f"webhook.{code}")


def test_two_different_signatures_are_refused():
    with pytest.raises(Problem) as refused:
        claimed("gitea", Headers({"X-Gitea-Signature": GOOD, "X-Forgejo-Signature": "0" * 64}))

    assert refused.value.code == "webhook.header_repeated"


@pytest.mark.parametrize("signature", ["0" * 64, GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1")])
def test_a_wrong_signature_of_the_right_form_is_refused(signature):
    with pytest.raises(Problem, match="same secret") as refused:
        refuse_unsigned(b"key", b"body", signature.encode())

    assert (refused.value.status, refused.value.code) == (401, "webhook.signature_mismatch")
