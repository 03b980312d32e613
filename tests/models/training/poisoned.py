"""A training of two real ranks, in processes of their own, whose data or gradients are spoiled at chosen places."""

import multiprocessing
import os
import warnings
from collections.abc import Collection
from pathlib import Path

from models.recipes import TrainingRecipe


def train_poisoned(
    recipe: TrainingRecipe, folder: Path, *, losses: Collection[int] = (), gradients: Collection[int] = ()
) -> list[int | None]:
    """Train; returns the exit codes of the ranks.

    Args:
        recipe: For two ranks.
        folder: As for ``models.training.run.train``; ``result.json`` is written there too.
        losses: Places in the data whose loss is NaN, on the second rank alone.
        gradients: Places in the data whose loss is finite and whose gradient is not.
    """
    context = multiprocessing.get_context("spawn")
    rendezvous = f"file://{folder.parent / f'meeting-{folder.name}'}"
    ranks = [
        context.Process(target=_rank, args=(recipe, folder, rank, rendezvous, list(losses), list(gradients)))
        for rank in (0, 1)
    ]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join()
    return [rank.exitcode for rank in ranks]


def _rank(
    recipe: TrainingRecipe, folder: Path, rank: int, rendezvous: str, losses: list[int], gradients: list[int]
) -> None:
    import torch

    os.environ |= {"DS_ACCELERATOR": "cpu", "GLOO_SOCKET_IFNAME": "lo", "LOCAL_RANK": str(rank)}
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch.distributed")  # as in a rank's process
    from models.files import write_json
    from models.training import module
    from models.training.batches import Batches
    from models.training.run import train

    place = [0]
    real_batch, real_loss = Batches.batch, module.flow_loss

    def batch(self, step, *rest):
        place[0] = step
        found = real_batch(self, step, *rest)
        if rank == 1 and step in losses:
            found["latent"] = torch.full_like(found["latent"], float("nan"))
        return found

    def flow_loss(*arguments):
        loss = real_loss(*arguments)
        # The root of nothing: no change of the loss, and a slope that is not a number.
        return loss + (loss - loss.detach()).abs().sqrt() if place[0] in gradients else loss

    Batches.batch, module.flow_loss = batch, flow_loss
    result = train(recipe, folder, rank=rank, world_size=2, rendezvous=rendezvous)
    if result is not None:
        write_json(folder / "result.json", result.as_json())
    os._exit(0)  # as the product's ranks end: Python's own end races with threads of the process group
