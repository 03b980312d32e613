"""Resuming after a kill: seconds to the first batch against webdataset and torchdata, and whether it is exact.

Every side starts as a fresh process and has the same batch size, and the same number of samples behind it; our
shards are found again as verified by the training before (``models.training.verified``), torchdata's state was saved
at the step. The exactness is that of whole trainings on two ranks, under ZeRO-3 and under FSDP2.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from orchestration.benches.envelope import require
from orchestration.benches.resume.exactness import ResumeFailed, compare
from serving.home import REPOSITORY

_ROUNDS = 11  # and one round to warm up
_SIDES = ("ours", "webdataset", "torchdata")
_PEERS = _SIDES[1:]
_STRATEGIES = ("zero3", "fsdp2")


def run() -> dict[str, float]:
    """Medians of seconds and ratios of paired rounds, and the exactness.

    ``first_batch_ratio`` is the fastest peer's seconds over ours from the start of the process; loading Python and
    torch is most of it on every side. ``first_batch_ratio_imported`` leaves out the time until all libraries are
    loaded.

    Raises:
        PeerMissing: torchdata or webdataset is not installed.
        ResumeFailed: A process ended with an error.
    """
    from orchestration.benches.resume.data import write

    for peer in _PEERS:
        require(peer)
    with tempfile.TemporaryDirectory(prefix="cinemill-resume-") as folder:
        root = Path(folder)
        index = write(root / "data")
        few = write(root / "few", 2, 40)
        found = {strategy: compare(root, few, strategy) for strategy in _STRATEGIES}
        walked = {side: _apart(f"{side}-save", index.parent) for side in ("ours", "torchdata")}
        rounds: dict[str, list[dict[str, float]]] = {side: [] for side in _SIDES}
        for round_ in range(_ROUNDS + 1):
            for side in _SIDES if round_ % 2 else reversed(_SIDES):
                measured = _apart(side, index.parent)
                if side in walked and measured["sum"] != walked[side]["sum"]:
                    raise ResumeFailed(f"{side} went on with another batch than the one that was due")
                if round_:
                    rounds[side].append(measured)
    return {
        **_ratios(rounds, "seconds", ""),
        **_ratios(rounds, "seconds_imported", "_imported"),
        "seconds_ours_unverified": walked["ours"]["seconds"],
        **_together(found),
    }


def _together(found: dict[str, dict[str, float]]) -> dict[str, float]:
    """The differences of both strategies together, and the rest by strategy."""
    summed = {name: sum(one[name] for one in found.values()) for name in ("differing_samples", "differing_weights")}
    rest = {
        f"{name}_{strategy}": value
        for strategy, one in found.items()
        for name, value in one.items()
        if name not in summed
    }
    return summed | rest


def _ratios(rounds: dict[str, list[dict[str, float]]], name: str, suffix: str) -> dict[str, float]:
    seconds = {side: [one[name] for one in measured] for side, measured in rounds.items()}
    ratios = {
        peer: statistics.median(theirs / ours for ours, theirs in zip(seconds["ours"], seconds[peer], strict=True))
        for peer in _PEERS
    }
    return {
        f"first_batch_ratio{suffix}": min(ratios.values()),
        **{f"first_batch_ratio{suffix}_{peer}": ratio for peer, ratio in ratios.items()},
        **{f"seconds{suffix}_{side}": statistics.median(values) for side, values in seconds.items()},
    }


def _apart(side: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-W", "ignore", "-m", "orchestration.benches.resume.apart", side, str(folder)]
    done = subprocess.run([*command, repr(time.time())], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ResumeFailed(f"{side} ended with {done.returncode}: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))
