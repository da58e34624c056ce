"""The whole product as a person meets it: `xinfeng app` in its own process and data folder, and a real Chromium.

    def test_something(page):          # signed in as an administrator, in Chinese, 1440 × 900
        page.goto("/contacts")

`sign_in(role)` gives a page of somebody else, `phone_page` one of a phone's size, `people` makes users. Every
page that logs an error in the browser's console, or gets a 5xx, fails its test. Chromium is `$CHROMIUM` or
/usr/bin/chromium; `$LATENCY_MS` puts a slow line before it and `$CPU_SLOWDOWN` a processor so many times slower, so
that a test that acts before a page's scripts have come is found. The house is shared by all tests of a run: give things names of their own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    expect,
    sync_playwright,
)
from tests.patience import PATIENCE_S
from tests.ports import free_port

expect.set_options(timeout=PATIENCE_S * 1000)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser, whether its module says so or not."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


PASSWORD = "tea-and-wind-9"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_S = 2 * PATIENCE_S
LATENCY_MS = int(os.environ.get("LATENCY_MS", "0"))
CPU_SLOWDOWN = float(os.environ.get("CPU_SLOWDOWN", "1"))
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class House:
    """A running installation."""

    url: str
    data: Path
    environment: dict[str, str]

    def command(self, *words: str, **environment: str) -> str:
        """Run `xinfeng …` against it; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "xinfeng", *words],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=START_S,
        )
        assert done.returncode == 0, f"xinfeng {' '.join(words)}: {done.stdout}\n{done.stderr}"
        return done.stdout


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    data = Path(tempfile.mkdtemp(prefix="xinfeng-browser-"))
    port = free_port()
    plain = {name: value for name, value in os.environ.items() if not name.startswith("XINFENG_")}
    environment = {**plain, "XINFENG_DATA": str(data), "XINFENG_HTTP": f"127.0.0.1:{port}"}
    url = f"http://127.0.0.1:{port}"
    log = data / "app.txt"
    with log.open("w") as output:
        app = subprocess.Popen(
            [sys.executable, "-m", "xinfeng", "app"], env=environment, stdout=output, stderr=output
        )
    try:
        end = time.monotonic() + START_S
        while not _answers(f"{url}/login"):
            if app.poll() is not None or time.monotonic() > end:
                pytest.fail(f"`xinfeng app` did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)
        house = House(url, data, environment)
        house.command("users", "require-second-factor")
        yield house
    finally:
        app.terminate()
        try:
            app.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            app.kill()
            app.wait()
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def people(house: House) -> Callable[[str], str]:
    """Makes sure that somebody with a role exists; returns the user name, which is the role's."""
    made: set[str] = set()

    def person(role: str) -> str:
        if role not in made:
            house.command("users", "add", role, "--role", role, "--keep-password", NEW_USER_PASSWORD=PASSWORD)
            made.add(role)
        return role

    return person


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        pytest.fail(f"There is no Chromium at {path}: install it, or set CHROMIUM to where it is.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def sign_in(chromium: Browser, house: House, people: Callable[[str], str]) -> Iterator[Callable[..., Page]]:
    """`sign_in("operator")` → a page of that person; `size=PHONE` on a phone."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def enter(role: str = "administrator", *, size: dict[str, int] | None = None) -> Page:
        context = chromium.new_context(base_url=house.url, viewport=size or DESKTOP, locale="zh-CN")
        context.set_default_timeout(PATIENCE_S * 1000)
        contexts.append(context)
        page = context.new_page()
        hamper(page)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda message: faults.extend(_fault_of(message)))
        page.on("response", lambda response: faults.extend(_failure_of(response)))
        page.goto("/login")
        page.fill("[name=username]", people(role))
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(f"{house.url}/")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


def hamper(page: Page) -> None:
    """As slow a line and as slow a processor as was asked for."""
    if LATENCY_MS:
        line = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1}
        page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)
    if CPU_SLOWDOWN > 1:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})


def _fault_of(message: ConsoleMessage) -> list[str]:
    """Errors of scripts and of the Content-Security-Policy; a refused form (4xx) is an answer, not an error."""
    refused = message.text.startswith("Failed to load resource")
    return [] if message.type != "error" or refused else [f"console: {message.text}"]


def _failure_of(response: Response) -> list[str]:
    return [f"{response.status} {response.url}"] if response.status >= 500 else []


@pytest.fixture
def page(sign_in: Callable[..., Page]) -> Page:
    return sign_in("administrator")


@pytest.fixture
def phone_page(sign_in: Callable[..., Page]) -> Page:
    return sign_in("administrator", size=PHONE)
