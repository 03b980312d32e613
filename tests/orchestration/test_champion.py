"""The champion's serving folder."""

import os
import shutil
from pathlib import Path

import pytest

from assets.artifact import folder_digest
from assets.ports import ModelVersion
from models.files import read_json, write_bytes, write_json, write_text
from orchestration.champion import export, exported_version
from serving.home import Home

CALLS = (
    (shutil, "copyfile"),
    (shutil, "copystat"),
    (os, "fsync"),
    (os, "mkdir"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "symlink_to"),
)


def export_killed_at(step: int, home: Home, model: ModelVersion) -> int:
    """Exit code of a process that exports and dies, as by SIGKILL, at the given call that changes the file system."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = step

    def mortal(function):
        def call(*arguments, **options):
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(137)
            return function(*arguments, **options)

        return call

    try:
        for owner, name in CALLS:
            setattr(owner, name, mortal(getattr(owner, name)))
        export(home, model)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a child never returns into the test
        os._exit(1)


def version(root: Path, number: int) -> ModelVersion:
    bundle = root / f"registered-{number}"
    if not bundle.exists():
        write_bytes(bundle / "backbone.onnx", bytes([number]) * 1000)
        write_text(bundle / "tokenizer.json", "{}")
        write_json(bundle / "manifest.json", {"lineage": {"model_version": None, "git": "abc"}})
        write_json(root / "evidence.json", {"loss": 1})
    return ModelVersion(number, f"m-{number}", bundle, root / "evidence.json", {"bundle_digest": folder_digest(bundle)})


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


def test_the_serving_folder_holds_the_bundle_and_the_number_of_its_version(home, tmp_path):
    assert exported_version(home) is None
    export(home, version(tmp_path, 1))
    assert exported_version(home) == 1
    assert (home.champion / "backbone.onnx").read_bytes() == b"\x01" * 1000
    assert read_json(home.champion / "manifest.json")["lineage"] == {"git": "abc", "model_version": 1}


def test_the_home_can_be_moved(home, tmp_path):
    export(home, version(tmp_path, 1))
    moved = home.root.rename(tmp_path / "elsewhere")
    assert exported_version(Home(moved)) == 1


def test_an_opened_champion_stays_whole_while_another_takes_its_place(home, tmp_path):
    export(home, version(tmp_path, 1))
    opened = home.champion.resolve()
    export(home, version(tmp_path, 2))
    assert (opened / "backbone.onnx").read_bytes() == b"\x01" * 1000
    assert (home.champion / "backbone.onnx").read_bytes() == b"\x02" * 1000


def test_a_kill_at_any_point_leaves_a_whole_champion_and_the_next_export_finishes(home, tmp_path):
    seen = []
    for step in range(60):
        export(home, version(tmp_path, 1))
        for path in (home.root / "champions").glob("v2-*"):
            shutil.rmtree(path)
        code = export_killed_at(step, home, version(tmp_path, 2))
        number = exported_version(home)
        assert (home.champion / "backbone.onnx").read_bytes() == bytes([number]) * 1000
        seen.append((code, number))
        if code == 0:
            break
    assert code == 0
    assert (137, 1) in seen
    export(home, version(tmp_path, 2))
    assert exported_version(home) == 2
    assert not list(home.root.rglob("*.tmp*"))
