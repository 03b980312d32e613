"""Known frames: what of a clip is known before it is drawn, as a condition of the backbone.

Shapes: B clips, C latent channels, T latent frames of eight pixel frames, h w latent height and width.

A latent frame may be known whole, or one picture of it alone: the clip's first, in its first latent frame, or the
clip's last, in its last one. Pictures are encoded by themselves, as clips of one frame.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.recipes import KNOWN_MASKS

_FIRST, _LAST = 1.0, -1.0  # what the mask of pictures says of one


@dataclass(frozen=True)
class Given:
    """What of each clip is given, [B] each.

    Attributes:
        whole: How many latent frames, from the first, are known whole; int64.
        first: Whether the clip's first picture is known; bool, and never beside whole frames.
        last: Whether its last picture is; bool.
    """

    whole: Tensor
    first: Tensor
    last: Tensor


def drawn_given(chance_B2: Tensor, length: int) -> Given:
    """What training gives of clips of ``length`` latent frames, by two uniform numbers each.

    Three twentieths of the clips give nothing, so that the network still draws from text alone; a fifth the first
    picture, a tenth the last, a tenth both, nine twentieths the first latent frames, any number of them below all. A
    clip of one latent frame gives at most its first picture.
    """
    kind_B, share_B = chance_B2.unbind(1)
    first_B = (kind_B >= 0.15) & (kind_B < 0.35) | (kind_B >= 0.45) & (kind_B < 0.55)
    last_B = (kind_B >= 0.35) & (kind_B < 0.55)
    several_B = torch.full_like(last_B, length > 1)
    whole_B = torch.where((kind_B >= 0.55) & several_B, 1 + (share_B * (length - 1)).long(), 0)
    return Given(whole_B, first_B, last_B & several_B)


def known_frames(latent_BCTHW: Tensor, first_BCHW: Tensor, last_BCHW: Tensor, given: Given) -> Tensor:
    """The condition [B, C + 2, T, h, w]: latents of what is known, zero elsewhere, then the two masks.

    The first mask is 1 in latent frames that are known whole. The second is 1 where a latent frame's first picture is
    known and -1 where its last one is.

    Args:
        latent_BCTHW: Normalised latents of the clips.
        first_BCHW: Of each clip's first picture, encoded by itself.
        last_BCHW: Of its last one.
        given: What is known of each.
    """
    batch, channels, length, height, width = latent_BCTHW.shape
    known = latent_BCTHW.new_zeros(batch, channels + KNOWN_MASKS, length, height, width)
    whole_BT = torch.arange(length, device=latent_BCTHW.device) < given.whole.unsqueeze(1)
    whole = whole_BT[:, None, :, None, None]
    known[:, :channels] = torch.where(whole, latent_BCTHW, 0)
    known[:, channels] = whole_BT[:, :, None, None].to(known.dtype)
    for place, picture_BCHW, has_B, sign in (
        (0, first_BCHW, given.first, _FIRST),
        (-1, last_BCHW, given.last, _LAST),
    ):
        has = has_B[:, None, None, None]
        known[:, :channels, place] = torch.where(has, picture_BCHW, known[:, :channels, place])
        known[:, channels + 1, place] = torch.where(has[:, 0], sign, known[:, channels + 1, place])
    return known


def first_known(first_BCHW: Tensor, length: int) -> Tensor:
    """The condition [B, C + 2, T, h, w] of clips of ``length`` latent frames whose first picture alone is known."""
    batch, channels, height, width = first_BCHW.shape
    nothing = first_BCHW.new_zeros(batch, channels, length, height, width)
    none = torch.zeros(batch, dtype=torch.bool, device=first_BCHW.device)
    return known_frames(nothing, first_BCHW, first_BCHW, Given(none.long(), ~none, none))
