"""The server that most tests share, and installations of one's own for those that break something."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Callable, Iterator

import pytest

from person import Person
from program import BINARY, Program


def pytest_configure() -> None:
    if not os.access(BINARY, os.X_OK):
        pytest.exit(f"GATEHOUSE has to name the program under test, it is {BINARY!r}", returncode=64)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One running server with the demo company, for every test that leaves it as it was."""
    program = Program(tmp_path_factory.mktemp("shared"))
    program.start()
    try:
        yield program
        program.stop()
    finally:
        program.close()


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a server that started once and stopped: what `another` copies."""
    program = Program(tmp_path_factory.mktemp("seed"))
    try:
        program.start()
        program.stop()
    finally:
        program.close()
    return program.data


@pytest.fixture
def another(seed: Path, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Makes installations that a test may break: copies of the seed, in a directory that goes away."""
    made: list[Program] = []

    def make(home: Path | None = None, *, empty: bool = False) -> Program:
        home = home or tmp_path / f"home-{len(made)}"
        home.mkdir(exist_ok=True)
        # The data remembers where its keys were made, so a copy is told where its own are.
        program = Program(home, keys=home / "data" / "keys")
        if not empty:
            shutil.copytree(seed, program.data)
        made.append(program)
        return program

    yield make
    for program in made:
        program.close()


@pytest.fixture
def sales() -> Iterator[Person]:
    with Person("sales") as person:
        yield person


def loose(path: Path) -> bool:
    """Whether anyone but the owner can read it."""
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
