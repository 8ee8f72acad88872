"""What imgix documents about deployments: types, fields and the format of values. No I/O."""
