"""The steps of README, followed word by word, end with a tool result in an official client."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from program import BINARY, Program

HERE = Path(__file__).parent
TOP = HERE.parent.parent
README = (TOP / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("way", ["browser", "key"])
def test_the_first_call_ends_with_partners(gatehouse: Program, way: str) -> None:
    assert "docs/first_call.py" in README
    # webbrowser(3): the command that BROWSER names gets the address in place of %s.
    browser = f"{sys.executable} {HERE / 'walk.py'} %s &"
    more = ["--key", gatehouse.key()[1]] if way == "key" else []
    done = subprocess.run(
        [sys.executable, str(TOP / "docs" / "first_call.py"), "--url", gatehouse.url, *more],
        env=os.environ | {"BROWSER": browser}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "search_read" in done.stdout
    assert done.stdout.count("'name': ") == 5


def test_the_call_with_curl_ends_with_partners(gatehouse: Program) -> None:
    script = next(block for block in blocks("sh") if "curl" in block)
    for written, here in {
        ".build/release/gatehouse": BINARY,
        "--data Data --keys Keys": " ".join(gatehouse.place),
        "http://127.0.0.1:8080": gatehouse.origin,
    }.items():
        assert written in script
        script = script.replace(written, here)
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert '"isError":false' in done.stdout and done.stdout.count('"name"') >= 3


def test_what_it_links_to_and_names_is_there() -> None:
    for path in re.findall(r"\]\(([^):#]+)\)", README):
        assert (TOP / path).exists(), path
    table = README[README.index("## Where is…") :]
    for row in re.findall(r"^\| .* \|$", table[: table.index("\n## ", 5)], re.MULTILINE)[2:]:
        _, _, _, source, test, _ = row.split("|")
        for cell, folder in ((source, "Sources"), (test, "Tests")):
            for name in re.findall(r"`([^`]+)`", cell):
                found = (TOP / folder / name).exists() or any((TOP / folder).rglob(name))
                assert found, f"{name} of {row}"
