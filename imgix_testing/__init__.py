"""Runs an imgix stack without an imgix account and without the Pulumi CLI.

`imgix_testing.server` simulates the imgix Sources API over HTTP; `imgix_testing.engine` stands in
for the Pulumi engine. Neither is needed in production, and `imgix_provider` never imports them.
"""
