import pytest

from models.parallel import Layout, LayoutDoesNotFit
from models.recipes import BackboneConfig


def test_the_axes_make_the_world_and_tokens_are_shared_by_all_but_data():
    layout = Layout(data=3, context=2, ulysses=4, tensor=8)
    assert layout.world_size == 192
    assert layout.share(73_728) == 73_728 // 64


@pytest.mark.parametrize(
    ("layout", "world", "words"),
    [
        (Layout(data=2), 4, "takes 2 ranks, there are 4"),
        (Layout(tensor=4, ulysses=2), 8, "heads do not divide over tensor 4 x ulysses 2"),
        (Layout(tensor=5), 5, "heads do not divide"),
    ],
)
def test_a_layout_that_does_not_fit_says_which_numbers_do_not(layout, world, words):
    with pytest.raises(LayoutDoesNotFit, match=words):
        layout.check(BackboneConfig(), world)


def test_a_feed_forward_that_does_not_divide_is_named():
    with pytest.raises(LayoutDoesNotFit, match="feed-forward width of 510"):
        Layout(tensor=4).check(BackboneConfig(ffn=510), 4)


def test_tokens_that_do_not_divide_are_named_with_what_would():
    with pytest.raises(LayoutDoesNotFit, match=r"50 tokens .* a multiple of 4"):
        Layout(context=2, tensor=2).share(50)


def test_an_axis_without_ranks_is_refused():
    with pytest.raises(LayoutDoesNotFit, match="context is 0"):
        Layout(context=0)
