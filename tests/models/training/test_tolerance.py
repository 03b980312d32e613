import pytest

from models.training.errors import LossNotFinite
from models.training.tolerance import Tolerance


def broken(tolerance: Tolerance, times: int) -> None:
    for _ in range(times):
        tolerance.broken()


def test_it_is_time_to_go_back_after_so_many_in_a_row():
    tolerance = Tolerance(patience=3, rollbacks=1)
    broken(tolerance, 2)
    tolerance.fine()
    broken(tolerance, 2)
    assert not tolerance.due
    tolerance.broken()
    assert tolerance.due
    assert tolerance.skipped == 5


def test_data_runs_ahead_by_what_is_gone_back():
    tolerance = Tolerance(patience=1, rollbacks=2)
    tolerance.broken()
    tolerance.go_back("t", step=10, checkpoint=8)
    assert not tolerance.due
    tolerance.broken()
    tolerance.go_back("t", step=9, checkpoint=4)  # data of step 4 is now what follows the data of step 8, which was 10
    assert tolerance.shift == 2 + 5
    assert 4 + tolerance.shift == 9 - 1 + 2 + 1


def test_the_next_return_leads_further_back_unless_something_was_saved_in_between():
    tolerance = Tolerance(patience=1, rollbacks=3)
    assert tolerance.returned_to is None
    tolerance.go_back("t", 10, 8)
    assert tolerance.returned_to == 8
    tolerance.saved()
    assert tolerance.returned_to is None


@pytest.mark.parametrize(("checkpoint", "words"), [(None, "no good checkpoint"), (4, "too often")])
def test_it_gives_up_without_a_checkpoint_and_after_too_many_returns(checkpoint, words):
    tolerance = Tolerance(patience=2, rollbacks=0)
    broken(tolerance, 2)
    with pytest.raises(LossNotFinite, match=rf"stage: .*step 6 and the 1 before it.*{words}"):
        tolerance.go_back("stage", 7, checkpoint)


def test_its_state_survives_a_checkpoint():
    tolerance = Tolerance(patience=3, rollbacks=2)
    broken(tolerance, 2)
    tolerance.go_back("t", 10, 8)
    broken(tolerance, 1)
    again = Tolerance(patience=3, rollbacks=2)
    again.restore(tolerance.state())
    assert again == tolerance
