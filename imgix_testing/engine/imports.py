"""Takes resources over into the state from a file that gives them in full.

The file is that of `pulumi import --file`. No provider is asked, so what stands in the file is
what the stack believes from then on.
"""

import json
import time
from pathlib import Path
from typing import Any

from imgix_testing.engine.operation import AbortedError
from imgix_testing.engine.property_values import from_json
from imgix_testing.engine.report import Report, make_step
from imgix_testing.engine.run import Outcome, Surroundings
from imgix_testing.engine.stack_state import STACK_TYPE, ResourceState, make_urn


def import_file(
    surroundings: Surroundings, report: Report, path: Path, *, protect: bool
) -> Outcome:
    """Add the file's resources to the state, all of them or none."""
    started = time.monotonic()
    report.line(f"Importing ({surroundings.stack}):")
    resources = surroundings.state_file.load()
    if all(resource.urn != surroundings.stack_urn for resource in resources):
        resources.append(ResourceState(surroundings.stack_urn, STACK_TYPE, custom=False))
    known = {resource.urn for resource in resources}
    try:
        imported = [
            _resource(surroundings, entry, protect=protect)
            for entry in json.loads(path.read_text(encoding="utf-8"))["resources"]
        ]
        _refuse_known(report, imported, known)
    except (KeyError, ValueError) as error:
        report.diagnose("", "error", f"{path.name} cannot be imported: {error!r}")
    except AbortedError:
        pass
    ok = not any(item.severity == "error" for item in report.diagnostics)
    if ok:
        surroundings.state_file.save([*resources, *imported])
        for resource in imported:
            report.step(make_step("import", None, resource))
    seconds = time.monotonic() - started
    report.close(surroundings.stack_urn, None, seconds)
    return Outcome(ok, report, {}, seconds)


def _resource(surroundings: Surroundings, entry: dict[str, Any], *, protect: bool) -> ResourceState:
    type_, name = entry["type"], entry.get("logicalName") or entry["name"]
    return ResourceState(
        urn=make_urn(surroundings.stack, surroundings.project, "", type_, name),
        type=type_,
        id=entry["id"],
        inputs=from_json(entry["inputs"], surroundings.state_file.decrypt),
        outputs=from_json(entry["outputs"], surroundings.state_file.decrypt),
        parent=surroundings.stack_urn,
        protect=protect,
    )


def _refuse_known(report: Report, imported: list[ResourceState], known: set[str]) -> None:
    twice = [resource for resource in imported if resource.urn in known]
    for resource in twice:
        report.diagnose(resource.urn, "error", f"resource '{resource.name}' already exists")
    if twice:
        raise AbortedError
