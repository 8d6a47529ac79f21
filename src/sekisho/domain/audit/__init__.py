"""Rule R8: a log that shows every later change to it (JSDA J18, ASVS V16.4.2, V16.4.3).

    flow's commit              sealer, within 1 s                 every 60 s and at stop
    entry + MAC ─────────────▶ position + link in the chain ────▶ signed head ────▶ sinks outside the database

`entry`: one happening, hashed and MACed in the commit that it records. `chain`: positions without gaps, each link covering the one
before. `head`: the signed state of the chain. `lines`: the same as lines of text, for export and for the file of heads. `policy`: how
long, how often. All hashes are SHA-256 in lower-case hexadecimal, each over a tag of its own (`canonical.digest`), so that no text of one
kind passes for another. Personal fields stand beside the chain as sealed text; only a hash of that text is chained, so that erasing it
breaks nothing.
"""
