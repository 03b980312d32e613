"""Peak memory of decoding in a fresh process: ``python -m orchestration.benches.decode.apart SIDE GRAPH FRAMES``.

Prints MiB above the process with its model loaded, as JSON. SIDE is ``ours`` or a peer; only ours reads GRAPH.
"""

import json
import sys
from pathlib import Path

from orchestration.benches.autoencoder.sides import OURS
from orchestration.benches.decode.sides import Decoding, Ours, opened, peer
from serving.decoding.tiles import Tiles
from serving.trial import peak_above


def decoded(name: str, graph: Path, frames: int) -> dict[str, float]:
    """The peak of one side over so many frames; ours as long videos are decoded without a budget."""
    decoding: Decoding = Ours(opened(graph), Tiles()) if name == OURS else peer(name)
    counts: list[int] = []
    peak = peak_above(lambda: counts.extend(len(piece) for piece in decoding(frames)))
    return {"peak_mib": peak / 2**20, "frames": float(sum(counts))}


if __name__ == "__main__":
    side, file, count = sys.argv[1:]
    sys.stdout.write(json.dumps(decoded(side, Path(file), int(count))) + "\n")
