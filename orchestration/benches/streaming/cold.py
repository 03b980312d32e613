"""A cold start: ``python -m orchestration.benches.streaming.cold BUNDLE BEGAN`` prints JSON.

``cold_start_seconds`` go from BEGAN, the time at which the process was asked for, to all of the bundle's sessions being
loaded: interpreter, imports and checked digests included.
"""

import json
import sys
import time
from pathlib import Path

from serving.bundle import Bundle
from serving.pipeline import Pipeline


def seconds(folder: Path, began: float) -> float:
    """Load every session of a bundle in this process, and say how long after ``began`` that is done."""
    loaded = Bundle.load(folder)
    for graph in loaded.graphs.values():
        _ = graph.session
    Pipeline.from_bundle(loaded)
    return time.time() - began


if __name__ == "__main__":
    bundle, asked = sys.argv[1:]
    sys.stdout.write(json.dumps({"cold_start_seconds": seconds(Path(bundle), float(asked))}) + "\n")
