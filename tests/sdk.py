"""Where versions of the Pulumi SDK differ in what people see, so that tests hold on all of them."""

from __future__ import annotations

import inspect
import re
from typing import Final

from pulumi.dynamic import ReadResult

TAKES_INPUTS: Final = "inputs" in inspect.signature(ReadResult).parameters
"""Whether what a read finds enters the state as inputs too; since 3.216. Before that a hand edit
shows in a refresh, is put back by the next `up`, but is compared by its outputs alone."""

_KIND: Final = re.compile(r"^(error: )?(\w+Error|Exception calling application): ")


def shown_of(line: str) -> str:
    """Return a provider's own words from a line that shows an error.

    What stands before them is the SDK's: the error's class or, in older versions, gRPC's words.
    """
    line = line.strip()
    assert _KIND.match(line), line
    return _KIND.sub("", line)
