"""The one entry of the code location."""

import dagster as dg

from orchestration.graph import graph
from orchestration.resources import build_resources


@dg.definitions
def definitions() -> dg.Definitions:
    """The graph of the home that the environment names (``CINEMILL_HOME``)."""
    return graph(build_resources())
