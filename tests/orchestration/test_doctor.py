import socket

from orchestration import doctor
from orchestration.doctor import examine
from serving.home import Home
from serving.provenance import Keys


def finding(findings, name):
    return next(item for item in findings if item.name == name)


def test_every_failed_finding_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor.sys, "executable", str(tmp_path / "python"))
    findings = examine(Home(tmp_path / "absent" / "home"))
    assert not finding(findings, "g++").ok
    assert all(item.remedy for item in findings if not item.ok)


def test_keys_that_others_can_read_are_found(tmp_path):
    home = Home(tmp_path)
    assert finding(examine(home), "keys").ok
    Keys.open(home)
    (home.keys / "root.key").chmod(0o640)
    found = finding(examine(home), "keys")
    assert not found.ok
    assert "chmod 600" in found.remedy


def test_versions_are_compared_with_the_lock(tmp_path):
    (tmp_path / "constraints.txt").write_text("# lock\nnumpy==0.0.1\nno-such-package-here==1\n")
    (found,) = doctor._versions(tmp_path / "constraints.txt")
    assert not found.ok
    assert "numpy" in found.found
    assert "no-such-package" not in found.found


def test_a_requirement_or_data_package_that_is_missing_is_a_fault(tmp_path, monkeypatch):
    data = tmp_path / "data-packages.txt"
    data.write_text("# why\nno-such-data==1.0 # weights\nnumpy==0.0.1\n")
    monkeypatch.setattr(doctor, "requires", lambda _name: ["no-such-package>=2", 'no-such-extra; extra == "bench"'])
    found = doctor._required(data)
    assert not found.ok
    assert "no-such-package is not installed" in found.found
    assert "no-such-data is not installed" in found.found
    assert "asked ==0.0.1" in found.found
    assert "no-such-extra" not in found.found


def test_a_database_that_is_named_is_asked(tmp_path, monkeypatch):
    monkeypatch.delenv("CINEMILL_DAGSTER_URL", raising=False)
    monkeypatch.setenv("CINEMILL_CATALOG_URL", f"sqlite:///{tmp_path}/catalog.db")
    (found,) = doctor._databases()
    assert found.ok
    for url in (f"sqlite:///{tmp_path}/absent/catalog.db", "postgresql://me@here:port/catalog", "no address"):
        monkeypatch.setenv("CINEMILL_CATALOG_URL", url)
        (found,) = doctor._databases()
        assert not found.ok
        assert "CINEMILL_CATALOG_URL" in found.remedy


def test_two_onnxruntimes_are_a_fault(monkeypatch):
    monkeypatch.setattr(doctor, "version", lambda _name: "1.0")
    found = doctor._runtimes()
    assert not found.ok
    assert found.fatal


def test_a_taken_port_is_a_note(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(doctor, "_PORTS", {server.getsockname()[1]: "a server"})
        (found,) = doctor._ports()
    assert not found.ok
    assert not found.fatal


def test_the_launcher_that_is_chosen_is_asked(tmp_path, monkeypatch):
    for name in ("CINEMILL_LAUNCHER", "CINEMILL_LAUNCHER_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    assert doctor._launcher().found == "local: this machine"
    monkeypatch.setenv("CINEMILL_LAUNCHER", "slurm")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = doctor._launcher()
    assert not found.ok
    assert "scontrol is not on PATH" in found.found
    scontrol = tmp_path / "scontrol"
    scontrol.write_text("#!/bin/sh\necho 'Slurmctld(primary) at head is UP'\n")
    scontrol.chmod(0o755)
    assert doctor._launcher().found == "slurm: Slurmctld(primary) at head is UP"
    monkeypatch.setenv("CINEMILL_LAUNCHER", "slrum")
    found = doctor._launcher()
    assert not found.ok
    assert "choose local, slurm or kubernetes" in found.found
