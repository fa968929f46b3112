"""Check the files of deploy/: Dockerfiles, manifests of Kubernetes, YAML, the dashboard and the names in its queries."""

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
MANIFESTS = [path for path in sorted((DEPLOY / "kustomize").glob("*.yaml")) if path.name != "kustomization.yaml"]
_METRIC = re.compile(r"\bcitewell_[a-z_]+")


def main() -> int:
    failures = run("hadolint", *DEPLOY.glob("*Dockerfile"))
    failures += run("yamllint", "--strict", "-c", DEPLOY / "yamllint.yaml", *DEPLOY.rglob("*.yaml"))
    failures += run("kubernetes-validate", "--strict", "--quiet", *MANIFESTS)
    failures += listed() + unknown_metrics()
    print("deploy: fine" if not failures else "\n".join(failures), file=sys.stderr if failures else sys.stdout)
    return 1 if failures else 0


def run(program: str, *arguments: str | Path) -> list[str]:
    done = subprocess.run([BIN / program, *map(str, arguments)], capture_output=True, text=True, check=False)
    return [f"{program}: {done.stdout}{done.stderr}"] if done.returncode else []


def listed() -> list[str]:
    """Manifests that the kustomization leaves out, or names in vain."""
    named = set(yaml.safe_load((DEPLOY / "kustomize" / "kustomization.yaml").read_text())["resources"])
    return [f"kustomization.yaml and the folder differ: {name}" for name in named ^ {path.name for path in MANIFESTS}]


def unknown_metrics() -> list[str]:
    """Metrics in the dashboard and the alerts that the server does not have."""
    from citewell.kit import metrics

    known = set[str]()
    for family in metrics.REGISTRY.collect():
        known |= {family.name, *(f"{family.name}_{suffix}" for suffix in ("total", "bucket", "count", "sum"))}
    rules = (DEPLOY / "prometheus" / "alerts.yaml").read_text()
    dashboard = (DEPLOY / "grafana" / "citewell.json").read_text()
    json.loads(dashboard)
    queries = re.findall(r"expr: (.*)", rules) + re.findall(r'"expr": "(.*?)"', dashboard)
    return [f"no such metric: {name}" for name in sorted(set(_METRIC.findall(" ".join(queries))) - known)]


if __name__ == "__main__":
    sys.exit(main())
