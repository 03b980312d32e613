import pytest

from assets.curation.cutting import Cut
from assets.curation.looking import LookAt
from assets.curation.stages import stages
from tests.assets.videos import moving_pictures, write_video


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    path = write_video(tmp_path_factory.mktemp("film") / "a.mp4", moving_pictures(50))
    shape = {"width": 192, "height": 144, "fps": 25.0, "duration": 2.0}
    return {"footage": {"id": "ab" * 32, "path": str(path), "name": "a.mp4", "status": "ok"} | shape, "clips": []}


@pytest.fixture(scope="module")
def look_at():
    stage = LookAt()
    yield stage
    stage.close()


def test_a_file_is_cut_and_its_clips_are_looked_at(task, look_at):
    (cut,) = Cut()([task])
    (seen,) = look_at([cut])
    (clip,) = seen["clips"]
    assert (clip["source"], clip["start"], clip["error"]) == ("ab" * 32, 0.0, None)
    assert clip["signals"]["motion"] > 0
    assert len(clip["look"]) > 500
    assert {key: value for key, value in clip.items() if key != "look"} == cut["clips"][0]


def test_clips_of_a_file_that_went_away_say_why_and_the_others_are_looked_at(task, look_at):
    clips = [
        {"id": "1", "start": 0.0, "end": 1.0, "error": None},
        {"id": "2", "start": 1.0, "end": 2.0, "error": "the decoder crashed"},
    ]
    gone = task | {"footage": task["footage"] | {"path": "/gone.mp4"}, "clips": clips}
    lost, found = look_at([gone, task | {"clips": clips[:1]}])
    assert lost["clips"][0]["error"].startswith("its frames do not decode again: FileNotFoundError")
    assert lost["clips"][1]["error"] == "the decoder crashed"
    assert [clip["look"] for clip in lost["clips"]] == [None, None]
    assert found["clips"][0]["look"]


def test_a_span_in_which_no_frame_appears_is_an_error_of_that_clip_alone(task, look_at):
    clips = [{"id": str(n), "start": start, "end": start + 1, "error": None} for n, start in enumerate((0.0, 8.0))]
    (seen,) = look_at([task | {"clips": clips}])
    assert [clip["error"] for clip in seen["clips"]] == [None, "no frame appears in its span"]


def test_cutting_comes_before_looking_and_each_is_known_by_its_own_code():
    first, second = stages()
    assert (first.name, second.name) == ("cut", "look")
    assert first.version != second.version
