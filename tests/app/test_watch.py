"""The watch: it looks at the site over HTTP, writes what it found, and says in words what was wrong."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from app.clock import Clock
from app.db import Database
from app.watch import Watch, trouble_at
from challenges.outages import Uptime
from tests.databases import settings_for
from tests.servers import free_ports


@contextmanager
def answering(status: int, body: bytes = b"{}") -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (200, b"{}", ""),
        (204, b"", "It answered with status 204."),
        (503, b'{"parts": {"files": "down", "database": "ok"}}', "It answered with status 503: down are files."),
        (502, b"<h1>Bad Gateway</h1>", "It answered with status 502."),
        (500, b"[1]", "It answered with status 500."),
        (503, b'{"parts": []}', "It answered with status 503."),
    ],
)
def test_what_is_wrong_in_words(status: int, body: bytes, sentence: str) -> None:
    with answering(status, body) as url:
        assert trouble_at(f"{url}/health/ready") == sentence


def test_nobody_answers() -> None:
    silent = "It did not answer within 2 seconds."
    with socket.create_server(("127.0.0.1", 0)) as accepts_and_says_nothing:
        port = accepts_and_says_nothing.getsockname()[1]
        assert trouble_at(f"http://127.0.0.1:{port}/health/ready") == silent
    assert trouble_at(f"http://127.0.0.1:{free_ports(1)[0]}/health/ready") == silent


def uptimes(database: Database) -> list[str]:
    with database.reading() as session:
        return [span.trouble for span in session.exec(select(Uptime))]


def test_it_looks_once_in_thirty_seconds_and_writes_it_down(database: Database, tmp_path: Path) -> None:
    url = database.writer.url.render_as_string(hide_password=False)
    with answering(200) as site:
        settings = settings_for(tmp_path, url, probe_url=site)
        watch = Watch(settings, Clock(settings))
        watch.look(database)
        assert uptimes(database) == [""]
    watch.look(database)  # nobody answers any more, but the 30 seconds are not over
    assert uptimes(database) == [""]
    Watch(settings, Clock(settings)).look(database)
    assert uptimes(database) == ["It did not answer within 2 seconds."]


def test_it_can_be_switched_off(database: Database, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, database.writer.url.render_as_string(hide_password=False), probe_url="off")
    Watch(settings, Clock(settings)).look(database)
    assert uptimes(database) == []
