import pytest

from tests.chat_server import ChatServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow cases first, the whole graph before all: shared out, none is left for the end alone."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, len(item.path.parents)))


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
