"""A web server on this machine that answers with given pages."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    body: bytes
    status: int = 200
    content_type: str = "application/octet-stream"
    claimed_length: int | None = None


@dataclass
class Server:
    """`pages` by path with query; `asked` holds every path that was requested."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


def _handler(find: Callable[[str], Page | None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = find(self.path) or Page(b"no such page", status=404)
            self.send_response(page.status)
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(page.claimed_length or len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@contextmanager
def running() -> Iterator[Server]:
    """A server on a free port, until the context closes."""
    served = Server("")

    def find(path: str) -> Page | None:
        served.asked.append(path)
        return served.pages.get(path)

    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(find)) as http:
        served.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        http.shutdown()
        thread.join()
