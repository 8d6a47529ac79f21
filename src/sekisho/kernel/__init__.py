"""Words that all floors share. Standard library only."""
