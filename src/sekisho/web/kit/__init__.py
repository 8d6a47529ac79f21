"""What pages are made of: layout, parts, stylesheet, own script modules, brand and language. Doors draw with it."""
