"""Text conditions in batches: the states and the mask of each text encoder."""

import torch
from torch import Tensor

from models.backbone.text import Text
from models.text.config import ROLES, TEXT_NAMES, mask_name, states_name

Batch = dict[str, Tensor]


def text_of(batch: Batch) -> Text:
    """The text of a batch as networks take it, without padding."""
    cut = without_padding(batch)
    return tuple((cut[states_name(role)], cut[mask_name(role)]) for role in ROLES)


def without_padding(batch: Batch) -> Batch:
    """The batch with each encoder's tokens cut to its longest text: padding counts for nothing but costs attention.

    An encoder that says nothing of any sample, such as that of characters where nothing is quoted, has no tokens then.
    """
    cut = dict(batch)
    for role in ROLES:
        longest = int(batch[mask_name(role)].sum(dim=1).max())
        cut |= {name: batch[name][:, :longest] for name in (states_name(role), mask_name(role))}
    return cut


def with_dropped(batch: Batch, dropped_B: Tensor, null: Batch) -> Batch:
    """The batch with the text of some samples replaced, for all encoders at once, by that of the empty caption.

    Args:
        batch: Of B samples; each encoder has at least the tokens of the empty caption.
        dropped_B: True where the text is replaced.
        null: States and masks of the empty caption, without a batch dimension.
    """
    changed = dict(batch)
    for name in TEXT_NAMES:
        text = batch[name]
        empty = null[name][: text.shape[1]].to(text.device)
        changed[name] = torch.where(dropped_B.reshape(-1, *[1] * (text.ndim - 1)), empty, text)
    return changed
