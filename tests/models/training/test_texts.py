import torch

from models.text.config import TEXT_NAMES
from models.training.texts import text_of, with_dropped, without_padding
from tests.models.texts import named, random_text


def batch():
    made = named(random_text(3, 9))
    made["text_prompt_mask"][:, 6:] = False
    made["text_long_mask"][1:, 2:] = False
    made["text_characters_mask"][:] = False
    return made | {"video": torch.randn(3, 4, 8)}


def test_each_encoder_is_cut_to_its_own_longest_text():
    cut = without_padding(batch())
    assert [cut[name].shape[1] for name in TEXT_NAMES] == [6, 6, 9, 9, 0, 0]
    assert cut["video"].shape == (3, 4, 8)


def test_text_comes_in_the_order_of_the_networks():
    assert [states.shape[1:] for states, _ in text_of(batch())] == [(6, 384), (9, 128), (0, 291)]


def test_a_dropped_caption_is_replaced_for_all_encoders_and_others_stay():
    made, null = batch(), {name: tensor[0] for name, tensor in named(random_text(1, 9)).items()}
    made["text_characters_mask"][0, :3] = True
    null["text_characters_mask"][:] = False
    changed = with_dropped(made, torch.tensor([True, False, True]), null)
    for name in TEXT_NAMES:
        assert torch.equal(changed[name][0], null[name]), name
        assert torch.equal(changed[name][1], made[name][1]), name
        assert torch.equal(changed[name][2], null[name]), name
    assert not changed["text_characters_mask"][0].any()
    assert torch.equal(changed["video"], made["video"])


def test_the_empty_caption_is_as_long_as_the_batch():
    cut = without_padding(batch())
    null = {name: tensor[0] for name, tensor in named(random_text(1, 9)).items()}
    changed = with_dropped(cut, torch.tensor([True, True, True]), null)
    assert torch.equal(changed["text_prompt"][0], null["text_prompt"][:6])
    assert changed["text_characters"].shape == (3, 0, 291)
