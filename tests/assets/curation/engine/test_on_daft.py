"""The real stages give the same clips in this process, on Daft's own runner, and on Ray."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.assets.videos import moving_pictures, write_video

# Daft keeps one runner for the life of a process, so each engine has a process of its own.
SCRIPT = """
import json, sys
from pathlib import Path
from assets.curation.engine.run import clips_of
from assets.curation.stages import stages
if __name__ == "__main__":
    footage = json.loads(sys.argv[2])
    print("CLIPS" + json.dumps(clips_of(footage, stages(), Path(sys.argv[3]), engine=sys.argv[1])))
"""


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("footage")
    rows = []
    for number, name in enumerate(("a.mp4", "b.mp4", "broken.mp4")):
        path = write_video(folder / name, moving_pictures(30, seed=number))
        if name == "broken.mp4":
            path.write_bytes(path.read_bytes()[:700])
        shape = {"width": 192, "height": 144, "fps": 25.0, "duration": 1.2}
        rows.append({"id": f"{number:064x}", "path": str(path), "name": name, "status": "ok"} | shape)
    return rows


def clips(engine, footage, folder):
    (folder / "main.py").write_text(SCRIPT)
    path = os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, str(folder / "main.py"), engine, json.dumps(footage), str(folder / "memo")],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path, "DO_NOT_TRACK": "1", "RAY_USAGE_STATS_ENABLED": "0"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.split("CLIPS", 1)[1])


@pytest.fixture(scope="module")
def embedded(footage, tmp_path_factory):
    return clips("embedded", footage, tmp_path_factory.mktemp("embedded"))


def test_a_file_that_does_not_decode_fails_alone(embedded, footage):
    errors = {clip["source"]: clip["error"] for clip in embedded}
    assert [bool(errors[row["id"]]) for row in footage] == [False, False, True]
    assert all(clip["look"] for clip in embedded if not clip["error"])


def test_daft_gives_the_same_clips(embedded, footage, tmp_path):
    assert clips("daft", footage, tmp_path) == embedded


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="ray is not installed: pip install 'daft[ray]==0.7.26'")
def test_a_ray_cluster_gives_the_same_clips(embedded, footage, tmp_path):
    assert clips("ray", footage, tmp_path) == embedded
