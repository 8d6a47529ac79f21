"""What flows need from the outside world, as Protocols; adapters keep them."""
