"""The Kubernetes API by plain HTTP: objects and logs, with patience."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from orchestration.launchers.access import Access
from orchestration.launchers.base import JobRejected, LauncherUnreachable

_TIMEOUT = 30.0  # seconds for one answer
_LONGEST_PAUSE = 30.0
_BUSY = {429, 500, 502, 503, 504}


class KubernetesApi:
    """Requests to one API server.

    A request that finds nobody, or a server in trouble, is repeated. Creating is safe to repeat: what the first
    attempt made is there, under its name, when the second comes.

    Args:
        access: Address and credentials.
        pause: Seconds before the first repetition; it doubles.
        patience: Seconds after which the server counts as unreachable.
    """

    def __init__(self, access: Access, pause: float, patience: float) -> None:
        self.server = access.server
        self._access = access
        self._pause = pause
        self._patience = patience

    def get(self, path: str, patience: float | None = None) -> dict[str, Any] | None:
        """An object or a list of them; None when there is none of that name. Raises LauncherUnreachable.

        Args:
            path: Of it.
            patience: Seconds, in place of the usual ones.
        """
        status, body = self._ask("GET", path, patience=patience)
        if status == 404:
            return None
        if status >= 400:
            raise LauncherUnreachable(f"{self.server} refused GET {path} ({status}): {_message(body)}")
        return dict(json.loads(body))

    def create(self, path: str, manifest: Mapping[str, Any]) -> bool:
        """Create an object; False when one of that name exists.

        Raises:
            JobRejected: The server does not accept it, or does not know its kind.
            LauncherUnreachable: See ``_ask``.
        """
        status, body = self._ask("POST", path, manifest)
        if status == 404:
            raise JobRejected(
                f"{self.server} does not know {manifest['kind']} ({manifest['apiVersion']}), or has no such namespace: "
                "install its operator, or change kubernetes.kind or kubernetes.namespace in the launcher's settings"
            )
        if status >= 400 and status != 409:
            raise JobRejected(f"{self.server} refused {manifest['kind']}: {_message(body)}: change the settings")
        return status != 409

    def delete(self, path: str) -> None:
        """Delete an object with all that belongs to it; one that is not there is fine. Raises LauncherUnreachable."""
        self._ask("DELETE", path, {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"})

    def text(self, path: str) -> str:
        """A log; empty when there is none. Raises LauncherUnreachable."""
        status, body = self._ask("GET", path)
        return body if status < 400 else ""

    def _ask(
        self, method: str, path: str, content: Mapping[str, Any] | None = None, patience: float | None = None
    ) -> tuple[int, str]:
        """Status and body of an answer that is worth judging.

        Raises:
            LauncherUnreachable: Nobody answered, or the server was in trouble, for too long; or it does not let us in.
        """
        patience = self._patience if patience is None else patience
        deadline = time.monotonic() + patience
        pause = self._pause
        while True:
            problem = ""
            try:
                status, body = self._once(method, path, content)
            except (OSError, HTTPException) as error:
                problem = str(error)
            else:
                if status in {401, 403}:
                    raise LauncherUnreachable(
                        f"{self.server} does not let us {method} {path} ({status}): {_message(body)}: renew the token, "
                        "or apply infra/kubernetes/rbac.yaml"
                    )
                if status not in _BUSY:
                    return status, body
                problem = f"{status} {_message(body)}"
            if time.monotonic() > deadline:
                raise LauncherUnreachable(
                    f"{self.server} had no answer for {patience:.0f} s: {problem}: when it is back, run this "
                    "again; it joins the jobs that are there"
                )
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _once(self, method: str, path: str, content: Mapping[str, Any] | None) -> tuple[int, str]:
        headers = {"Accept": "*/*", "Content-Type": "application/json", **self._access.headers()}
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.server + path, data, headers, method=method)  # noqa: S310 - Access takes http(s) only
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT, context=self._access.tls) as answer:  # noqa: S310 - as above
                return int(answer.status), answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(errors="replace")


def _message(body: str) -> str:
    """The words of a Status object, or the body as it is."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.strip()[:500]
