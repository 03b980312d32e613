import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from assets.artifact import DONE
from assets.ports import ModelVersion
from assets.warm_start import TAGS
from models.files import write_json
from orchestration.garbage import collect
from orchestration.instance import instance
from orchestration.io_manager import POINTER
from orchestration.locks import HomeInUse, using
from orchestration.registry import MlflowRegistry
from serving.home import Home


def artifact(home, name, number, *, age, done=True, current=False):
    folder = home.store / name / f"{number:016x}"
    (folder / "work").mkdir(parents=True)
    (folder / "weights").write_bytes(bytes(1000))
    if done:
        write_json(folder / DONE, {"digest": str(number), "meta": {}, "run_id": None})
        os.utime(folder / DONE, (1e9 - age, 1e9 - age))
    os.utime(folder, (1e9 - age, 1e9 - age))
    if current:
        write_json(folder.parent / POINTER, {"folder": str(folder.relative_to(home.store)), "digest": str(number)})
    return folder


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_current_artifacts_and_the_newest_others_stay(home):
    old, newer, current = (
        artifact(home, "dataset", number, age=age, current=number == 3) for number, age in ((1, 30), (2, 20), (3, 40))
    )
    removed = collect(home, keep=1)
    assert [item.path for item in removed] == [old]
    assert removed[0].bytes > 1000
    assert not old.exists()
    assert newer.exists()
    assert current.exists()
    assert [item.path for item in collect(home, keep=0)] == [newer]


def test_versions_of_what_dvc_memoises_are_artifacts_too(home):
    old, current = (artifact(home, "curated_clips", number, age=number, current=number == 1) for number in (2, 1))
    named = old.rename(old.with_name(f"{old.name}-0123abcd"))
    assert [item.path for item in collect(home, keep=0)] == [named]
    assert current.exists()


def test_what_retraining_would_continue_stays(home, monkeypatch):
    served, newer, current = (
        artifact(home, "averaged_model", number, age=age, current=number == 3)
        for number, age in ((1, 30), (2, 20), (3, 10))
    )
    version = ModelVersion(1, "m", home.root, home.root, {TAGS["backbone"]: str(served.relative_to(home.store))})
    home.mlflow.mkdir()
    monkeypatch.setattr(MlflowRegistry, "aliased", lambda _, alias: version if alias == "champion" else None)
    assert [item.path for item in collect(home, keep=0)] == [newer]
    assert served.exists()
    assert current.exists()


def test_partitions_are_groups_of_their_own(home):
    for partition in ("a", "b"):
        artifact(home, f"finetunes/{partition}", 1, age=5, current=True)
        artifact(home, f"finetunes/{partition}", 2, age=1)
    assert {item.path.parent.name for item in collect(home, keep=0)} == {"a", "b"}


def test_an_unfinished_build_goes_only_when_another_one_replaced_it(home):
    waiting = artifact(home, "codec", 1, age=1, done=False)
    artifact(home, "latents", 1, age=10, current=True)
    resumable = artifact(home, "latents", 2, age=5, done=False)
    replaced = artifact(home, "latents", 3, age=20, done=False)
    assert [item.path for item in collect(home)] == [replaced]
    assert waiting.exists()
    assert resumable.exists()


def test_results_of_the_latest_code_stay_for_each_kind_of_work(home):
    for work in ("cut", "look"):
        for age, version in enumerate(("now", "before", "long-ago")):
            folder = home.memo / work / version
            (folder / "ab").mkdir(parents=True)
            (folder / "ab" / "abcd.json").write_text("{}")
            os.utime(folder, (1e9 - age, 1e9 - age))
    assert {(item.path.parent.name, item.path.name) for item in collect(home, keep=1)} == {
        ("cut", "long-ago"),
        ("look", "long-ago"),
    }
    assert {path.name for path in home.memo.glob("*/*")} == {"now", "before"}


def test_a_dry_run_removes_nothing(home):
    artifact(home, "dataset", 1, age=1, current=True)
    other = artifact(home, "dataset", 2, age=2)
    assert [item.path for item in collect(home, keep=0, dry_run=True)] == [other]
    assert other.exists()


def test_the_serving_champion_stays(home):
    for number in (1, 2, 3):
        (home.root / "champions" / f"v{number}").mkdir(parents=True)
        os.utime(home.root / "champions" / f"v{number}", (number, number))
    home.champion.symlink_to("champions/v1", target_is_directory=True)
    assert [item.path.name for item in collect(home, keep=1)] == ["v2"]


def test_the_record_of_a_training_goes_with_its_artifact(home):
    kept = artifact(home, "image_low", 1, age=1, current=True)
    for name in (kept.name, "00000000000000ff"):
        (home.jobs / f"image_low-{name}").mkdir(parents=True)
    assert [item.path.name for item in collect(home)] == ["image_low-00000000000000ff"]
    assert [path.name for path in home.jobs.iterdir()] == [f"image_low-{kept.name}"]


def test_what_a_killed_collection_left_is_removed(home):
    left = home.store / "dataset" / ".0000000000000001.garbage"
    left.mkdir(parents=True)
    assert [item.path for item in collect(home)] == [left]
    assert not left.exists()


def test_nothing_is_removed_while_another_process_uses_the_store(home):
    other = artifact(home, "dataset", 2, age=2)
    code = (
        "import sys; from pathlib import Path; from serving.home import Home; from orchestration.locks import using\n"
        f"with using(Home(Path({str(home.root)!r}))): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    ) as child:
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(HomeInUse):
            collect(home, keep=0)
        with using(home):
            pass  # runs may share it
        child.kill()
    assert [item.path for item in collect(home, keep=0)] == [other]


def test_nothing_is_removed_while_a_dagster_run_is_starting(home):
    artifact(home, "dataset", 2, age=2)

    @dg.job
    def nothing():
        pass

    with instance(home) as dagster_instance:
        dagster_instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTING)
    with pytest.raises(HomeInUse, match="STARTING"):
        collect(home, keep=0)
