import pytest

from tests.chat_server import ChatServer


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
