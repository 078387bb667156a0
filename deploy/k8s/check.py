#!/usr/bin/env python3
"""Checks the manifests that kustomize builds, each against the schema of its own project.

Kubernetes' own kinds go through kubernetes-validate in strict mode, those of KEDA and of the
Prometheus operator through models generated from their resource definitions, those of KServe
through KServe's Python models; a field that a schema does not know is a finding. The pods inside
KServe's kinds are checked as pods. The operator's rules must equal deploy/prometheus/rules.yml.

Usage: check.py FILE.yaml…    each the output of `kubectl kustomize`
       check.py --write-rules  writes overlays/monitoring/prometheusrule.yaml anew
"""

import importlib
import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile
import types

import yaml

HERE = pathlib.Path(__file__).resolve().parent
KUBERNETES_VERSION = "1.37"
RULES = HERE.parent / "prometheus" / "rules.yml"
OPERATOR_RULES = HERE / "overlays" / "monitoring" / "prometheusrule.yaml"
GENERATED_MODELS = {
    "keda.sh/v1alpha1": "cloudcoil.models.keda.v1alpha1",
    "monitoring.coreos.com/v1": "cloudcoil.models.prometheus_operator.v1",
}
# The packaged models are those of KEDA 2.16; these fields and their values came with 2.17.
LATER_FIELDS = {
    "ScaledObject.spec.fallback.behavior": {
        "static",
        "currentReplicas",
        "currentReplicasIfHigher",
        "currentReplicasIfLower",
    },
}
KSERVE_MODELS = {
    "ClusterServingRuntime": "v1alpha1_serving_runtime_spec",
    "InferenceService": "v1beta1_inference_service_spec",
}


def validate_builtin(document):
    """The complaints of kubernetes-validate about one document."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(document, file)
        file.flush()
        command = ["kubernetes-validate", "--strict", "-k", KUBERNETES_VERSION, file.name]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if result.returncode == 0 else [(result.stdout + result.stderr).strip()]


def lost(given, kept, path):
    """What is wrong with the fields that a model dropped, because its schema lacks them."""
    if isinstance(given, dict):
        for key, value in given.items():
            if f"{path}.{key}" in LATER_FIELDS:
                allowed = LATER_FIELDS[f"{path}.{key}"]
                if value not in allowed:
                    found = f"expected one of {', '.join(sorted(allowed))}, found {value}"
                    yield f"{path}.{key}: {found}"
            elif not isinstance(kept, dict) or key not in kept:
                yield f"{path}.{key}: unknown field"
            else:
                yield from lost(value, kept[key], f"{path}.{key}")
    elif isinstance(given, list):
        for index, value in enumerate(given):
            yield from lost(value, kept[index], f"{path}[{index}]")


def validate_generated(document, module):
    """The complaints of a model that was generated from a resource definition."""
    model = getattr(importlib.import_module(module), document["kind"])
    try:
        kept = model.model_validate(document).model_dump(by_alias=True, mode="json")
    except ValueError as error:
        return [str(error)]
    return list(lost(document, kept, document["kind"]))


def kserve_model(name):
    """A model class of KServe by its module's name, without importing the rest of its package."""
    if "kserve" not in sys.modules:
        package = importlib.util.find_spec("kserve")
        folder = pathlib.Path(package.submodule_search_locations[0])
        for parent, path in (("kserve", folder), ("kserve.models", folder / "models")):
            sys.modules[parent] = types.ModuleType(parent)
            sys.modules[parent].__path__ = [str(path)]
    module = importlib.import_module(f"kserve.models.{name}")
    wanted = name.replace("_", "")
    return next(value for key, value in vars(module).items() if key.lower() == wanted)


def validate_kserve(value, model, path):
    """The fields that a KServe model, or one that it names, does not have."""
    fields = {name: attribute for attribute, name in model.attribute_map.items()}
    for key, entry in value.items():
        if key not in fields:
            yield f"{path}.{key}: unknown field"
            continue
        kind = model.openapi_types[fields[key]]
        inner = re.fullmatch(r"list\[(.*)\]", kind)
        kind = inner.group(1) if inner else kind
        if re.fullmatch(r"V1(alpha1|beta1)\w+", kind):
            name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
            try:
                model_of_entry = kserve_model(name)
            except ModuleNotFoundError:
                continue
            for index, item in enumerate(entry if inner else [entry]):
                yield from validate_kserve(item, model_of_entry, f"{path}.{key}[{index}]")


def pod_inside(document):
    """What KServe turns into a pod, as a pod."""
    if document["kind"] == "ClusterServingRuntime":
        spec = {"containers": document["spec"]["containers"]}
    else:
        own = {"minReplicas", "maxReplicas", "autoScaling", "model"}
        predictor = document["spec"]["predictor"]
        spec = {key: value for key, value in predictor.items() if key not in own}
        spec["containers"] = [{"name": "kserve-container", "image": "pointserve"}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "inside"}, "spec": spec}


def validate(document):
    """Every complaint about one document."""
    group = document["apiVersion"]
    if group in GENERATED_MODELS:
        return validate_generated(document, GENERATED_MODELS[group])
    if group.startswith("serving.kserve.io/"):
        model = kserve_model(KSERVE_MODELS[document["kind"]])
        found = list(validate_kserve(document["spec"], model, document["kind"]))
        return found + validate_builtin(pod_inside(document))
    return validate_builtin(document)


def operator_rules():
    """The rules of deploy/prometheus as the operator's kind."""
    metadata = {"name": "pointserve", "labels": {"app.kubernetes.io/name": "pointserve"}}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata,
        "spec": yaml.safe_load(RULES.read_text()),
    }


def main(arguments):
    if arguments == ["--write-rules"]:
        text = yaml.safe_dump(operator_rules(), sort_keys=False, width=96)
        OPERATOR_RULES.write_text("# Written by check.py from deploy/prometheus/rules.yml.\n" + text)
        return 0
    findings = count = 0
    for name in arguments:
        for document in yaml.safe_load_all(pathlib.Path(name).read_text()):
            count += 1
            for complaint in validate(document):
                findings += 1
                print(f"{name}: {document['kind']}/{document['metadata']['name']}: {complaint}")
    if yaml.safe_load(OPERATOR_RULES.read_text()) != operator_rules():
        findings += 1
        print(f"{OPERATOR_RULES.name} is not what check.py --write-rules makes of {RULES.name}")
    print(f"k8s: {count} objects in {len(arguments)} builds, {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
