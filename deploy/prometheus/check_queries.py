#!/usr/bin/env python3
"""Checks the queries of the dashboard and of the rules against the metrics that really exist.

Live: every panel, every recording rule and every alert is asked of a Prometheus that scrapes the
service. A query that fails, returns nothing, or names a metric that does not exist is a finding,
and so is an exported metric that no query uses. An alert is asked with its comparisons turned into
values (`> bool`), so that it returns something whether or not it fires.

Usage: check_queries.py --prometheus URL
       check_queries.py --offline         checks only the files themselves
"""

import argparse
import json
import pathlib
import re
import sys
import urllib.parse
import urllib.error
import urllib.request

import yaml

HERE = pathlib.Path(__file__).resolve().parent
DASHBOARD = HERE.parent / "grafana" / "pointserve.json"
VARIABLES = {"$job": "pointserve", "$instance": ".*", "$model": ".*", "$__rate_interval": "1m"}
METRIC = re.compile(r"\b(?:pointserve|nv|process)(?:_[a-z0-9_]+|:[a-z0-9_:]+)\b|\bup\b")


def without_strings(expression):
    """An expression with the contents of its strings gone."""
    return re.sub(r'"[^"]*"', '""', expression)


def metrics_of(expression):
    """The names of metrics in an expression."""
    return set(METRIC.findall(without_strings(expression)))


def read_queries():
    """What is asked: (where, expression as written, expression to ask)."""
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            asked = target["expr"]
            for name, value in VARIABLES.items():
                asked = asked.replace(name, value)
            yield f"panel {panel['title']} {target['refId']}", target["expr"], asked
    for group in yaml.safe_load((HERE / "rules.yml").read_text())["groups"]:
        for rule in group["rules"]:
            if "record" in rule:
                yield f"record {rule['record']}", rule["expr"], rule["expr"]
            else:
                asked = re.sub(r"(?<=[ )\]])(>|<|==|>=|<=)(?= )", r"\1 bool", rule["expr"])
                yield f"alert {rule['alert']}", rule["expr"], asked


def offline():
    """Findings about the files alone."""
    findings = []
    dashboard = json.loads(DASHBOARD.read_text())
    numbers = [panel["id"] for panel in dashboard["panels"]]
    if len(set(numbers)) != len(numbers):
        findings.append("two panels share an id")
    cells = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            findings.append(f"panel {panel['title']} is wider than the page")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if (x, y) in cells:
                    findings.append(f"panel {panel['title']} covers {cells[x, y]}")
                cells[x, y] = panel["title"]
    groups = yaml.safe_load((HERE / "rules.yml").read_text())["groups"]
    records = {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}
    used = set()
    for where, expression, _ in read_queries():
        for name in metrics_of(expression):
            used.add(name)
            if ":" in name and name not in records:
                findings.append(f"{where}: {name} is recorded nowhere")
    others = [*HERE.parent.glob("k8s/**/scaledobject.yaml"), HERE / "adapter.yml"]
    autoscalers = "".join(path.read_text() for path in others)
    findings += [
        f"{name} is recorded and never used"
        for name in sorted(records - used)
        if name not in autoscalers
    ]
    return sorted(set(findings))


class Prometheus:
    """The query interface of one Prometheus."""

    def __init__(self, url):
        self.url = url

    def get(self, path, **parameters):
        """The data of an answer; raises ValueError with Prometheus' own message."""
        address = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.load(error).get("error", str(error))) from error


def live(prometheus):
    """Findings about queries and metrics of a running service, and the number of queries."""
    findings = []
    exported = {
        (entry["metric"], entry["type"])
        for entry in prometheus.get("targets/metadata", match_target='{job="pointserve"}')
    }
    kinds = dict(exported)
    series = set(prometheus.get("label/__name__/values"))
    used = set()
    count = 0
    for where, expression, asked in read_queries():
        count += 1
        for name in sorted(metrics_of(expression)):
            family = name if name in kinds else re.sub(r"_(bucket|sum|count|total)$", "", name)
            used.add(family)
            if name not in series:
                findings.append(f"{where}: there is no metric {name}")
        try:
            if not prometheus.get("query", query=asked)["result"]:
                findings.append(f"{where}: returns nothing: {asked}")
        except ValueError as error:
            findings.append(f"{where}: {error}")
    findings += [f"exported and used nowhere: {name}" for name in sorted(set(kinds) - used)]
    for group in prometheus.get("rules")["groups"]:
        findings += [
            f"rule {rule['name']}: {rule['lastError']}"
            for rule in group["rules"]
            if rule.get("lastError")
        ]
    print(f"queries: {count} asked, {len(kinds)} metrics exported, {len(series)} series names")
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prometheus", help="such as http://127.0.0.1:9090")
    parser.add_argument("--offline", action="store_true")
    arguments = parser.parse_args()
    if arguments.offline == bool(arguments.prometheus):
        parser.error("give either --prometheus or --offline")
    findings = offline()
    if arguments.prometheus:
        findings += live(Prometheus(arguments.prometheus))
    for finding in findings:
        print(finding)
    print(f"queries: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
