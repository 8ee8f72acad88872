"""`python -m imgix_provider.plugin ENGINE`, and the script `pulumi-resource-imgix`."""

import sys

from imgix_provider.api.agent import installed_version
from imgix_provider.plugin.server import serve


def main() -> None:
    """Serve the engine whose address is this process's argument."""
    if {*sys.argv[1:]} & {"--help", "-h", "--version"}:
        version = installed_version() or "from source"
        print(f"pulumi-resource-imgix {version}: the Pulumi CLI starts it for the package imgix")
        sys.exit(0)
    sys.exit(serve(sys.argv[1:]))


if __name__ == "__main__":
    main()
