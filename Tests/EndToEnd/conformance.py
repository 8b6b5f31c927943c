"""The server of protocol fixtures, as a process."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from program import BINARY, START_LIMIT, STOP_LIMIT, free_port

SERVER = Path(BINARY).with_name("ConformanceServer")


@contextmanager
def running(directory: Path, *arguments: str) -> Iterator[tuple[str, str]]:
    """Starts it, and gives its URL and what it printed before it was ready."""
    port = free_port()
    said = directory / "conformance-server.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [SERVER, "--listen", f"127.0.0.1:{port}", *arguments], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        limit = time.monotonic() + START_LIMIT
        while "ready" not in said.read_text():
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < limit, "it is not ready"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}/mcp", said.read_text()
        process.terminate()
        assert process.wait(STOP_LIMIT) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
