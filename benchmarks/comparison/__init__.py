"""What `benchmarks/compare` is made of. Nothing here runs on the Pythons that are measured."""
