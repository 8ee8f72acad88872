"""Puts the files of an import in a folder: what it imports, what declares it, and the secrets.

| file                  | for                                    | where it is there already       |
|-----------------------|----------------------------------------|---------------------------------|
| `import.json`         | `pulumi import --file`                 | refused; overwritten with force |
| `secrets.sh`          | the commands that set the secrets      | refused; overwritten with force |
| `__main__.py`         | the program that declares the sources  | refused; overwritten with force |
|                       | for YAML: reads the configuration      | kept                            |
| `Pulumi.<stack>.yaml` | for YAML: the sources as configuration | refused; force keeps other keys |
| `Pulumi.yaml`         | the project                            | kept                            |

What stands in them is decided in the `import_*` modules.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import yaml

from imgix_provider.deployments.fields import KEEP
from imgix_provider.errors import ImgixError
from imgix_provider.importing import configuration as import_yaml
from imgix_provider.importing import python as import_python
from imgix_provider.importing.declarations import Imported, Takeover
from imgix_provider.importing.state import import_file
from imgix_provider.messages import printable_line

PROJECT: Final = "imgix-sources"

_PROJECT_FILE: Final = """\
name: {project}
description: imgix sources
runtime: python
"""

_CONFIGURED_PROGRAM: Final = '''\
"""Every imgix source that the stack's configuration lists."""

from imgix_provider.stack import declare_sources

declare_sources()
'''


@attrs.frozen(kw_only=True)
class Target:
    """Where the files go, and in which form the sources are declared."""

    folder: Path
    form: str = "python"
    """`python` for a program, `yaml` for a stack's configuration."""
    stack: str = "prod"
    """The stack whose configuration is written, for YAML."""
    force: bool = False
    """Whether files that are there may be overwritten."""

    @property
    def stack_file(self) -> Path:
        """The file of the stack's configuration."""
        return self.folder / f"Pulumi.{self.stack}.yaml"

    def generated(self) -> list[Path]:
        """Return the files that an import writes anew each time."""
        declarations = self.folder / "__main__.py" if self.form == "python" else self.stack_file
        return [self.folder / "import.json", declarations, self.folder / "secrets.sh"]

    def require_free(self) -> None:
        """Raise `ImgixError` where a file would be overwritten that must not be."""
        there = [path.name for path in self.generated() if path.exists()]
        if there and not self.force:
            raise ImgixError(
                f"{', '.join(there)} in {self.folder} would be overwritten",
                "Choose another folder with --out, or give --force.",
            )


def write(takeover: Takeover, target: Target) -> list[Path]:
    """Write the files and return those that were written.

    Raises:
        ImgixError: A file would be overwritten that must not be, or one there is not readable.
        OSError: A file cannot be written.
    """
    target.require_free()
    texts = _texts(takeover, target)
    target.folder.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(texts)


def _texts(takeover: Takeover, target: Target) -> dict[Path, str]:
    project_file = target.folder / "Pulumi.yaml"
    program_file = target.folder / "__main__.py"
    state, declarations, secrets = target.generated()
    project = str(_mapping_in(project_file).get("name") or PROJECT)
    texts = {state: import_file(takeover.imported)}
    if target.form == "python":
        texts[declarations] = import_python.program(takeover)
    else:
        present = _mapping_in(target.stack_file)
        texts[declarations] = import_yaml.stack_configuration(takeover, project, present)
        if not program_file.exists():
            texts[program_file] = _CONFIGURED_PROGRAM
    texts[secrets] = _secrets(takeover, target, project)
    if not project_file.exists():
        texts[project_file] = _PROJECT_FILE.format(project=project)
    return texts


def _mapping_in(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ImgixError(f"{path} cannot be read as YAML") from None
    return content if isinstance(content, dict) else {}


def _secrets(takeover: Takeover, target: Target, project: str) -> str:
    """Return the commands that set each secret which imgix holds and does not show."""
    word = "imgix.KEEP" if target.form == "python" else KEEP
    lines = [
        "# imgix holds these secrets and does not show them. Until you set one, its field is kept",
        f"# as it is ({word}) and nothing is sent. Each command asks for the value.",
    ]
    if target.form == "python":
        lines += [
            "# Then, in __main__.py, write in place of imgix.KEEP, with the key of the command:",
            '#     pulumi.Config().require_secret("...")',
        ]
    for imported in takeover.imported:
        if imported.kept:
            lines += ["", f"# {printable_line(imported.declaration.name)}"]
        lines += [_command(imported, key, target, project) for key in imported.kept]
    return "\n".join(lines) + "\n"


def _command(imported: Imported, field: str, target: Target, project: str) -> str:
    if target.form == "python":
        key = import_python.config_key(imported.resource_name, field)
        return f"pulumi config set --secret {shlex.quote(key)}"
    path = import_yaml.config_path(project, imported.resource_name, field)
    return f"pulumi config set --secret --path {shlex.quote(path)}"
