"""A long film in a fresh process: ``python -m orchestration.benches.long.apart BUNDLE SECONDS FILE`` prints JSON.

``peak_mib`` is memory above the process with its sessions loaded, ``seconds`` how long sampling and decoding took. The
raw frames are written to FILE as they come.
"""

import json
import sys
import time
from pathlib import Path

from assets.evaluation.prompts import EVALUATION_PROMPTS
from orchestration.benches.long.films import Frames, filmed, pipeline
from serving.shots import Shot
from serving.trial import peak_above

_SHOT = 8  # seconds of each prompt
_SEED = 0


def shots(seconds: int) -> list[Shot]:
    """The evaluation prompts, eight seconds each, until so many seconds are full."""
    return [Shot(seconds=_SHOT, prompt=prompt.text) for prompt in EVALUATION_PROMPTS[: seconds // _SHOT]]


def film(bundle: Path, seconds: int, file: Path) -> dict[str, float]:
    """Sample and decode a film of shots that fade into each other."""
    served = pipeline(bundle)
    taken: list[float] = []

    with file.open("wb") as out:

        def write(piece: Frames) -> None:
            out.write(piece.data)

        def work() -> None:
            begun = time.monotonic()
            filmed(served, shots(seconds), _SEED, write)
            taken.append(time.monotonic() - begun)

        peak = peak_above(work)
    return {"peak_mib": peak / 2**20, "seconds": taken[0]}


if __name__ == "__main__":
    folder, length, target = sys.argv[1:]
    sys.stdout.write(json.dumps(film(Path(folder), int(length), Path(target))) + "\n")
