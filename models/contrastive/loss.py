"""Losses: captions find their clips and clips their captions; statements are true or false.

Shapes: N pairs of a clip and its caption, S statements, C clips, V words of one sort.
"""

import torch
from torch import Tensor, nn


def matching(logits_NN: Tensor, shared_NN: Tensor | None = None) -> Tensor:
    """Symmetric InfoNCE (van den Oord et al. 2018; Radford et al. 2021): the mean of both directions' cross-entropies.

    Args:
        logits_NN: Row i is text i against every clip; the diagonal holds the pairs.
        shared_NN: True where a text is true of another clip too, which is then no wrong answer.
    """
    if shared_NN is not None:
        diagonal = torch.eye(len(logits_NN), dtype=torch.bool, device=logits_NN.device)
        logits_NN = logits_NN.masked_fill(shared_NN & ~diagonal, -torch.inf)
    goal = torch.arange(len(logits_NN), device=logits_NN.device)
    to_clip = nn.functional.cross_entropy(logits_NN, goal)
    to_text = nn.functional.cross_entropy(logits_NN.T, goal)
    return (to_clip + to_text) / 2


def judging(log_odds_SC: Tensor, truth_SC: Tensor, hard_SC: Tensor) -> Tensor:
    """Sigmoid loss (Zhai et al. 2023) of statements against clips, with known truth.

    The mean of three means: over true pairs, over false pairs, and over the hard ones, whichever they are; true ones
    are few, and hard ones fewer.

    Args:
        log_odds_SC: That a statement is true of a clip.
        truth_SC: 1 true, 0 false, -1 left out.
        hard_SC: True for pairs of a statement with the clip that it was made for, or with that one's twin.
    """
    each = nn.functional.binary_cross_entropy_with_logits(log_odds_SC, (truth_SC == 1).float(), reduction="none")
    parts = [
        each[chosen].mean() for chosen in (truth_SC == 1, truth_SC == 0, hard_SC & (truth_SC >= 0)) if chosen.any()
    ]
    return torch.stack(parts).mean() if parts else log_odds_SC.sum() * 0


def naming(logits_CV: Tensor, truth_CV: Tensor) -> Tensor:
    """Cross-entropy of each clip's true words of one sort, such as all kinds, against the false ones.

    Args:
        logits_CV: Of every clip with every word.
        truth_CV: 1 true, 0 false, -1 left out; clips without a true word do not count.
    """
    log_share_CV = logits_CV.masked_fill(truth_CV == -1, -torch.inf).log_softmax(dim=1)
    true_CV = truth_CV == 1
    count_C = true_CV.sum(dim=1)
    each_C = -log_share_CV.masked_fill(~true_CV, 0.0).sum(dim=1) / count_C.clamp(min=1)
    return each_C[count_C > 0].mean() if (count_C > 0).any() else logits_CV.sum() * 0
