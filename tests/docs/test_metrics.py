"""The metrics in the documentation are the code's."""

from __future__ import annotations

import json
import re

from gomicro.metrics import families
from gomicro.metrics.families import COUNTED, Family
from tests.docs.pages import ROOT

FAMILIES = [one for one in vars(families).values() if isinstance(one, Family)]


def _names() -> set[str]:
    """What the metrics are called where they are queried."""
    names = set()
    for family in FAMILIES:
        if family.bounds:
            names |= {f"{family.name}_{part}" for part in ("bucket", "count", "sum")}
        else:
            names.add(f"{family.name}_total" if family in COUNTED else family.name)
    return names


def _queried(text: str) -> set[str]:
    return set(re.findall(r"\b(?:gomicro|http_server)_\w+", text))


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    dashboard = json.loads((ROOT / "docs/how-to/grafana.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked = _queried(" ".join(queries))
    assert asked <= _names()
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(queries)


def test_the_dashboard_asks_for_the_jobs_that_are_chosen() -> None:
    """Other services have OpenTelemetry's metrics as well."""
    dashboard = json.loads((ROOT / "docs/how-to/grafana.json").read_text(encoding="utf-8"))
    (query,) = [one["query"] for one in dashboard["templating"]["list"] if one["type"] == "query"]
    assert _queried(query) <= _names()
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            asked = re.findall(r"\b(?:gomicro|http_server)_\w+(.{12})", target["expr"])
            assert set(asked) == {'{job=~"$job"'}, target["expr"]


def test_the_page_asks_for_metrics_that_there_are() -> None:
    page = (ROOT / "docs/how-to/scrape.md").read_text(encoding="utf-8")
    assert _queried(page) <= _names()


def test_the_reference_has_every_metric_with_its_labels() -> None:
    page = (ROOT / "docs/reference/admin.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z_]+)` \|(.*)$", page, re.MULTILINE))
    for family in FAMILIES:
        name = f"{family.name}_total" if family in COUNTED and not family.bounds else family.name
        assert [label for label in family.labels if f"`{label}`" not in rows[name]] == []
