from pathlib import Path

import pytest

from models.training.checkpoint import SUMS, Checkpoints, verify
from models.training.errors import CheckpointDamaged


def save(checkpoints: Checkpoints, step: int) -> Path:
    folder = checkpoints.unfinished(step)
    (folder / "part").mkdir(parents=True)
    (folder / "part" / "a.bin").write_bytes(b"weights %d" % step)
    (folder / "b.bin").write_bytes(b"state")
    return checkpoints.publish(step)


def test_the_last_two_are_kept(tmp_path: Path):
    checkpoints = Checkpoints(tmp_path)
    for step in (5, 10, 15):
        verify(save(checkpoints, step))
    assert checkpoints.steps() == [10, 15]
    assert checkpoints.last_good() == (15, [])


def test_a_changed_byte_sends_us_back_to_the_one_before(tmp_path: Path):
    checkpoints = Checkpoints(tmp_path)
    save(checkpoints, 5)
    (save(checkpoints, 10) / "part" / "a.bin").write_bytes(b"weights 1O")
    step, problems = checkpoints.last_good()
    assert step == 5
    assert "step-10" in problems[0]


@pytest.mark.parametrize("name", ["b.bin", SUMS])
def test_a_missing_file_is_damage(tmp_path: Path, name: str):
    folder = save(Checkpoints(tmp_path), 1)
    (folder / name).unlink()
    with pytest.raises(CheckpointDamaged, match="step-1"):
        verify(folder)


def test_a_file_that_was_not_checksummed_is_damage(tmp_path: Path):
    folder = save(Checkpoints(tmp_path), 1)
    (folder / "more.bin").write_bytes(b"")
    with pytest.raises(CheckpointDamaged, match="more"):
        verify(folder)


def test_what_an_interrupted_writer_left_is_removed_and_never_used(tmp_path: Path):
    checkpoints = Checkpoints(tmp_path)
    save(checkpoints, 5)
    checkpoints.unfinished(10).mkdir()
    (checkpoints.unfinished(10) / "a.bin").write_bytes(b"half")
    assert checkpoints.last_good() == (5, [])
    assert not checkpoints.unfinished(10).exists()


def test_no_checkpoint_at_all_means_a_fresh_start(tmp_path: Path):
    assert Checkpoints(tmp_path / "none").last_good() == (None, [])
