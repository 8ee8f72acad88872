"""What imgix documents of a source's deployment: types, fields, forms of values. No I/O."""
