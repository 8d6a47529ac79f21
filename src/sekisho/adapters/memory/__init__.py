"""What a node keeps in its own memory: sessions it has read, and a clock that never runs backwards. No counter lives here (DESIGN §2)."""
