"""What monitoring sees in the demo, as it comes: events, verdicts, and each verdict in words. For whoever looks at the demo alone."""
