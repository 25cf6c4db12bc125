"""One Kubernetes API server through the official client: every call bounded, every failure in our words.

Only the kinds of `kinds.py` are known, so nothing has to be discovered; nothing is watched, since a watch may go silent
unseen.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from kubernetes.client import ApiClient, ApiException, Configuration
from kubernetes.dynamic import DynamicClient
from urllib3.exceptions import HTTPError

from pipeline.errors import NeedsHuman, TryLater

from .access import Access
from .kinds import path_of
from .notes import Manifest
from .refusals import Conflict, Missing, refused

MANAGER = "sluice"
UNAUTHORIZED = 401
CONNECT, ANSWER = 3.0, 5.0  # seconds a call may take, well within the budget of a tick
SILENT = 4.0  # seconds for which a server that did not answer is not asked again: the other clusters come first
MINE = {"field_manager": MANAGER}
APPLY = {"content_type": "application/apply-patch+yaml"}  # JSON is YAML
PART = {"content_type": "application/merge-patch+json"}
STEPS = {"content_type": "application/json-patch+json"}
Words = Mapping[str, str]


class Api:
    """The API server of the cluster `name`. One client, one pool of connections, both made at the first call.

    `access` is asked then, and once more when the server refuses the token: it may have been renewed meanwhile.
    """

    def __init__(
        self,
        name: str,
        access: Callable[[], Access | Configuration],
        *,
        connect: float = CONNECT,
        answer: float = ANSWER,
    ) -> None:
        self._name = name
        self._access = access
        self._timeout = (connect, answer)
        self._silent_until = 0.0
        self._client: DynamicClient | None = None
        self._known: Access | Configuration | None = None

    def get(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """The object, None if there is none."""
        try:
            return _object(self._ask("get", path_of(kind, namespace, name)))
        except Missing:
            return None

    def find(self, kind: str, namespace: str, labels: Words, fields: Words = MappingProxyType({})) -> list[Manifest]:
        """The objects with these labels, and these words in their fields, read from the database of the cluster and not
        from a cache."""
        asked = {"label_selector": _selector(labels), **({"field_selector": _selector(fields)} if fields else {})}
        return list(_object(self._ask("get", path_of(kind, namespace), **asked)).get("items") or ())

    # Each write answers with the object as it is from then on: as good as reading it.

    def create(self, body: Manifest, namespace: str) -> Manifest:
        """A new object; refused if it is there already."""
        return self._made("post", path_of(body["kind"], namespace), body=body, **MINE)

    def replace(self, body: Manifest, namespace: str) -> Manifest:
        """Refused unless it is still the version that was read."""
        return _object(self._ask("put", path_of(body["kind"], namespace, body["metadata"]["name"]), body=body, **MINE))

    def apply(self, body: Manifest, namespace: str) -> Manifest:
        """Server-side apply. What another manager has changed is a conflict for a person, never overwritten."""
        path = path_of(body["kind"], namespace, body["metadata"]["name"])
        return self._made("patch", path, body=body, **MINE, **APPLY)

    def scale(self, namespace: str, deployment: str, replicas: int, version: str) -> str:
        """Other replicas by way of the scale, as autoscalers do it: the version of the Deployment from then on. Refused
        unless it is still `version`."""
        meta = {"name": deployment, "namespace": namespace, "resourceVersion": version}
        body = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": meta, "spec": {"replicas": replicas}}
        done = self._ask("put", f"{path_of('Deployment', namespace, deployment)}/scale", body=body, **MINE)
        return str(_object(done)["metadata"]["resourceVersion"])

    def note(self, kind: str, namespace: str, name: str, was: Words, words: Words) -> Manifest | None:
        """Other annotations for an object that need not be read before: None unless it has those that it `was` to have,
        or if the server does not take it."""
        steps = [_step("test", key, value) for key, value in was.items()]
        steps += [_step("replace", key, value) for key, value in words.items()]
        try:
            return _object(self._ask("patch", path_of(kind, namespace, name), body=steps, **MINE, **STEPS))
        except (Missing, NeedsHuman, Conflict):
            return None

    def answer(self, path: str, body: Manifest | None = None) -> Manifest:
        """What the server says to a question: its version; a review of rights or a token, which stores nothing."""
        return _object(self._ask("get", path) if body is None else self._ask("post", path, body=body))

    def patch(self, kind: str, namespace: str, name: str, part: Manifest) -> Manifest:
        """These parts of an object, as they should be from now on."""
        return _object(self._ask("patch", path_of(kind, namespace, name), body=part, **MINE, **PART))

    def delete(self, kind: str, namespace: str, name: str, rest: str = "") -> None:
        """Gone, or it never was there. `rest`: of what it owns, Background, or Foreground: before itself."""
        asked = {"query_params": [("propagationPolicy", rest)]} if rest else {}
        try:
            self._ask("delete", path_of(kind, namespace, name), **asked)
        except Missing:
            return

    def log(self, namespace: str, pod: str, container: str, since: str, limit: int) -> bytes:
        """What a container wrote since that second ("" = all), each line with its time; at most `limit` bytes."""
        asked = [("container", container), ("timestamps", "true"), ("limitBytes", str(limit))]
        asked += [("sinceTime", since)] if since else []
        return self._ask("get", f"{path_of('Pod', namespace, pod)}/log", query_params=asked)

    def last_words(self, namespace: str, pod: str) -> str:
        """The end of what the container of a pod wrote before it ended."""
        end = [("previous", "true"), ("tailLines", "5"), ("limitBytes", "4096")]
        return self._ask("get", f"{path_of('Pod', namespace, pod)}/log", query_params=end).decode("utf-8", "replace")

    def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            self._client.client.close()
            self._client = None

    def _made(self, method: str, path: str, **words: object) -> Manifest:
        """What makes an object, so that only a place for it can be missing: its namespace, or its kind."""
        try:
            return _object(self._ask(method, path, **words))
        except Missing as why:
            raise NeedsHuman(f"{why}; make it, and let Sluice in: sluice cluster add {self._name}") from why

    def _ask(self, method: str, path: str, **words: object) -> bytes:
        if time.monotonic() < self._silent_until:
            raise self._away("it did not answer a moment ago")
        try:
            return self._answer(method, path, **words)
        except ApiException as error:
            raise refused(self._name, error) from error
        except (HTTPError, OSError) as error:
            self._silent_until = time.monotonic() + SILENT
            raise self._away(f"{type(error).__name__}: {error}"[:300]) from error

    def _answer(self, method: str, path: str, **words: object) -> bytes:
        """One call; a second one with a client made anew when there is another token than the one it refuses."""
        server, known = self._server(), self._known
        try:
            return _called(server, method, path, self._timeout, words)
        except ApiException as error:
            if error.status != UNAUTHORIZED:
                raise
            self.close()
            server = self._server()
            if self._known == known:
                raise
            return _called(server, method, path, self._timeout, words)

    def _server(self) -> DynamicClient:
        if self._client is None:
            self._known = self._found()
            known = self._known
            client = ApiClient(known if isinstance(known, Configuration) else _configuration(known))
            self._client = DynamicClient(client, discoverer=lambda *_: None)  # type: ignore[no-untyped-call]
        return self._client

    def _found(self) -> Access | Configuration:
        """No access is no answer of the cluster: what is under way there is held until somebody gives it again."""
        try:
            return self._access()
        except NeedsHuman as why:
            raise TryLater(str(why), timedelta(seconds=5)) from why

    def _away(self, why: str) -> TryLater:
        return TryLater(f"the API server of {self._name} cannot be reached: {why}", timedelta(seconds=2))


def _called(
    server: DynamicClient, method: str, path: str, timeout: tuple[float, float], words: Mapping[str, object]
) -> bytes:
    answer = server.request(method, path, **words, serialize=False, _request_timeout=timeout)
    return bytes(answer.data)


def _configuration(access: Access) -> Configuration:
    """Nothing but the three, and no proxy of the environment: certificate checked, no retries, no redirects."""
    made = Configuration(host=access.host, ca_cert_data=access.authority, retries=False)
    made.api_key = {"BearerToken": f"Bearer {access.token}"}
    made.proxy = None
    return made


def _selector(words: Words) -> str:
    return ",".join(f"{key}={value}" for key, value in words.items())


def _step(what: str, annotation: str, value: str) -> Manifest:
    """Of a JSON patch, in which a `/` in a name is written `~1`."""
    return {"op": what, "path": f"/metadata/annotations/{annotation.replace('/', '~1')}", "value": value}


def _object(answer: bytes) -> Manifest:
    try:
        found = json.loads(answer)
    except ValueError as error:
        raise TryLater(f"the API server answered no JSON: {answer[:100]!r}") from error
    return dict(found)
