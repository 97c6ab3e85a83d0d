"""A real browser, without a screen: Debian's chromium and its driver."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["browser", "missing"]

PATIENCE = 60.0
"""Seconds for what a page shall come to show."""


def missing() -> str:
    """Which of the two programs is not installed; "" if both are."""
    return next((name for name in ("chromium", "chromedriver") if not shutil.which(name)), "")


@contextlib.contextmanager
def browser(directory: Path, *, width: int = 1280, height: int = 900) -> Iterator[Any]:
    """Start one with an empty profile, and end it."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in (
        "--headless=new", "--disable-gpu", "--no-proxy-server", "--disable-dev-shm-usage",
        "--disable-background-networking", "--no-first-run", f"--user-data-dir={directory}",
        f"--window-size={width},{height}",
    ):  # fmt: skip
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # which root cannot have
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = Service(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_page_load_timeout(PATIENCE)
        yield driver
    finally:
        driver.quit()
