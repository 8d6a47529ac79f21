"""The `sekisho` program, started as a module so that no PATH is needed."""

from sekisho.cli.main import run

if __name__ == "__main__":
    run()
