"""Check the files of deploy/: Dockerfiles, manifests of Kubernetes, the unit of systemd, YAML, the dashboard and the names in its queries."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
MANIFESTS = [path for path in sorted((DEPLOY / "kustomize").glob("*.yaml")) if path.name != "kustomization.yaml"]
_METRIC = re.compile(r"\bcitewell_[a-z_]+")
_BY = re.compile(r"\bby \(([^)]*)\)")
_SHOWN = re.compile(r"\{\{ *(?:\$labels\.)?(\w+) *\}\}")
_GIVEN = frozenset({"instance", "job", "le"})  # by Prometheus


def main() -> int:
    failures = run("hadolint", *DEPLOY.glob("*Dockerfile"))
    failures += run("yamllint", "--strict", "-c", DEPLOY / "yamllint.yaml", *DEPLOY.rglob("*.yaml"))
    failures += run("kubernetes-validate", "--strict", "--quiet", *MANIFESTS)
    failures += run_if_installed("kubectl", "kustomize", DEPLOY / "kustomize")
    failures += verify_unit((DEPLOY / "systemd" / "citewell.service").read_text())
    failures += short_graces() + other_versions()
    failures += listed() + unknown_metrics()
    print("deploy: fine" if not failures else "\n".join(failures), file=sys.stderr if failures else sys.stdout)
    return 1 if failures else 0


def run(program: str, *arguments: str | Path) -> list[str]:
    done = subprocess.run([BIN / program, *map(str, arguments)], capture_output=True, text=True, check=False)
    return [f"{program}: {done.stdout}{done.stderr}"] if done.returncode else []


def run_if_installed(program: str, *arguments: str | Path) -> list[str]:
    found = shutil.which(program)
    return run(found, *arguments) if found else []


def verify_unit(text: str) -> list[str]:
    """What systemd has to say about the unit; its program need not be installed here."""
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / "citewell.service"
        unit.write_text(text.replace("/usr/local/bin/citewell", sys.executable))
        return run_if_installed("systemd-analyze", "verify", unit)


def short_graces() -> list[str]:
    """Where a platform would kill the server before its answers have had their time."""
    from citewell.settings import Settings

    usual = Settings.model_fields["turn_shutdown_seconds"].default
    pods = yaml.safe_load((DEPLOY / "kustomize" / "settings.yaml").read_text())["data"]
    web = next(yaml.safe_load_all((DEPLOY / "kustomize" / "web.yaml").read_text()))
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["app"]["stop_grace_period"]
    [unit] = re.findall(r"TimeoutStopSec=(\d+)", (DEPLOY / "systemd" / "citewell.service").read_text())
    graces = {
        "web.yaml": (web["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], _seconds(pods)),
        "compose.yaml": (int(compose.removesuffix("s")), usual),
        "citewell.service": (int(unit), usual),
    }
    return [
        f"{name}: {grace} s are too few for {limit} s" for name, (grace, limit) in graces.items() if grace < limit + 40
    ]


def _seconds(settings: dict[str, str]) -> float:
    return float(settings["CITEWELL_TURN_SHUTDOWN_SECONDS"])


def other_versions() -> list[str]:
    from prepare_release import versions

    found = versions()
    return [] if len(set(found.values())) == 1 else [f"the versions differ: {found}"]


def listed() -> list[str]:
    """Manifests that the kustomization leaves out, or names in vain."""
    named = set(yaml.safe_load((DEPLOY / "kustomize" / "kustomization.yaml").read_text())["resources"])
    return [f"kustomization.yaml and the folder differ: {name}" for name in named ^ {path.name for path in MANIFESTS}]


def unknown_metrics() -> list[str]:
    """Metrics and labels in the dashboard and the alerts that the server does not have."""
    from citewell.kit import metrics

    known = {name: set(getattr(one, "_labelnames", ())) for name, one in metrics.REGISTRY._names_to_collectors.items()}
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"][0]["rules"]
    panels = json.loads((DEPLOY / "grafana" / "citewell.json").read_text())["panels"]
    queries = [(rule["expr"], str(rule["annotations"])) for rule in rules]
    queries += [(target["expr"], target.get("legendFormat", "")) for panel in panels for target in panel["targets"]]
    found: list[str] = []
    for query, shown in queries:
        names = set(_METRIC.findall(query))
        found += [f"no such metric: {name}" for name in names - known.keys()]
        labels = _GIVEN.union(*(known.get(name, ()) for name in names))
        wanted = {label.strip() for group in _BY.findall(query) for label in group.split(",")} | set(
            _SHOWN.findall(shown)
        )
        found += [f"no such label: {label} in {query}" for label in wanted - labels]
    return found


if __name__ == "__main__":
    sys.exit(main())
