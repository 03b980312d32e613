import base64
import ssl

import pytest
import yaml

from orchestration.launchers import access
from orchestration.launchers.access import Access
from orchestration.launchers.base import LauncherUnreachable


def config(tmp_path, *, cluster=None, user=None, **changes):
    content = {
        "current-context": "a",
        "contexts": [
            {"name": "a", "context": {"cluster": "c", "user": "u"}},
            {"name": "b", "context": {"cluster": "other", "user": "u"}},
        ],
        "clusters": [
            {"name": "c", "cluster": cluster or {"server": "http://one/"}},
            {"name": "other", "cluster": {"server": "http://two"}},
        ],
        "users": [{"name": "u", "user": user or {"token": "t"}}],
    }
    (tmp_path / "config").write_text(yaml.safe_dump(content | changes))
    return {"KUBECONFIG": str(tmp_path / "config")}


def test_the_kubeconfig_names_server_and_token(tmp_path):
    found = Access.find(environment=config(tmp_path))
    assert found.server == "http://one"
    assert found.headers() == {"Authorization": "Bearer t"}
    assert Access.find("b", config(tmp_path)).server == "http://two"


def test_a_token_in_a_file_is_read_anew(tmp_path):
    (tmp_path / "token").write_text("old\n")
    found = Access.find(environment=config(tmp_path, user={"tokenFile": "token"}))
    (tmp_path / "token").write_text("new\n")
    assert found.headers() == {"Authorization": "Bearer new"}


def test_the_clusters_authority_is_trusted_and_no_other(tmp_path):
    from serving.home import Home
    from serving.provenance import Keys

    Keys.open(Home(tmp_path))
    root = next(
        path for path in (tmp_path / "keys").iterdir() if path.name.startswith("root") and path.suffix != ".key"
    )
    data = base64.b64encode(root.read_bytes()).decode()
    cluster = {"server": "https://one", "certificate-authority-data": data}
    tls = Access.find(environment=config(tmp_path, cluster=cluster)).tls
    assert len(tls.get_ca_certs()) == 1
    assert tls.verify_mode is ssl.CERT_REQUIRED
    assert tls.check_hostname


def test_a_pod_uses_its_own_account(tmp_path, monkeypatch):
    monkeypatch.setattr(access, "_ACCOUNT", tmp_path)
    monkeypatch.setattr(access.ssl, "create_default_context", lambda cafile: cafile)
    (tmp_path / "token").write_text("mounted")
    found = Access.find(environment={"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"})
    assert found.server == "https://10.0.0.1:6443"
    assert found.tls == str(tmp_path / "ca.crt")
    assert found.headers() == {"Authorization": "Bearer mounted"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"user": {"exec": {"command": "aws"}}}, "another program"),
        ({"current-context": "gone"}, "no context 'gone': there is a, b"),
        ({"users": []}, "no user 'u': there is none"),
        ({"cluster": {"server": "one"}}, "http"),
    ],
)
def test_what_a_kubeconfig_lacks_is_named(tmp_path, changes, words):
    with pytest.raises(LauncherUnreachable, match=words):
        Access.find(environment=config(tmp_path, **changes))


def test_without_credentials_it_says_where_to_put_them(tmp_path):
    with pytest.raises(LauncherUnreachable, match="KUBECONFIG"):
        Access.find(environment={"KUBECONFIG": str(tmp_path / "none")})


@pytest.mark.parametrize(
    "content", ["clusters: [", "clusters: [{cluster: {}}]\ncurrent-context: here", "- a list", b"\xff\xfe\x00"]
)
def test_a_damaged_kubeconfig_is_named(tmp_path, content):
    path = tmp_path / "config"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(LauncherUnreachable, match=str(path)):
        Access.find(environment={"KUBECONFIG": str(path)})
