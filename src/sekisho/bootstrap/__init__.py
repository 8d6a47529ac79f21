"""The only place that knows every class: plain constructor calls."""
