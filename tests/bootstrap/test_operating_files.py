"""The dashboard and the alert rules in `ops/`: every metric in them exists and is fed, every label value is one that the program gives."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sekisho.bootstrap.metrics import Metrics
from sekisho.bootstrap.monitoring_metrics import MonitoringMetrics
from sekisho.domain.sessions import EndReason
from sekisho.kernel.decision import Reason

ROOT = Path(__file__).parents[2]
OPS = ROOT / "ops"
PROMTOOL = shutil.which("promtool")
RULES: list[dict[str, Any]] = yaml.safe_load((OPS / "prometheus-rules.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
BOARD: dict[str, Any] = json.loads((OPS / "grafana-dashboard.json").read_text(encoding="utf-8"))
METRIC = re.compile(r"\b(?:sekisho|process)_\w+")
OUTCOMES = {*Reason, *EndReason, "password_accepted", "complete", "sent"}
OF_PROMETHEUS = {"process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes"}


def expressions() -> dict[str, str]:
    """By alert or panel."""
    found = {rule["alert"]: rule["expr"] for rule in RULES}
    for panel in BOARD["panels"]:
        found |= {f"{panel['title']} {target['refId']}": target["expr"] for target in panel["targets"]}
    return found


def known() -> set[str]:
    """Names as Prometheus sees them, with those that a histogram has."""
    names: set[str] = set(OF_PROMETHEUS)
    for family in Metrics.create().registry.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        names |= {family.name + suffix for suffix in suffixes}
    return names


@pytest.mark.parametrize("name", expressions())
def test_every_metric_exists(name: str) -> None:
    used = set(METRIC.findall(expressions()[name]))
    assert used - known() == set() and (used or name == "SekishoDown")


def test_every_metric_of_ours_is_on_the_dashboard_or_alerts() -> None:
    used = " ".join(expressions().values())
    ours = {family.name for family in Metrics.create().registry.collect() if family.name.startswith("sekisho_")}
    assert {name for name in ours if name not in used} == set()


def test_every_metric_is_fed() -> None:
    """A number that nobody writes is worse than none: it reads as nothing to worry about."""
    fields = [name for name in Metrics.__dataclass_fields__ if name not in ("registry", "_answers")]
    inner = [f"monitoring.{name}." for name in MonitoringMetrics.__dataclass_fields__ if name != "events"]
    read = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/sekisho").rglob("*.py"))
    methods = {
        "logins": ".login(",
        "codes": ".code(",
        "sessions_ended": ".session(",
        "requests": "metrics.request",
        "request_time": "metrics.request",
    }
    assert [name for name in inner if name not in read] == [] and "self.events.labels(" in read
    assert [name for name in fields if f"metrics.{name}." not in read and methods.get(name, "?") not in read] == []


def test_label_values_are_those_that_are_given() -> None:
    text = " ".join(expressions().values())
    given = {value for found in re.findall(r'outcome=~?"([^"]+)"', text) for value in found.split("|")}
    assert given and given <= OUTCOMES
    assert set(re.findall(r'state="(\w+)"', text)) <= {"waiting", "dead", "unanswered"}
    assert set(re.findall(r'work="(\w+)"', text)) == {"owner", "monitoring"}


def test_every_alert_says_what_to_do_and_its_paper_exists() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket") and rule["annotations"]["summary"] and rule["annotations"]["action"]
        for paper in re.findall(r"docs/[\w./]+\.md", str(rule["annotations"])):
            assert (ROOT / paper).exists(), rule["alert"]
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    paper = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in RULES if f"`{rule['alert']}`" not in paper] == []


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    cases = Path(__file__).with_name("alerts.test.yaml").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in RULES if f'alertname="{rule["alert"]}"' not in cases] == []


def test_panels_do_not_lie_on_each_other() -> None:
    places = [tuple(panel["gridPos"][key] for key in "xywh") for panel in BOARD["panels"]]
    cells = [(column, row) for x, y, w, h in places for column in range(x, x + w) for row in range(y, y + h)]
    assert len(cells) == len(set(cells)) and max(column for column, _ in cells) < 24
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_prometheus_reads_the_rules_and_they_fire(tmp_path: Path) -> None:
    assert PROMTOOL is not None
    shutil.copy(OPS / "prometheus-rules.yaml", tmp_path)
    shutil.copy(Path(__file__).with_name("alerts.test.yaml"), tmp_path)
    for words in (("check", "rules", "prometheus-rules.yaml"), ("test", "rules", "alerts.test.yaml")):
        done = subprocess.run([PROMTOOL, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
