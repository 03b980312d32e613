"""The engine, on stages that count what they are given."""

import pytest

from assets.curation.engine.partitions import partitions
from assets.curation.engine.run import UnknownEngine, clips_of, unsettled

CALLS = []


class Twice:
    """Makes two clips of each file."""

    name = "twice"
    version = "1"

    def __call__(self, tasks):
        CALLS.append([task["footage"]["id"] for task in tasks])
        return [task | {"clips": [{"id": f"{task['footage']['id']}-{n}"} for n in (1, 2)]} for task in tasks]

    def close(self):
        CALLS.append("closed")


class Marked(Twice):
    """Adds its version to each clip, and dies on a file named so."""

    name = "marked"
    doomed = ()

    def __call__(self, tasks):
        if any(task["footage"]["id"] in self.doomed for task in tasks):
            raise KeyboardInterrupt
        CALLS.append(["marked", *(task["footage"]["id"] for task in tasks)])
        return [task | {"clips": [clip | {"mark": self.version} for clip in task["clips"]]} for task in tasks]


FOOTAGE = [{"id": name, "status": "ok", "duration": 100.0} for name in "abcde"]
FOOTAGE.insert(2, {"id": "x", "status": "quarantined", "duration": None})
EXPECTED = [{"id": f"{name}-{n}", "mark": "1"} for name in "abcde" for n in (1, 2)]


@pytest.fixture(autouse=True)
def _calls():
    CALLS.clear()


def stages(doomed=(), version="1"):
    last = Marked()
    last.doomed, last.version = doomed, version
    return [Twice(), last]


def run(memo, doomed=(), version="1", **options):
    return clips_of(options.pop("footage", FOOTAGE), stages(doomed, version), memo, seconds=250.0, **options)


def test_usable_files_pass_all_stages_in_order_and_partitions(tmp_path):
    heard = []
    assert run(tmp_path, progress=lambda done, total: heard.append((done, total))) == EXPECTED
    work = [["a", "b"], ["marked", "a", "b"], ["c", "d"], ["marked", "c", "d"], ["e"], ["marked", "e"]]
    assert [*work, "closed", "closed"] == CALLS
    assert heard == [(2, 5), (4, 5), (5, 5)]


def test_only_new_files_are_worked_on(tmp_path):
    run(tmp_path, footage=FOOTAGE[:2])
    CALLS.clear()
    assert run(tmp_path) == EXPECTED
    assert [call for call in CALLS if call[0] != "marked" and call != "closed"] == [["c", "d"], ["e"]]
    CALLS.clear()
    assert run(tmp_path) == EXPECTED
    assert CALLS == []


def test_a_run_that_dies_continues_with_no_clip_lost_or_twice(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, doomed=("d",))
    CALLS.clear()
    assert run(tmp_path) == EXPECTED
    assert CALLS[:-2] == [["marked", "c", "d"], ["e"], ["marked", "e"]]


def test_a_half_written_result_is_made_again(tmp_path):
    run(tmp_path)
    for path in tmp_path.rglob("*.json"):
        path.write_text(path.read_text()[:20])
    assert run(tmp_path) == EXPECTED


def test_other_code_of_a_stage_redoes_it_and_what_follows_but_not_what_precedes(tmp_path):
    run(tmp_path)
    CALLS.clear()
    assert {clip["mark"] for clip in run(tmp_path, version="2")} == {"2"}
    assert all(call[0] == "marked" for call in CALLS if call != "closed")


def test_a_file_that_failed_is_tried_again(tmp_path):
    class Failing(Twice):
        def __call__(self, tasks):
            return [task | {"clips": [{"id": "x", "error": "took too long"}]} for task in tasks]

    (clip,) = clips_of(FOOTAGE[:1], [Failing()], tmp_path)
    assert clip["error"] == "took too long"
    assert unsettled(clip)
    assert clips_of(FOOTAGE[:1], [Twice()], tmp_path) == [{"id": "a-1"}, {"id": "a-2"}]


def test_a_file_that_fails_every_time_is_given_up(tmp_path):
    asked = []

    class Failing(Twice):
        def __call__(self, tasks):
            asked.extend(tasks)
            return [task | {"clips": [{"id": "x", "error": "the decoder crashed"}]} for task in tasks]

    found = [clips_of(FOOTAGE[:1], [Failing()], tmp_path)[0] for _ in range(5)]
    assert [unsettled(clip) for clip in found] == [True, True, False, False, False]
    assert found[-1]["error"] == "the decoder crashed; given up after 3 tries"
    assert len(asked) == 3


@pytest.mark.parametrize(
    "error",
    [
        "InvalidDataError: [Errno 1] Invalid",
        "ValueError: blur from 0.00 to 2.00 s is no finite number",
        "no shot: it is",
    ],
)
def test_a_file_whose_content_is_at_fault_is_not(tmp_path, error):
    class Damaged(Twice):
        def __call__(self, tasks):
            return [task | {"clips": [{"id": "x", "error": error}]} for task in tasks]

    (clip,) = clips_of(FOOTAGE[:1], [Damaged()], tmp_path)
    assert not unsettled(clip)
    assert clips_of(FOOTAGE[:1], [Twice()], tmp_path) == [clip]


def test_partitions_hold_every_file_once_however_long_it_is():
    tasks = [{"footage": {"id": n, "duration": seconds}} for n, seconds in enumerate([10, 900, 10, 10, 580, 20])]
    parts = [[task["footage"]["id"] for task in part] for part in partitions(tasks, 600.0)]
    assert parts == [[0], [1], [2, 3, 4], [5]]


def test_an_unknown_engine_is_named(tmp_path):
    with pytest.raises(UnknownEngine, match="'spark'"):
        run(tmp_path, engine="spark")
