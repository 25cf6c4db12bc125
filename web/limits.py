"""How often someone may ask: counted in Redis, or in this process while Redis is away."""

from hashlib import sha256
from time import time

from flask import Flask, Response, request
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address

from .problems import Problem, answer
from .tokens import read_token

HOOK, HOOK_ADDRESS = "600/minute", "60000/minute"  # of one app, and of all apps of one forge
CALL = "1200/minute"
SIGN_IN, SIGN_IN_ADDRESS = "10/15 minutes", "100/15 minutes"


def new_limiter(app: Flask, redis_url: str | None) -> Limiter:
    """The limits of this app. They fall back to memory, so that Redis is never needed for an answer."""
    storage = redis_url if redis_url and redis_url.startswith(("redis://", "rediss://")) else "memory://"
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=storage,
        storage_options={"socket_connect_timeout": 1, "socket_timeout": 1} if storage != "memory://" else {},
        key_prefix="sluice-limit",
        in_memory_fallback_enabled=True,
        strategy="fixed-window",
    )

    @app.errorhandler(RateLimitExceeded)
    def _too_many(error: RateLimitExceeded) -> Response:
        current = limiter.current_limit
        seconds = max(1, current.reset_at - int(time())) if current else 60
        detail = f"Too many requests, the limit is {error.limit.limit}; try again in {seconds} s."
        return answer(Problem(429, "http.too_many_requests", detail, headers={"Retry-After": str(seconds)}))

    return limiter


def address() -> str:
    """Where the request came from. Forwarded headers are not believed, anyone can write them."""
    return request.remote_addr or "unknown"


def source() -> str:
    """One forge that reports one app."""
    app = (request.view_args or {}).get("app", "")
    return f"{app}|{address()}"


def caller() -> str:
    """Who calls the API: the token's prefix, or the address."""
    token = read_token(request.headers.get("Authorization", "").removeprefix("Bearer "))
    return token.prefix if token else address()


def attempted(name: str) -> str:
    """The account someone tries to sign in to, from this address; hashed, as people type passwords there."""
    whom = name.strip().casefold()[:200]
    return sha256(f"{whom}|{address()}".encode("utf-8", "replace")).hexdigest()


def failed(response: Response) -> bool:
    """Only a wrong password counts towards the lock-out."""
    return response.status_code == 401
