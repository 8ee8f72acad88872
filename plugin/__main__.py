"""The imgix plugin for Pulumi, as the CLI starts it from this folder."""

from imgix_provider.plugin.__main__ import main

main()
