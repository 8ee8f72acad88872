"""`python -m imgix_provider`: see `imgix_provider.cli`."""

import sys

from imgix_provider.cli.main import main

sys.exit(main())
