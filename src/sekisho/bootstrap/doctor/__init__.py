"""`sekisho doctor`: looks at an installation, changes nothing, and says what mends what. It never shows a secret."""
