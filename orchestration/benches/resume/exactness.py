"""Whether a killed training continues exactly: its samples and weights against those of one that was left alone."""

import contextlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from orchestration.benches.resume.rank import EVERY, RANKS, STEPS, samples_of
from serving.home import REPOSITORY

_POLL, _LONGEST = 0.002, 600.0  # seconds

Samples = dict[tuple[int, int], list[str]]
"""(rank, step) -> digests; a step that was taken twice stands for the second time."""


class ResumeFailed(RuntimeError):
    """A process ended with an error, or never came to its step; the message holds the end of its output."""


def compare(root: Path, index: Path, strategy: str) -> dict[str, float]:
    """Train on two ranks; again with SIGKILL to both after a random step, and to the end; compare.

    Args:
        root: For the two trainings' folders.
        index: Of the data.
        strategy: Of the recipe: ``zero3`` or ``fsdp2``.

    Returns:
        ``differing_samples``, over all steps, those that were taken twice counted twice; ``differing_weights``, single
        numbers; and the step that the kill fell on with that of the checkpoint which the training went on from.
    """
    whole, killed = root / f"{strategy}-whole", root / f"{strategy}-killed"
    with _ranks(whole, index, strategy) as ranks:
        _end(ranks, whole)
    wanted = random.SystemRandom().randrange(EVERY + 1, STEPS - 2)
    with _ranks(killed, index, strategy) as ranks:
        _wait(ranks, killed, wanted)
        for rank in ranks:
            rank.kill()
    before = _samples(killed)
    begun = min(max(step for rank, step in before if rank == one) for one in range(RANKS))
    for one in range(RANKS):
        samples_of(killed, one).unlink()
    with _ranks(killed, index, strategy) as ranks:
        _end(ranks, killed)
    after, undisturbed = _samples(killed), _samples(whole)
    first = min(step for _, step in after)
    differing = _differing(before, undisturbed, range(begun + 1)) + _differing(after, undisturbed, range(first, STEPS))
    return {
        "differing_samples": float(differing),
        "differing_weights": float(_differing_weights(whole, killed)),
        "weights": float(_weights(whole)),
        "killed_at_step": float(begun),
        "resumed_from_step": float(first),
    }


@contextlib.contextmanager
def _ranks(folder: Path, index: Path, strategy: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two ranks, which are gone at the end of the block."""
    folder.mkdir(exist_ok=True)
    meeting = f"file://{folder}/meeting-{time.monotonic_ns()}"
    with contextlib.ExitStack() as closing:
        ranks = []
        for rank in range(RANKS):
            log = closing.enter_context((folder / f"rank-{rank}.log").open("ab"))
            command = [sys.executable, "-W", "ignore", "-m", "orchestration.benches.resume.rank"]
            arguments = [strategy, str(rank), str(folder), str(index), meeting]
            ranks.append(subprocess.Popen([*command, *arguments], cwd=REPOSITORY, stdout=log, stderr=log))
        try:
            yield ranks
        finally:
            for process in ranks:
                process.kill()
                process.wait()


def _end(ranks: list[subprocess.Popen[bytes]], folder: Path) -> None:
    for number, rank in enumerate(ranks):
        if code := rank.wait(timeout=_LONGEST):
            raise ResumeFailed(f"rank {number} ended with {code}: {_told(folder, number)}")


def _wait(ranks: list[subprocess.Popen[bytes]], folder: Path, steps: int) -> None:
    """Until rank 0 has begun that many steps."""
    begun = time.monotonic()
    while len(_samples(folder)) < RANKS * steps:
        if any(rank.poll() is not None for rank in ranks) or time.monotonic() - begun > _LONGEST:
            raise ResumeFailed(f"the training never came to step {steps}: {_told(folder, 0)}")
        time.sleep(_POLL)


def _told(folder: Path, rank: int) -> str:
    return (folder / f"rank-{rank}.log").read_text(encoding="utf-8", errors="replace")[-2000:]


def _samples(folder: Path) -> Samples:
    found: Samples = {}
    for rank in range(RANKS):
        path = samples_of(folder, rank)
        lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
        for step, digests in map(json.loads, lines):
            found[rank, step] = digests
    return found


def _differing(one: Samples, other: Samples, steps: range) -> int:
    """Samples of these steps that are not the same in both; one that is missing differs."""
    keys = [(rank, step) for rank in range(RANKS) for step in steps]
    pairs = [(one.get(key, []), other.get(key, [])) for key in keys]
    return sum(mine != theirs for pair in pairs for mine, theirs in zip_longest(*pair))


def _differing_weights(one: Path, other: Path) -> int:
    from safetensors.torch import load_file

    mine, theirs = (load_file(folder / "model.safetensors") for folder in (one, other))
    if mine.keys() != theirs.keys():
        raise ResumeFailed(f"the models hold different tensors: {sorted(mine.keys() ^ theirs.keys())}")
    return sum(int((tensor != theirs[name]).sum()) for name, tensor in mine.items())


def _weights(folder: Path) -> int:
    from safetensors.torch import load_file

    return sum(tensor.numel() for tensor in load_file(folder / "model.safetensors").values())
