"""Files of the audit log: the sink of signed heads, and exports that are verified on another machine (R8)."""
