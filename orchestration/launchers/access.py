"""How the Kubernetes API is reached: address, certificate authority, credentials."""

import base64
import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.launchers.base import LauncherUnreachable

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class Access:
    """An API server, and who we are to it.

    Attributes:
        server: Address, without a slash at its end.
        token: Of a service account, or None.
        token_file: Where the token is read anew each time, since the cluster changes it; or None.
        tls: Trust and client certificate; None for plain HTTP.
    """

    server: str
    token: str | None = None
    token_file: Path | None = None
    tls: ssl.SSLContext | None = None

    @classmethod
    def find(cls, context: str = "", environment: Mapping[str, str] = os.environ) -> "Access":
        """The file that ``KUBECONFIG`` names; else the pod's own account, when this is a pod; else ``~/.kube/config``.

        Args:
            context: Of the file; empty: its current one.
            environment: Of this process.

        Raises:
            LauncherUnreachable: None of them is there, or it is damaged, or its credentials are of a kind that is not
                supported.
        """
        named = environment.get("KUBECONFIG")
        if not named and "KUBERNETES_SERVICE_HOST" in environment and _ACCOUNT.exists():
            host, port = environment["KUBERNETES_SERVICE_HOST"], environment.get("KUBERNETES_SERVICE_PORT", "443")
            tls = ssl.create_default_context(cafile=str(_ACCOUNT / "ca.crt"))
            return cls(f"https://{host}:{port}", token_file=_ACCOUNT / "token", tls=tls)
        path = Path(named.split(os.pathsep)[0] if named else Path.home() / ".kube" / "config")
        if not path.exists():
            raise LauncherUnreachable(
                f"no credentials for Kubernetes: {path} is not there and this is no pod with a service account: name a "
                "kubeconfig in KUBECONFIG, or set CINEMILL_LAUNCHER=local"
            )
        import yaml

        try:
            return _of_kubeconfig(path, context)
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise LauncherUnreachable(
                f"{path} is no kubeconfig that can be used ({type(error).__name__}: {error}): mend it, or name another "
                "in KUBECONFIG"
            ) from error

    def headers(self) -> dict[str, str]:
        """What every request carries."""
        token = self.token_file.read_text().strip() if self.token_file is not None else self.token
        return {} if token is None else {"Authorization": f"Bearer {token}"}


def _of_kubeconfig(path: Path, context: str) -> Access:
    import yaml

    config = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    chosen = _entry(config, "context", context or config.get("current-context", ""), path)
    cluster = _entry(config, "cluster", chosen.get("cluster", ""), path)
    user = _entry(config, "user", chosen.get("user", ""), path)
    if "exec" in user or "auth-provider" in user:
        raise LauncherUnreachable(
            f"{path} gets its credentials from another program, which is not supported: name one in KUBECONFIG "
            "that holds the token of a service account (infra/kubernetes/rbac.yaml; `kubectl create token cinemill`)"
        )
    server = str(cluster.get("server", "")).rstrip("/")
    if not server.startswith(("http://", "https://")):
        raise LauncherUnreachable(f"{path}: cluster {chosen.get('cluster')} has no server with http(s)://")
    token_file = Path(path.parent / user["tokenFile"]) if "tokenFile" in user else None
    tls = _tls(cluster, user, path.parent) if server.startswith("https://") else None
    return Access(server, user.get("token"), token_file, tls)


def _entry(config: Mapping[str, Any], kind: str, name: str, path: Path) -> dict[str, Any]:
    for entry in config.get(f"{kind}s") or []:
        if entry["name"] == name:
            return dict(entry[kind])
    names = ", ".join(entry["name"] for entry in config.get(f"{kind}s") or [])
    raise LauncherUnreachable(f"{path} has no {kind} {name!r}: there is {names or 'none'}")


def _tls(cluster: Mapping[str, Any], user: Mapping[str, Any], folder: Path) -> ssl.SSLContext:
    authority = cluster.get("certificate-authority-data")
    tls = ssl.create_default_context(
        cafile=str(folder / cluster["certificate-authority"]) if "certificate-authority" in cluster else None,
        cadata=base64.b64decode(authority).decode() if authority else None,
    )
    if "client-certificate" in user:
        tls.load_cert_chain(folder / user["client-certificate"], folder / user["client-key"])
    elif "client-certificate-data" in user:
        with tempfile.NamedTemporaryFile() as pair:  # the library reads certificates from files only
            for part in ("client-certificate-data", "client-key-data"):
                pair.write(base64.b64decode(user[part]) + b"\n")
            pair.flush()
            tls.load_cert_chain(pair.name)
    return tls
