"""imgix's Management API over HTTP; nothing here knows Pulumi."""
