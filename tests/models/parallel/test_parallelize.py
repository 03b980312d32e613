"""Every layout against one rank, on gloo processes (``ranks.py``): what a rank found, for each layout."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("ranks.py")
TWO = ["context 2", "ulysses 2", "tensor 2", "data 2"]
FOUR = [
    *("context 4", "ulysses 4", "tensor 4"),
    *("context 2 x ulysses 2", "context 2 x tensor 2", "ulysses 2 x tensor 2"),
    *("data 2 x context 2", "data 2 x ulysses 2", "data 2 x tensor 2"),
]
CASES = [
    *((2, one) for one in TWO),
    *((2, f"{one}, sharded") for one in TWO),
    *((4, f"{one}, sharded") for one in FOUR),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What each rank found, by world size; the processes run once a world size."""
    known = {}

    def run(world):
        if world not in known:
            folder = tmp_path_factory.mktemp(f"ranks-{world}")
            command = [sys.executable, str(PROGRAM)]
            started = [
                subprocess.Popen(
                    [*command, str(rank), str(world), str(folder / "rendezvous"), str(folder)],
                    stderr=subprocess.PIPE,
                    text=True,
                )
                for rank in range(world)
            ]
            errors = [process.communicate(timeout=600)[1] for process in started]
            assert not any(process.returncode for process in started), errors[0][-2000:]
            known[world] = [json.loads((folder / f"{rank}.json").read_text()) for rank in range(world)]
        return known[world]

    return run


@pytest.mark.parametrize(("world", "layout"), CASES)
def test_output_loss_and_gradients_are_those_of_one_rank_on_every_rank(found, world, layout):
    for rank in found(world):
        case = rank[layout]
        assert max(case["output"], case["loss"], case["gradient"], case["norm"]) < 1e-5, case


def test_a_sharded_rank_holds_its_share_of_the_parameters(found):
    def held(world, layout):
        return found(world)[0][layout]["local_parameters"]

    every = held(2, "data 2")
    for world, layout in ((2, "context 2, sharded"), (2, "data 2, sharded"), (4, "context 2 x ulysses 2, sharded")):
        assert held(world, layout) == pytest.approx(every / world, rel=0.01)
    of_two = held(2, "tensor 2")
    assert every / 2 < of_two < every  # the blocks' matrices are in halves, embeddings and reference encoder are not
    assert held(4, "data 2 x tensor 2, sharded") == pytest.approx(of_two / 2, rel=0.01)


def test_gradients_of_tensor_ranks_are_wrong_until_they_are_summed(found):
    assert found(2)[0]["unfinished"]["gradient"] > 0.01


def test_what_does_not_divide_is_refused_with_the_numbers(found):
    said = found(2)[0]["refused"]
    assert "3 heads do not divide" in said["heads"]
    assert "3 tokens do not divide" in said["tokens"]
