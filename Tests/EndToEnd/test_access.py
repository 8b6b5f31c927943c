"""Every page, in both themes and two widths: axe-core's judgement, and what axe does not look at.

GATEHOUSE_SCREENSHOTS names a directory in which pictures of them all are left; Scripts/screenshots does that.
"""

from __future__ import annotations

import base64
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from program import Program
from test_chromium import chromium  # noqa: F401
from test_factors import Letters, finger, letters  # noqa: F401
from tour import Tour

THEMES = ("light", "dark")
WIDTHS = (380, 1100)
WEIGHT = 30 * 1024
"""Bytes that a page may have all told: itself, style, script and icon."""

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
JUDGE = """
const done = arguments[arguments.length - 1];
axe.run(document, {
  preload: false,
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}).then(
  (found) => done(found.violations.concat(found.incomplete.filter((each) => each.id === "color-contrast")).map(
    (each) => each.id + ": " + each.nodes.map(
      (node) => node.target.join(" ") + " (" + (node.any[0]?.message ?? node.failureSummary) + ")").join("; "))),
  (error) => done([String(error)]));
"""

PLAIN = """
const wrong = [];
const count = (selector) => document.querySelectorAll(selector).length;
if (count("h1") !== 1) wrong.push("h1: " + count("h1"));
if (count("main") !== 1 || count("body > header") !== 1 || count("body > footer") !== 1) wrong.push("landmarks");
if (document.documentElement.lang !== "en") wrong.push("lang");
if (!document.title) wrong.push("title");
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
if (wide > 0) wrong.push("wider than the window by " + wide);
for (const element of document.querySelectorAll("main *")) {
  const box = element.getBoundingClientRect();
  if (box.width && box.right > document.documentElement.clientWidth + 1 && !element.closest("pre, .unseen, svg"))
    wrong.push("sticks out: " + element.outerHTML.slice(0, 80));
}
for (const time of document.querySelectorAll("time"))
  if (!/UTC$/.test(time.title) || /UTC$/.test(time.textContent)) wrong.push("not in the zone: " + time.outerHTML);
return wrong;
"""

FOCUS = """
const wrong = [];
const before = document.activeElement;
for (const element of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")) {
  if (!element.checkVisibility()) continue;
  element.focus({ focusVisible: true, preventScroll: true });
  if (document.activeElement !== element) { wrong.push("no focus: " + element.outerHTML.slice(0, 80)); continue; }
  const style = getComputedStyle(element);
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) wrong.push("focus unseen: " + element.outerHTML.slice(0, 80));
}
if (before && before !== document.body) before.focus({ preventScroll: true }); else document.activeElement.blur();
window.scrollTo(0, 0);
return wrong;
"""

BYTES = """
return performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
  .filter((each) => each.name.startsWith(location.origin))
  .map((each) => [each.name.split("/").pop(), each.encodedBodySize]);
"""


@pytest.fixture
def fresh(another) -> Program:
    program = another(empty=True)
    issuer = f"http://localhost:{program.port}"
    program.start("--issuer", issuer, demo=False)
    program.run("user", "require-factor", "--group", "base/admin")
    return program


@pytest.fixture
def mailing(another, letters: Letters) -> Program:  # noqa: F811
    program = another()
    return program.start(
        "--issuer", f"http://localhost:{program.port}", "--smtp-url", f"smtp://127.0.0.1:{letters.port}",
        "--smtp-from", "gatehouse@example.com",
    )  # fmt: skip


def look(driver: webdriver.Chrome, theme: str, width: int) -> None:
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [
            {"name": "prefers-color-scheme", "value": theme}, {"name": "prefers-reduced-motion", "value": "reduce"},
        ]},
    )  # fmt: skip
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    )


def picture(driver: webdriver.Chrome, file: Path) -> None:
    driver.execute_script("document.activeElement?.blur()")
    size: Any = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
    shot = driver.execute_cdp_cmd(
        "Page.captureScreenshot",
        {
            "format": "png", "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1},
        },
    )  # fmt: skip
    file.write_bytes(base64.b64decode(shot["data"]))


def test_every_page_is_for_everybody(
    chromium: webdriver.Chrome, finger: webdriver.Chrome, mailing: Program, fresh: Program  # noqa: F811
) -> None:
    chromium.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    chromium.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kathmandu"})
    shots = os.environ.get("GATEHOUSE_SCREENSHOTS")
    seen: set[str] = set()
    wrong: list[str] = []
    for name in Tour(chromium, mailing, fresh).pages():
        assert name not in seen
        seen.add(name)
        chromium.execute_script(AXE)
        ActionChains(chromium).send_keys(Keys.TAB).perform()
        weight = chromium.execute_script(BYTES)
        if sum(size for _, size in weight) > WEIGHT:
            wrong.append(f"{name}: too heavy: {weight}")
        for theme in THEMES:
            for width in WIDTHS:
                look(chromium, theme, width)
                found = chromium.execute_script(FOCUS) + chromium.execute_script(PLAIN)
                found += chromium.execute_async_script(JUDGE)
                wrong += [f"{name}, {theme}, {width}: {each}" for each in found]
                if shots:
                    picture(chromium, Path(shots) / f"{name}-{theme}-{width}.png")
        chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert len(seen) >= 40
    assert wrong == [], "\n" + "\n".join(wrong)


SPOILED = """
const bad = document.createElement("div");
bad.innerHTML = "<h1>Second</h1><button></button><img src='/x'><p id='pale'>pale</p><a href='/' id='dull'>dull</a>";
document.querySelector("main").append(bad);
document.getElementById("pale").style.color = "rgb(190, 190, 190)";
document.getElementById("dull").style.outline = "none";
bad.style.width = "2000px";
"""


def test_the_judge_sees_what_is_wrong(chromium: webdriver.Chrome, gatehouse: Program) -> None:  # noqa: F811
    look(chromium, "light", 380)
    chromium.get(gatehouse.origin)
    chromium.execute_script(AXE)
    chromium.execute_script(SPOILED)
    ActionChains(chromium).send_keys(Keys.TAB).perform()
    found = chromium.execute_script(FOCUS) + chromium.execute_script(PLAIN) + chromium.execute_async_script(JUDGE)
    for words in ("color-contrast", "button-name", "image-alt", "h1: 2", "wider than", "sticks out", "focus unseen"):
        assert any(each.startswith(words) for each in found), (words, found)
