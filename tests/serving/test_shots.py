import pytest

from serving.errors import RequestRefused
from serving.shots import Shot, laid_out, parsed, read
from serving.windows import Window


def test_a_shot_is_seconds_and_a_prompt():
    assert parsed("4.5: a ball: red") == Shot(seconds=4.5, prompt="a ball: red")
    for wrong in ("a ball", "x: a ball", "-1: a ball", "nan: a ball", "4:  ", "1e9: a ball"):
        with pytest.raises(RequestRefused, match="SECONDS: PROMPT"):
            parsed(wrong)


def test_shots_are_read_from_yaml_and_json(tmp_path):
    wanted = [Shot(seconds=4, prompt="a"), Shot(seconds=2.5, prompt="b", cut=True)]
    (tmp_path / "a.yaml").write_text("- {seconds: 4, prompt: a}\n- {seconds: 2.5, prompt: b, cut: true}\n")
    (tmp_path / "a.json").write_text('[{"seconds": 4, "prompt": "a"}, {"seconds": 2.5, "prompt": "b", "cut": true}]')
    assert read(tmp_path / "a.yaml") == read(tmp_path / "a.json") == wanted
    for wrong in ("a: [", "- {seconds: 4}", "- {seconds: 4, prompt: a, loud: 1}", "text"):
        (tmp_path / "a.yaml").write_text(wrong)
        with pytest.raises(RequestRefused, match=r"a\.yaml is no list of shots"):
            read(tmp_path / "a.yaml")


def shots(*lengths, cut=()):
    return [Shot(seconds=length, prompt="x", cut=index in cut) for index, length in enumerate(lengths)]


def test_windows_of_neighbouring_shots_share_the_overlap_around_their_border():
    plan = laid_out(shots(6, 4), 2, 8, 4)
    assert plan.shots == (Window(0, 12), Window(12, 20))
    assert plan.takes == (Window(0, 20),)
    assert plan.windows == (
        (Window(0, 8), 0),
        (Window(3, 11), 0),
        (Window(6, 14), 0),
        (Window(10, 18), 1),
        (Window(12, 20), 1),
    )


def test_no_window_reaches_over_a_cut():
    plan = laid_out(shots(6, 4, 3, cut=(1,)), 2, 8, 4)
    assert plan.takes == (Window(0, 12), Window(12, 26))
    for window, shot in plan.windows:
        assert (window.stop <= 12) if shot == 0 else (window.start >= 12)


def test_continued_windows_begin_with_what_is_there_and_the_last_of_a_shot_is_full_too():
    plan = laid_out(shots(7, 4), 2, 8, 2, "continued")
    assert plan.windows == (
        (Window(0, 8), 0),
        (Window(6, 14), 0),
        (Window(12, 20), 1),
        (Window(14, 22), 1),
    )
    cut = laid_out(shots(4, 4.5, cut=(1,)), 2, 8, 2, "continued")
    assert cut.windows == ((Window(0, 8), 0), (Window(8, 16), 1), (Window(9, 17), 1))


@pytest.mark.parametrize("joined", ["blended", "continued"])
@pytest.mark.parametrize("lengths", [(60,), (0.5, 0.5, 0.5), (1, 9.3, 0.7, 20), (3.9,)])
def test_windows_cover_everything_and_are_no_longer_than_the_model_covers(lengths, joined):
    plan = laid_out(shots(*lengths), 2, 8, 5, joined)
    assert plan.length == round(sum(lengths) * 2)
    covered = {place for window, _ in plan.windows for place in range(window.start, window.stop)}
    assert covered == set(range(plan.length))
    assert max(window.length for window, _ in plan.windows) <= 8
    starts = [window.start for window, _ in plan.windows]
    assert starts == sorted(starts)


@pytest.mark.parametrize(
    ("lengths", "overlap", "said"),
    [((), 4, "at least one shot"), ((0.1, 4), 4, "too short"), ((4,), 8, "cannot overlap")],
)
def test_what_cannot_be_laid_out_is_refused(lengths, overlap, said):
    with pytest.raises(RequestRefused, match=said):
        laid_out(shots(*lengths), 2, 8, overlap)


def test_the_last_shot_is_as_long_as_its_frames():
    assert laid_out(shots(1, 0.3), 2, 8, 4).length == 3
    with pytest.raises(RequestRefused, match="too short"):
        laid_out(shots(4, 0.02), 2, 8, 4)
    again = Shot(seconds=1.2, prompt="x", cut=True)
    plan = laid_out([again, *shots(4), again], 2, 8, 2, "continued")
    assert [(one.start, one.stop) for one in plan.shots] == [(0, 2), (2, 10), (10, 13)]


def test_other_windows_are_told_in_other_words():
    told = {laid_out(shots(6, 6), 2, 8, overlap).told for overlap in (0, 2)}
    told |= {laid_out(shots(8), 2, 8, overlap, "continued").told for overlap in (2, 3)}
    assert len(told) == 4


def test_continued_windows_share_a_frame_at_least():
    with pytest.raises(RequestRefused, match="cannot overlap by 0: 1 up to 7"):
        laid_out(shots(9), 2, 8, 0, "continued")
    with pytest.raises(RequestRefused, match="window of 1 latent frame has none to go on from"):
        laid_out(shots(9), 2, 1, 1, "continued")
