"""Writes the files of an import to a folder.

| file                  | content                                | if it exists already          |
|-----------------------|----------------------------------------|-------------------------------|
| `import.json`         | for `pulumi import --file`             | error; overwritten with force |
| `secrets.sh`          | the commands that set the secrets      | error; overwritten with force |
| `__main__.py`         | the program that declares the sources  | error; overwritten with force |
|                       | for YAML: reads the configuration      | kept                          |
| `Pulumi.<stack>.yaml` | for YAML: the sources as configuration | error; updated with force     |
| `Pulumi.yaml`         | the project                            | kept                          |

For the plugin, `import.json` is all: `pulumi import` writes the program.

With force, a stack's file keeps all its other keys and every encrypted value; if a source that has
one would leave the file, nothing is written. The other modules of this package make the texts.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import yaml

from imgix_provider.deployments.fields import KEEP
from imgix_provider.errors import ImgixError, UsageError
from imgix_provider.importing.configuration import (
    as_yaml,
    config_path,
    count_encrypted,
    declared_sources,
    kept_fields,
    sources_with_encrypted_values,
    stack_configuration,
)
from imgix_provider.importing.declarations import Imported, ImportedSources
from imgix_provider.importing.import_file import ids_to_import
from imgix_provider.importing.python import config_key, program
from imgix_provider.messages import join_names, printable_line

_CONFIGURED_PROGRAM: Final = '''\
"""Declares every imgix source that the stack's configuration lists."""

from imgix_provider.stack import declare_sources

declare_sources()
'''
_PROJECT_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@attrs.frozen(kw_only=True)
class Target:
    """Where the files go, and how the sources are declared."""

    folder: Path
    form: str = "python"
    """`python` for a program, `yaml` for a stack's configuration, `plugin` for neither."""
    stack: str = "prod"
    """For YAML: the stack whose configuration is written."""
    project: str | None = None
    """The name of the project. By default that in `Pulumi.yaml`, else the folder's name."""
    force: bool = False
    """Whether to overwrite existing files."""

    @property
    def stack_file(self) -> Path:
        """The file of the stack's configuration."""
        return self.folder / f"Pulumi.{self.stack}.yaml"

    @property
    def project_file(self) -> Path:
        """The file that names the project."""
        return self.folder / "Pulumi.yaml"

    def project_name(self) -> str:
        """Return the name of the project; by default two folders have different names.

        Raises:
            ImgixError: The folder's name is no valid project name, or `Pulumi.yaml` has another.
        """
        present = str(_mapping_in(self.project_file).get("name") or "")
        if present and self.project not in (None, present):
            raise ImgixError(
                f"{self.project_file} names the project {present}, not {self.project}",
                "Leave --project out, or choose another folder with --out.",
            )
        name = present or self.project or _as_project_name(self.folder.resolve().name)
        if not present and not _PROJECT_NAME.fullmatch(name):
            raise UsageError(
                "the project needs a name of letters, digits, _ . and -",
                "Set it with --project.",
            )
        return name

    def generated(self) -> list[Path]:
        """Return the files that every import writes."""
        state = self.folder / "import.json"
        if self.form == "plugin":
            return [state]
        declarations = self.folder / "__main__.py" if self.form == "python" else self.stack_file
        return [state, declarations, self.folder / "secrets.sh"]

    def require_free(self) -> None:
        """Raise `ImgixError` if a file exists that must not be overwritten, or cannot be."""
        folders = [path.name for path in self.generated() if path.is_dir()]
        if folders:
            raise ImgixError(
                f"{', '.join(folders)} in {self.folder} would be overwritten, and is a folder",
                "Choose another folder with --out.",
            )
        existing = [path.name for path in self.generated() if path.exists()]
        if existing and not self.force:
            raise ImgixError(
                f"{', '.join(existing)} in {self.folder} would be overwritten",
                "Choose another folder with --out, or use --force.",
            )


@attrs.frozen(kw_only=True)
class Written:
    """What an import wrote."""

    files: list[Path]
    secrets_to_set: int
    """How many secrets the stack lacks; `secrets.sh` has a command for each."""
    secrets_kept: int
    """How many encrypted values in the stack's file stay as they are."""


def write(sources: ImportedSources, target: Target) -> Written:
    """Write the files.

    Raises:
        ImgixError: A file exists that must not be overwritten, or cannot be read, or would lose
            encrypted values.
        OSError: A file cannot be written.
    """
    target.require_free()
    if target.form == "plugin":
        file = target.folder / "import.json"
        _write_texts({file: ids_to_import(sources.imported)})
        return Written(files=[file], secrets_to_set=0, secrets_kept=0)
    project = target.project_name()
    present = _mapping_in(target.stack_file) if target.form == "yaml" else {}
    declared = declared_sources(sources, project, present)
    _require_no_loss(target, [*declared], sources_with_encrypted_values(project, present))
    to_set = [(each, kept_fields(declared[each.resource_name])) for each in sources.imported]
    texts = _texts(sources, target, project, present)
    texts[target.folder / "secrets.sh"] = _secrets(to_set, target, project)
    _write_texts(texts)
    return Written(
        files=list(texts),
        secrets_to_set=sum(len(keys) for _, keys in to_set),
        secrets_kept=count_encrypted(declared),
    )


def _require_no_loss(target: Target, declared: list[str], encrypted: list[str]) -> None:
    """Raise `ImgixError` if a source would leave the stack's file with its encrypted values."""
    lost = [name for name in encrypted if name not in declared]
    if lost:
        raise ImgixError(
            f"{target.stack_file.name} has encrypted values of {join_names(lost)}, which this "
            "import does not write; nothing was written",
            "Take them out of the file, or choose another folder with --out.",
        )


def _write_texts(texts: Mapping[Path, str]) -> None:
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _texts(
    sources: ImportedSources, target: Target, project: str, present: Mapping[str, Any]
) -> dict[Path, str]:
    program_file = target.folder / "__main__.py"
    from imgix_provider.importing.state import import_file

    texts = {target.folder / "import.json": import_file(sources.imported)}
    if target.form == "python":
        texts[program_file] = program(sources)
    else:
        texts[target.stack_file] = stack_configuration(sources, project, present)
        if not program_file.exists():
            texts[program_file] = _CONFIGURED_PROGRAM
    if not target.project_file.exists():
        texts[target.project_file] = as_yaml(
            {"name": project, "description": "imgix sources", "runtime": "python"}
        )
    return texts


def _as_project_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-._")[:100]


def _mapping_in(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ImgixError(f"{path} is not valid YAML") from None
    return content if isinstance(content, dict) else {}


def _secrets(to_set: list[tuple[Imported, list[str]]], target: Target, project: str) -> str:
    """Return the commands that set the secrets that imgix holds and never returns."""
    word = "imgix.KEEP" if target.form == "python" else KEEP
    lines = [
        "# imgix holds these secrets and never returns them. Until you set one, its field stays",
        f"# {word}: imgix keeps its value and nothing is sent. Each command asks for the value.",
    ]
    if target.form == "python":
        lines += [
            "# Then replace imgix.KEEP in __main__.py, using the key of the command, by:",
            '#     pulumi.Config().require_secret("...")',
        ]
    for imported, keys in to_set:
        if keys:
            lines += ["", f"# {printable_line(imported.declaration.name)}"]
        lines += _commands(imported, keys, target, project)
    return "\n".join(lines) + "\n"


def _commands(imported: Imported, keys: list[str], target: Target, project: str) -> Iterator[str]:
    for key in keys:
        if target.form == "python":
            name = shlex.quote(config_key(imported.resource_name, key))
            yield f"pulumi config set --secret {name}"
        else:
            path = shlex.quote(config_path(project, imported.resource_name, key))
            yield f"pulumi config set --secret --path {path} --stack {target.stack}"
