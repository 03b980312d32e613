"""A Kubernetes API for tests: the few paths that the launcher uses, objects in memory, conditions as told."""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import yaml

TOKEN = "a-token"
_KINDS = {
    "trainjobs": "/apis/trainer.kubeflow.org/v1alpha1",
    "trainingruntimes": "/apis/trainer.kubeflow.org/v1alpha1",
    "pytorchjobs": "/apis/kubeflow.org/v1",
}
_PATH = re.compile(r"(/apis?/.+?)/namespaces/([^/]+)/([^/]+)(?:/([^/]+))?(?:/(log))?$")


class FakeKubernetes:
    """The server.

    Attributes:
        objects: By collection and name.
        pods: With their labels, status and log.
        faults: Statuses that the next requests get, whatever they ask.
        requests: Every request, as (method, path).
        kinds: Collections that the cluster knows.
        lingering: Looks that a deleted object still shows itself to.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict] = {}
        self.pods: list[dict] = []
        self.faults: list[int] = []
        self.requests: list[tuple[str, str]] = []
        self.kinds = set(_KINDS)
        self.lingering = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cluster": self}))
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def kubeconfig(self, path: Path, token: str = TOKEN) -> Path:
        """Write the file that leads here."""
        config = {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": self.url}}],
            "users": [{"name": "u", "user": {"token": token}}],
        }
        path.write_text(yaml.safe_dump(config))
        return path

    def named(self, collection: str) -> list[str]:
        return [name for kind, name in self.objects if kind == collection]

    def condition(self, collection: str, kind: str, **words) -> None:
        """Let the one object of a collection have one more condition that holds."""
        (name,) = self.named(collection)
        status = self.objects[collection, name].setdefault("status", {})
        status.setdefault("conditions", []).append({"type": kind, "status": "True", **words})

    def answer(self, method: str, url: str, body: dict | None, token: str | None) -> tuple[int, object]:
        split = urlsplit(url)
        self.requests.append((method, split.path))
        if self.faults:
            return self.faults.pop(0), {"kind": "Status", "message": "the server is in trouble"}
        if token != f"Bearer {TOKEN}":
            return 401, {"kind": "Status", "message": "Unauthorized"}
        match = _PATH.match(split.path)
        assert match, url
        group, _, collection, name, log = match.groups()
        if collection == "pods":
            return self._pods(parse_qs(split.query), name, log)
        if collection not in self.kinds or _KINDS[collection] != group:
            return 404, "404 page not found"
        return self._object(method, collection, name, body)

    def _object(self, method: str, collection: str, name: str | None, body: dict | None) -> tuple[int, object]:
        if method == "POST":
            key = (collection, body["metadata"]["name"])
            if key in self.objects:
                return 409, {"kind": "Status", "message": "already exists"}
            self.objects[key] = body
            return 201, body
        if name is None:
            return 200, {"items": [found for (kind, _), found in self.objects.items() if kind == collection]}
        found = self.objects.get((collection, name))
        if found is None:
            return 404, {"kind": "Status", "message": "not found"}
        if method == "DELETE":
            found["metadata"]["deletionTimestamp"] = "now"
            found["looks"] = self.lingering
        if "looks" in found:
            found["looks"] -= 1
            if found["looks"] < 0:
                del self.objects[collection, name]
        return 200, found

    def _pods(self, query: dict, name: str | None, log: str | None) -> tuple[int, object]:
        if log:
            return 200, next(pod["log"] for pod in self.pods if pod["metadata"]["name"] == name)
        wanted = dict(part.split("=") for part in query["labelSelector"][0].split(","))
        return 200, {"items": [pod for pod in self.pods if wanted.items() <= pod["metadata"]["labels"].items()]}


class _Handler(BaseHTTPRequestHandler):
    cluster: FakeKubernetes

    def log_message(self, *_args) -> None:
        """Quietly."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        status, content = self.cluster.answer(self.command, self.path, body, self.headers.get("Authorization"))
        data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the names that http.server calls
