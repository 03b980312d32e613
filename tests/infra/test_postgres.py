import os
import shutil
import socket
import subprocess
import time

import dagster as dg
import pytest
import yaml

from orchestration.instance import instance, prepare
from serving.catalog import Catalog, Deliverable
from serving.home import REPOSITORY, Home


def test_both_instance_files_differ_in_storage_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("CINEMILL_DAGSTER_URL", raising=False)
    plain = yaml.safe_load((prepare(Home(tmp_path)) / "dagster.yaml").read_text())
    monkeypatch.setenv("CINEMILL_DAGSTER_URL", "postgresql://somewhere/dagster")
    postgres = yaml.safe_load((prepare(Home(tmp_path)) / "dagster.yaml").read_text())
    assert plain.pop("storage").keys() == {"sqlite"}
    assert postgres.pop("storage") == {"postgres": {"postgres_url": {"env": "CINEMILL_DAGSTER_URL"}}}
    assert plain == postgres


def test_the_compose_file_publishes_on_loopback_and_has_no_password():
    service = yaml.safe_load((REPOSITORY / "infra" / "compose.yaml").read_text())["services"]["postgres"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert ":?" in service["environment"]["POSTGRES_PASSWORD"]


@pytest.fixture
def server(tmp_path):
    """A PostgreSQL of this test's own, on a free loopback port."""
    if shutil.which("postgres") is None or shutil.which("initdb") is None:
        pytest.skip("no PostgreSQL on this machine")
    pytest.importorskip("dagster_postgres")
    account = {"user": "nobody"} if os.geteuid() == 0 else {}
    folder = tmp_path / "data"
    folder.mkdir()
    for path in (folder, *tmp_path.parents):
        if str(path).startswith("/tmp/pytest"):
            path.chmod(0o755)
    tmp_path.chmod(0o755)
    if account:
        shutil.chown(folder, "nobody")
    quiet = {"capture_output": True, "cwd": "/"}
    subprocess.run(["initdb", "-D", folder, "-U", "cinemill", "--auth=trust"], check=True, **quiet, **account)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = ["postgres", "-D", folder, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", ""]
    with subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account) as child:
        try:
            for _ in range(100):
                if socket.socket().connect_ex(("127.0.0.1", port)) == 0:
                    break
                time.sleep(0.1)
            time.sleep(0.5)
            for name in ("dagster", "catalog"):
                subprocess.run(
                    [
                        "psql",
                        "-h",
                        "127.0.0.1",
                        "-p",
                        str(port),
                        "-U",
                        "cinemill",
                        "-d",
                        "postgres",
                        "-c",
                        f"CREATE DATABASE {name}",
                    ],
                    check=True,
                    **quiet,
                )
            yield f"postgresql://cinemill@127.0.0.1:{port}"
        finally:
            child.terminate()


def test_instance_and_catalog_work_on_postgresql(server, tmp_path, monkeypatch):
    monkeypatch.setenv("CINEMILL_DAGSTER_URL", f"{server}/dagster")

    @dg.asset
    def one() -> int:
        return 1

    with instance(Home(tmp_path / "home")) as dagster_instance:
        assert dg.materialize([one], instance=dagster_instance).success
        assert dagster_instance.get_runs_count() == 1
    catalog = Catalog(f"{server}/catalog")
    row = Deliverable(
        sha256="a" * 64,
        campaign="c",
        variant="v",
        prompt="p",
        seed=1,
        model_name="m",
        model_version="1",
        dataset_digest="d",
        path="f",
    )
    catalog.record_deliverable(row)
    assert catalog.lineage("a" * 64).deliverable.prompt == "p"
    catalog.close()
