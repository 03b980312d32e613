import re
from pathlib import Path

import pytest

from orchestration.launchers.base import JobRejected
from orchestration.launchers.naming import job_name, machines


def test_a_name_is_a_dns_label_that_leaves_room_for_what_operators_add():
    for name in ("image_low-0123456789abcdef", "finetunes-footage_rich-" + "f" * 60, "Ünïcode/", "9"):
        assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", job_name(Path("/jobs") / name))
        assert len(job_name(Path("/jobs") / name)) <= 40


def test_a_name_depends_on_the_folder_alone(tmp_path):
    assert job_name(tmp_path / "a") == job_name(tmp_path / "b" / ".." / "a")
    assert job_name(tmp_path / "a") != job_name(tmp_path / "other" / "a")
    assert job_name(tmp_path / ("x" * 50 + "1")) != job_name(tmp_path / ("x" * 50 + "2"))


@pytest.mark.parametrize(
    ("world", "per", "layout"), [(2, 8, (1, 2)), (8, 8, (1, 8)), (6144, 8, (768, 8)), (3, 1, (3, 1))]
)
def test_ranks_fill_machines_evenly(world, per, layout):
    assert machines(world, per) == layout


def test_ranks_that_fill_no_machines_are_refused():
    with pytest.raises(JobRejected, match="ranks_per_machine"):
        machines(10, 8)
