import pytest

from assets.curation.cutting import Cut, version_of
from assets.curation.stages import stages
from tests.assets.videos import moving_pictures, write_video


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    path = write_video(tmp_path_factory.mktemp("film") / "a.mp4", moving_pictures(50))
    shape = {"width": 192, "height": 144, "fps": 25.0, "duration": 2.0}
    return {"footage": {"id": "ab" * 32, "path": str(path), "name": "a.mp4", "status": "ok"} | shape, "clips": []}


def test_a_file_is_cut_measured_and_looked_at_by_the_only_stage(task):
    (stage,) = stages()
    (done,) = stage([task])
    (clip,) = done["clips"]
    assert (clip["source"], clip["start"], clip["error"]) == ("ab" * 32, 0.0, None)
    assert clip["signals"]["motion"] > 0
    assert len(clip["look"]) > 500


def test_a_file_that_went_away_says_why_and_the_others_are_worked_on(task):
    gone = task | {"footage": task["footage"] | {"id": "cd" * 32, "path": "/gone.mp4"}}
    lost, found = Cut()([gone, task])
    assert lost["clips"][0]["error"].startswith("FileNotFoundError")
    assert lost["clips"][0]["look"] is None
    assert found["clips"][0]["look"]


def test_what_was_measured_by_other_weights_is_measured_again(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"one")
    other.write_bytes(b"other")
    assert version_of([one]) != version_of([other])
    assert version_of([one]) == version_of([one])
