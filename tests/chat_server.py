"""A local server that speaks the protocol of chat completions."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def says(content, **choice):
    """The answer 200 with a message."""
    return 200, {}, {"choices": [{"message": {"role": "assistant", "content": content}, **choice}]}


class ChatServer:
    """Answers with what it was given, in order, the last again and again; keeps the questions."""

    def __init__(self, *answers):
        self.asked = []
        self._answers = list(answers)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((self.path, dict(self.headers), body))
                status, headers, content = outer._answers[min(len(outer.asked), len(outer._answers)) - 1]
                raw = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
