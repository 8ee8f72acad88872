"""What would go wrong later: a table of rules, each a small pure function of the model."""
