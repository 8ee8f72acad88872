"""A Pulumi preview as a report for people who did not write the change.

`read` takes what `pulumi preview --json` writes, `stacks` makes a model of it, `rules` finds what
would go wrong later, and there is one renderer a format. Nothing here asks imgix or Pulumi.
"""
