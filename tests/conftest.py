import pytest
from xdist.scheduler import LoadFileScheduling

from tests.chat_server import ChatServer

RANKS = {
    "tests/test_end_to_end.py",
    "tests/assets/test_training.py",
    "tests/models/parallel/test_parallelize.py",
    "tests/models/training/test_run.py",
    "tests/models/training/test_samples.py",
    "tests/models/training/test_sharding.py",
    "tests/orchestration/benches/resume/test_resume.py",
    "tests/orchestration/launchers/test_launcher.py",
    "tests/orchestration/launchers/test_slurm.py",
    "tests/orchestration/ranks/test_node.py",
}
"""Files whose cases start processes that wait for each other."""


class OneForRanks(LoadFileScheduling):
    """A file goes to one process; those in which ranks are started go to one and the same.

    Ranks wait for each other, and longer if others have their cores.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "ranks" if file in RANKS else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneForRanks:
    """How cases are shared out where there are several processes."""
    return OneForRanks(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ranks and long cases come first, the whole graph before all: none is left for the end alone."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(
        key=lambda item: (item.nodeid.split("::")[0] not in RANKS, item.path not in slow, len(item.path.parents))
    )


@pytest.fixture
def serve():
    """Starts a ``ChatServer`` with the answers that it is given."""
    running = []

    def start(*answers):
        running.append(ChatServer(*answers))
        return running[-1]

    yield start
    for server in running:
        server.close()
