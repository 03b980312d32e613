import json

import pytest

from orchestration.benches.envelope import names
from orchestration.benches.resume import apart, exactness, rank
from orchestration.benches.resume.data import write


def test_the_bench_is_found_by_its_name():
    assert "resume" in names()


def test_every_side_finds_its_place_and_takes_full_batches(tmp_path, monkeypatch):
    pytest.importorskip("webdataset", reason="webdataset is not installed: pip install -e '.[bench]'")
    pytest.importorskip("torchdata", reason="torchdata is not installed: pip install -e '.[bench]'")
    for module, name, value in ((apart, "SAMPLES", 96), (apart, "SHARD", 32), (apart, "BATCH", 4), (apart, "STEP", 28)):
        monkeypatch.setattr(module, name, value)
    folder = write(tmp_path / "data", 3, 32).parent
    saved = {side: apart.measured(f"{side}-save", folder, 0.0) for side in ("ours", "torchdata")}
    for side in ("ours", "webdataset", "torchdata"):
        found = apart.measured(side, folder, 0.0)
        assert found["samples"] == 4
        assert found["sum"] == saved.get(side, found)["sum"]
        assert 0 < found["seconds_imported"] < found["seconds"]


def test_samples_that_are_missing_or_others_differ():
    one = {(0, 0): ["a", "b"], (1, 0): ["c", "d"], (0, 1): ["e", "f"], (1, 1): ["g", "h"]}
    other = {(0, 0): ["a", "x"], (1, 0): ["c"], (0, 1): ["e", "f"]}
    assert exactness._differing(one, one, range(2)) == 0
    assert exactness._differing(one, other, range(2)) == 1 + 1 + 2


def test_a_step_that_is_not_there_on_one_side_is_counted_once_a_sample(tmp_path):
    for number in range(rank.RANKS):
        rank.samples_of(tmp_path, number).write_text(json.dumps([0, ["a"]]) + "\n" + '[1, ["half')
    assert exactness._samples(tmp_path) == {(0, 0): ["a"], (1, 0): ["a"]}


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["zero3", "fsdp2"])
def test_a_killed_training_of_two_ranks_continues_exactly(tmp_path, strategy):
    found = exactness.compare(tmp_path, write(tmp_path / "few", 2, 40, tars=False), strategy)
    assert found["differing_samples"] == found["differing_weights"] == 0
    assert found["resumed_from_step"] <= found["killed_at_step"]
    assert found["weights"] > 100_000
