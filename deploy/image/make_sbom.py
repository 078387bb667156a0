#!/usr/bin/env python3
"""Writes the CycloneDX bill of materials of an image's root file system to standard output.

The parts are those that assemble-root.sh recorded: Debian packages whose libraries were copied,
and what is linked into the binary, which are the runtimes of Swift and C++ and the Swift packages.

Usage: make_sbom.py ROOT [DIGEST]
"""

import hashlib
import json
import pathlib
import sys
import uuid

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

# What is linked into the binary, by the beginning of its name: its licence, and where its package
# URL places it.
LINKED_PARTS = {
    "libstdc++-": ("GPL-3.0-or-later WITH GCC-exception-3.1", "deb/debian"),
    "swift-argument-parser": ("Apache-2.0 WITH Swift-exception", "swift/github.com/apple"),
    "swift-log": ("Apache-2.0", "swift/github.com/apple"),
    "swift": ("Apache-2.0 WITH Swift-exception", "github/swiftlang"),
}


def debian_components(root):
    """One component for each package record of the image."""
    for path in sorted((root / "var/lib/dpkg/status.d").iterdir()):
        lines = [line for line in path.read_text().splitlines() if ": " in line]
        fields = dict(line.split(": ", 1) for line in lines if not line.startswith(" "))
        name, version = fields["Package"], fields["Version"]
        url = f"pkg:deb/debian/{name}@{version}?arch={fields['Architecture']}"
        yield {
            "type": "library",
            "bom-ref": url,
            "name": name,
            "version": version,
            "description": fields["Description"],
            "purl": url.replace("+", "%2B"),
            "licenses": [{"license": {"name": f"see /usr/share/doc/{name}/copyright"}}],
        }


def linked_components(root):
    """What is linked into the binary."""
    for line in (root / "usr/share/doc/pointserve-components").read_text().splitlines():
        name, version = line.split(" ")
        licence, place = next(
            part for beginning, part in LINKED_PARTS.items() if name.startswith(beginning))
        kind = {"expression": licence} if " " in licence else {"license": {"id": licence}}
        yield {
            "type": "library",
            "bom-ref": f"linked:{name}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:{place}/{name}@{version}".replace("+", "%2B"),
            "licenses": [kind],
        }


def main():
    root = pathlib.Path(sys.argv[1])
    digest = sys.argv[2] if len(sys.argv) > 2 else ""
    binary = hashlib.sha256((root / "usr/bin/pointserve").read_bytes()).hexdigest()
    image = {
        "type": "container",
        "bom-ref": "pointserve",
        "name": "pointserve",
        "version": digest or binary,
    }
    parts = [*debian_components(root), *linked_components(root)]
    parts.append({
        "type": "application",
        "bom-ref": "binary",
        "name": "/usr/bin/pointserve",
        "version": binary[:12],
        "hashes": [{"alg": "SHA-256", "content": binary}],
    })
    linked = [part["bom-ref"] for part in parts if part["bom-ref"].startswith("linked:")]
    debian = [part["bom-ref"] for part in parts if part["bom-ref"].startswith("pkg:")]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest or binary)}",
        "version": 1,
        "metadata": {"component": image},
        "components": parts,
        "dependencies": [
            {"ref": "pointserve", "dependsOn": ["binary"]},
            {"ref": "binary", "dependsOn": [*linked, *debian]},
        ],
    }
    text = json.dumps(document, indent=2)
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if problem is not None:
        raise SystemExit(f"make_sbom: {problem}")
    print(text)
    print(f"sbom: {len(parts)} components, valid CycloneDX 1.6", file=sys.stderr)


if __name__ == "__main__":
    main()
