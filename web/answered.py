"""What one web process has answered, for Prometheus: how often, with what, and how fast."""

from prometheus_client import CollectorRegistry, Counter, Histogram


class Answered:
    """Requests by endpoint, method and status; seconds to the first byte by endpoint."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "sluice_http_requests", "Requests answered", ["endpoint", "method", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "sluice_http_request_seconds", "Time to the first byte", ["endpoint"], registry=self.registry
        )

    def count(self, endpoint: str, method: str, status: int, seconds: float | None) -> None:
        """One more answer. `seconds` is None where nobody saw the request begin."""
        self._requests.labels(endpoint, method, str(status)).inc()
        if seconds is not None:
            self._seconds.labels(endpoint).observe(seconds)
