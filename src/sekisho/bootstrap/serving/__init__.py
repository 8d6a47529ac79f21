"""The process that serves: TLS door, plain-http door, lock of the data folder, signals. Imports nothing of the application."""
