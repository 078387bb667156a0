#!/usr/bin/env python3
"""Fails if an alert of rules.yml lacks a test case in which it fires or one in which it does not."""

import pathlib
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent


def main():
    groups = yaml.safe_load((HERE / "rules.yml").read_text())["groups"]
    alerts = [rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule]
    tests = yaml.safe_load((HERE / "rules_test.yml").read_text())["tests"]
    cases = [case for test in tests for case in test.get("alert_rule_test", [])]
    missing = []
    for alert in alerts:
        of_alert = [bool(case.get("exp_alerts")) for case in cases if case["alertname"] == alert]
        for wanted, name in ((True, "firing"), (False, "silent")):
            if wanted not in of_alert:
                missing.append(f"{alert} has no {name} case")
    for line in missing:
        print(line)
    print(f"{len(alerts)} alerts, {len(cases)} cases, {len(missing)} missing")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
