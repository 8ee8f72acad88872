"""What imgix documents about deployments: types, fields and the form of values. No I/O."""
