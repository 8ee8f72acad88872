"""`python -m imgix_provider.plugin ENGINE`, and the script `pulumi-resource-imgix`."""

import sys

from imgix_provider.plugin.server import serve


def main() -> None:
    """Serve the engine whose address is this process's argument."""
    sys.exit(serve(sys.argv[1:]))


if __name__ == "__main__":
    main()
