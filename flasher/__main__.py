"""`python -m flasher`: from a bare board to a labelled, provisioned, self-tested terminal."""

import click

from flasher import bench, release, setup, technician
from flasher.errors import FlasherError


class Main(click.Group):
    """Says an error of ours in one line and ends with its status: a row of errors.EXITS."""

    def invoke(self, context):
        """Run a command."""
        try:
            return super().invoke(context)
        except FlasherError as error:
            told = click.ClickException(str(error))
            told.exit_code = error.status
            raise told from error


@click.group(cls=Main, context_settings={"help_option_names": ["-h", "--help"]})
def main():
    """Makes images for terminals, and terminals of boards."""


for room in (release, bench, setup, technician):
    for command in room.COMMANDS:
        main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m flasher")
