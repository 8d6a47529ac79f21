"""Keys, password hashes and certificates (R1, R2, R8, R9)."""
