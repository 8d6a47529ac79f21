"""Programs outside the house: they speak HTTP and import nothing else of it."""
