"""The door of programs: the login of `/v1` for the channels `api` and `workstation` (DESIGN §6)."""
