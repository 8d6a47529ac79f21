"""The message catalogue and formats, in English and Japanese."""
